import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const BIN = fileURLToPath(new URL('../dist/cli/bin.js', import.meta.url))

const made = new Set()

export const temporaryFolder = () => {
  const path = mkdtempSync(join(tmpdir(), 'skb-'))
  made.add(path)
  return path
}

export const removeFolders = () => {
  for (const path of made) rmSync(path, { recursive: true, force: true })
  made.clear()
}

/** What `skein ARGS --json` answers; nothing of the user's own home or session shows through. */
export const skein = async (home, ...args) => {
  const env = { PATH: process.env.PATH, HOME: home, SKEIN_HOME: home, SKEIN_SESSION: 'bench', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }
  const { stdout } = await promisify(execFile)(process.execPath, [BIN, ...args, '--json'], { env, cwd: tmpdir() })
  return JSON.parse(stdout).data
}

/** Two homes of one mesh, made by the commands that people use, with no daemon running: host `b` joined by `a`'s invitation. */
export const twoHomes = async () => {
  const folder = temporaryFolder()
  const [a, b] = [join(folder, 'a'), join(folder, 'b')]
  await skein(a, 'init', '--name', 'a', '--no-passphrase', '--listen', '127.0.0.1:0')
  await daemonUp(a)
  try {
    const { token } = await skein(a, 'invite')
    await skein(b, 'join', token, '--name', 'b', '--listen', '127.0.0.1:0')
  } finally {
    await skein(a, 'down')
  }
  return { a, b }
}

/** Starts the daemon of a home. `skein up` gives up after 1.5 s, which a large store on a busy machine exceeds: asked again, it finds it up. */
export const daemonUp = async home => {
  for (let tries = 20; ; tries--) {
    try {
      return await skein(home, 'up')
    } catch (error) {
      if (tries === 0 || !String(error.stdout).includes('DAEMON_HUNG')) throw error
    }
  }
}

/** Bytes of all files below a folder. */
export const bytesBelow = folder =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size, 0)
