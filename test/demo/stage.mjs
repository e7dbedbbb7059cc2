// The stage of the demo: real homes, real daemons over loopback TLS, a fault proxy before each, and the real command line.
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProxy } from '../support/fault-proxy.mjs'

export const BIN = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url))

const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })

/** Nothing of the tester's own homes, agents or git settings shows through. */
const environment = (home, session) => ({
  PATH: process.env.PATH,
  HOME: home,
  SKEIN_HOME: home,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  ...(session === undefined ? {} : { SKEIN_SESSION: session }),
  ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' })
})

const git = (cwd, ...args) =>
  execFileSync('git', ['-c', 'user.name=demo', '-c', 'user.email=demo@localhost', '-c', 'init.defaultBranch=main', ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: cwd, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }
  })

export class Stage {
  folder = mkdtempSync(join(tmpdir(), 'skein-'))
  hosts = new Map()
  #closing = false

  /** One repository, as a bare remote and as a differently named clone for each host. */
  makeRepository(names) {
    const seed = join(this.folder, 'seed')
    for (const file of ['src/auth/login.ts', 'src/pay/charge.ts', 'src/pay/refund.ts', 'src/ui/form.ts']) {
      mkdirSync(join(seed, file, '..'), { recursive: true })
      writeFileSync(join(seed, file), `// ${file}\n`)
    }
    git(seed, 'init', '--quiet')
    git(seed, 'add', '.')
    git(seed, 'commit', '--quiet', '-m', 'seed')
    git(this.folder, 'clone', '--quiet', '--bare', seed, 'app.git')
    rmSync(seed, { recursive: true })
    for (const name of names) git(this.folder, 'clone', '--quiet', 'app.git', `code-of-${name}`)
  }

  async addHost(name) {
    const port = await freePort()
    const proxy = await startProxy({ targetPort: port })
    const host = { name, home: join(this.folder, name), cwd: join(this.folder, `code-of-${name}`), listen: `127.0.0.1:${port}`, advertise: `127.0.0.1:${proxy.port}`, proxy, up: false }
    this.hosts.set(name, host)
    return host
  }

  /** Runs `skein …` on a host as a session and gives all it said. */
  run(hostName, session, args) {
    return this.#closing ? new Promise(() => undefined) : this.#spawn(hostName, session, args)
  }

  #spawn(hostName, session, args) {
    const host = this.hosts.get(hostName)
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [BIN, ...args], { cwd: host.cwd, env: environment(host.home, session), stdio: ['ignore', 'pipe', 'pipe'] })
      let stdout = ''
      let stderr = ''
      child.stdout.setEncoding('utf8').on('data', text => (stdout += text))
      child.stderr.setEncoding('utf8').on('data', text => (stderr += text))
      child.on('error', reject)
      child.on('close', code => resolve({ code, stdout, stderr }))
    })
  }

  async json(hostName, session, args) {
    const { stdout, stderr } = await this.run(hostName, session, [...args, '--json'])
    if (stdout === '') throw new Error(`skein ${args.join(' ')} on ${hostName} said nothing: ${stderr}`)
    return JSON.parse(stdout)
  }

  /** Asks again until the fact holds. */
  async until(what, ask, holds, ms = 15_000) {
    for (const end = performance.now() + ms; ; ) {
      const answer = await ask()
      if (holds(answer)) return answer
      if (performance.now() > end) throw new Error(`${what}: still not so after ${ms / 1000} s; the last answer was ${JSON.stringify(answer).slice(0, 600)}`)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }

  cut() {
    for (const { proxy } of this.hosts.values()) proxy.cut()
  }

  heal() {
    for (const { proxy } of this.hosts.values()) proxy.heal()
  }

  /** What was just being started when the story was interrupted does not listen to `down` yet, and gets the signal; three times nothing is nothing. */
  async #endProcesses() {
    let quiet = 0
    for (const end = performance.now() + 8_000; quiet < 3 && performance.now() < end; ) {
      const pids = processesIn(this.folder)
      quiet = pids.length === 0 ? quiet + 1 : 0
      for (const pid of pids) signal(pid)
      await new Promise(resolve => setTimeout(resolve, 60))
    }
  }

  /** Stops what was started and takes everything away; what the story was still doing never goes on. */
  async close({ keepHomes = false } = {}) {
    this.#closing = true
    for (const { name } of this.hosts.values()) await this.#spawn(name, undefined, ['down'])
    await this.#endProcesses()
    for (const { proxy } of this.hosts.values()) await proxy.close()
    if (!keepHomes) rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Processes of the program whose command line names this folder. */
const processesIn = folder =>
  execFileSync('ps', ['-A', '-o', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter(line => line.includes(folder) && line.includes(BIN))
    .map(line => Number.parseInt(line, 10))
    .filter(pid => pid !== process.pid)

const signal = pid => {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}
