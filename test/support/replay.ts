import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { eventually } from './cli.js'
import { startProxy } from './fault-proxy.mjs'
import { freePort } from './free-port.js'
import { TestMesh } from './mesh.js'

export type HostName = 'mac' | 'spark'
export const HOSTS: readonly HostName[] = ['mac', 'spark']
export const AGENTS: Readonly<Record<HostName, string>> = { mac: 'claude', spark: 'codex' }

/** What an agent typed, and all that this put into its context. */
export interface Played {
  readonly host: HostName
  readonly typed: string
  readonly shown: string
}

const LATER = new URL('./later.mjs', import.meta.url).href

/** `c-1a2b3c4d` and its like, as ids are printed. */
const ID = /\b[a-z]{1,2}-[0-9a-z]{8}\b/

const git = (...args: readonly string[]): void => {
  execFileSync('git', ['-c', 'init.defaultBranch=main', '-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], { stdio: 'ignore', env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' } })
}

/**
 * A sprint of two hosts, each with a daemon, a clone of one bare repository and one agent; the network between can be cut, and time goes on by
 * starting the daemons anew with their clocks so much later (`later.mjs`). All that an agent is shown is kept.
 */
export class Replay {
  readonly played: Played[] = []
  readonly #mesh = new TestMesh()
  readonly #proxies: Awaited<ReturnType<typeof startProxy>>[] = []
  readonly #trees = new Map<HostName, string>()
  readonly #startedMs = performance.now()
  #laterMs = 0

  async begin(): Promise<void> {
    this.#clone()
    await this.#must('mac', 'init', '--name', 'mac', '--no-passphrase', ...(await this.#listening()))
    await this.#up('mac')
    await this.#must('spark', 'join', await this.#mesh.invite('mac'), '--name', 'spark', ...(await this.#listening()))
    await this.#up('spark')
    await this.alike()
  }

  /** How much of the sprint has been played, in milliseconds of its own clock. */
  get spanMs(): number {
    return this.#laterMs + performance.now() - this.#startedMs
  }

  /** One command of a host's agent, whatever comes of it. */
  async tries(host: HostName, ...words: readonly string[]): Promise<Played & { readonly code: number | null; readonly stdout: string }> {
    const { code, stdout, stderr } = await this.#mesh.run(host, [...words, '--as', AGENTS[host]], { cwd: this.#trees.get(host) ?? '', env: this.#env() })
    const played = { host, typed: words.map(word => (/[^\w./:@-]/.test(word) ? `'${word}'` : word)).join(' '), shown: `${stdout}${stderr}` }
    this.played.push(played)
    return { ...played, code, stdout }
  }

  /** One that has to succeed. @returns what the agent is shown */
  async asks(host: HostName, ...words: readonly string[]): Promise<string> {
    const { code, shown } = await this.tries(host, ...words)
    if (code !== 0) throw new Error(`${host}$ skein ${words.join(' ')}: exit ${code ?? '?'}\n${shown}`)
    return shown
  }

  /** One that makes a record. @returns the record's id */
  async makes(host: HostName, ...words: readonly string[]): Promise<string> {
    const id = ID.exec(await this.asks(host, ...words))?.[0]
    if (id === undefined) throw new Error(`${words.join(' ')} names no record`)
    return id
  }

  /** Until both hosts hold the same. */
  async alike(): Promise<void> {
    for (const host of HOSTS) await this.#mesh.sees(host, host === 'mac' ? 'spark' : 'mac', 'linked')
    await eventually(() => Promise.all(HOSTS.map(host => this.#mesh.viewHash(host))), ([mac, spark]) => mac === spark, 20_000)
  }

  cut(): void {
    for (const proxy of this.#proxies) proxy.cut()
  }

  async heal(): Promise<void> {
    for (const proxy of this.#proxies) proxy.heal()
    await this.alike()
  }

  /** Both hosts go on so much later. */
  async goOn(ms: number): Promise<void> {
    await Promise.all(HOSTS.map(host => this.#must(host, 'down')))
    this.#laterMs += ms
    await Promise.all(HOSTS.map(host => this.#up(host)))
  }

  async end(): Promise<void> {
    await this.#mesh.end()
    for (const proxy of this.#proxies) await proxy.close()
  }

  #env(): NodeJS.ProcessEnv {
    return { NODE_OPTIONS: `--import ${LATER}`, LATER_MS: String(this.#laterMs) }
  }

  async #must(host: HostName, ...words: readonly string[]): Promise<void> {
    await this.#mesh.must(host, words, { env: this.#env() })
  }

  async #up(host: HostName): Promise<void> {
    await this.#mesh.up(host, [], { env: this.#env() })
  }

  /** Where a host listens, and the way in that can be cut. */
  async #listening(): Promise<string[]> {
    const port = await freePort()
    const proxy = await startProxy({ targetPort: port })
    this.#proxies.push(proxy)
    return ['--listen', `127.0.0.1:${port}`, '--advertise', `127.0.0.1:${proxy.port}`]
  }

  /** One bare repository, and a clone for each host, in folders and by remotes of different names. */
  #clone(): void {
    const at = (name: string): string => join(this.#mesh.folder.path, name)
    git('init', '-q', '--bare', at('origin.git'))
    for (const [host, folder, remote] of [['mac', 'slancha-mesh', 'git@git.example:slancha/mesh.git'], ['spark', 'mesh', 'https://git.example/slancha/mesh']] as const) {
      git('clone', '-q', at('origin.git'), at(folder))
      if (host === 'mac') {
        git('-C', at(folder), 'commit', '-q', '--allow-empty', '-m', 'mesh')
        git('-C', at(folder), 'push', '-q', 'origin', 'HEAD:main')
      }
      git('-C', at(folder), 'remote', 'set-url', 'origin', remote)
      this.#trees.set(host, at(folder))
    }
  }
}
