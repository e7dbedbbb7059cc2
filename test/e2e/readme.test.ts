import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/cli.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const folder = temporaryFolder()
const CLONES = new Map([
  ['mac', 'code/app'],
  ['box', 'src/app']
])

interface Line {
  readonly host: string
  readonly command: string
}

/** The commands of the README's session, in order, with the host that they are typed on. */
const session = (): Line[] => {
  const page = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const blocks = [...page.matchAll(/^```console\n(.*?)^```$/gms)].map(([, body = '']) => body)
  return blocks.flatMap(body => [...body.matchAll(/^(\w+)\$ (.*)$/gm)].map(([, host = '', command = '']) => ({ host, command })))
}

const homeOf = (host: string): string => join(folder.path, host)

const git = (cwd: string, ...args: string[]): void => {
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', '-c', 'init.defaultBranch=main', ...args], {
    cwd,
    stdio: 'ignore',
    env: { PATH: process.env.PATH, HOME: folder.path, GIT_CONFIG_GLOBAL: '/dev/null' }
  })
}

/** Runs a line in a shell of that host's own: an empty home, only what was installed there on the path. */
const type = (host: string, command: string): Promise<{ code: number | null; stdout: string; stderr: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', command], {
      cwd: homeOf(host),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: `${join(homeOf(host), '.npm-global', 'bin')}:${process.env.PATH ?? ''}`,
        HOME: homeOf(host),
        npm_config_prefix: join(homeOf(host), '.npm-global'),
        npm_config_cache: process.env.npm_config_cache ?? execFileSync('npm', ['config', 'get', 'cache'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString().trim(),
        npm_config_offline: 'true',
        npm_config_audit: 'false',
        npm_config_fund: 'false',
        GIT_CONFIG_GLOBAL: '/dev/null',
        SKEIN_SESSION: `${host}-agent`
      }
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', text => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', text => (stderr += text))
    child.on('error', reject)
    child.on('close', code => resolve({ code, stdout, stderr }))
  })

describe('the session in the README', () => {
  beforeAll(() => {
    const origin = join(folder.path, 'origin')
    mkdirSync(join(origin, 'src/auth'), { recursive: true })
    writeFileSync(join(origin, 'src/auth/login.ts'), '')
    git(origin, 'init', '--quiet')
    git(origin, 'add', '.')
    git(origin, 'commit', '--quiet', '-m', 'seed')
    for (const [host, clone] of CLONES) {
      mkdirSync(join(homeOf(host), clone, '..'), { recursive: true })
      git(folder.path, 'clone', '--quiet', origin, join(homeOf(host), clone))
      execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', homeOf(host)], { cwd: ROOT, stdio: 'ignore' })
    }
  })

  afterAll(async () => {
    for (const host of CLONES.keys()) await type(host, 'skein down')
    folder.remove()
  })

  it('leads from the install to the first warning in at most ten commands', { timeout: 120_000 }, async () => {
    const lines = session()
    const started = performance.now()
    let token = ''
    let typed = 0
    let warning = ''
    for (const { host, command } of lines) {
      // both hosts are this machine: they listen on the loopback alone, and the token is the one that was printed
      const here = command.replace(/sk1_\S+/, token).replace(/^(skein (?:init|join).*)$/, '$1 --listen 127.0.0.1:0')
      const { code, stdout, stderr } = await type(host, here)
      expect(`${command}: ${code} ${stderr}`).toMatch(/: 0 /)
      typed += 1
      token = /sk1_\w+/.exec(stdout)?.[0] ?? token
      warning = stderr
      if (/rewrite the login flow/.test(stderr)) break
    }
    expect(warning).toMatch(/mac\/mac-agent holds .*src\/auth\/\*\*.*rewrite the login flow/s)
    expect(typed).toBeLessThanOrEqual(10)
    console.log(`README: ${typed} commands and ${((performance.now() - started) / 1000).toFixed(1)} s from the install to the first warning`)
  })
})
