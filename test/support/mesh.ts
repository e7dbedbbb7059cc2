import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { callDaemon } from '../../src/control/client.js'
import type { PeersData } from '../../src/control/operations/peers.js'
import { homePaths } from '../../src/host/home.js'
import { isAlive, readHolder } from '../../src/host/holder.js'
import { eventually, skein, skeinJson, temporaryFolder, type Ran, type RunOptions } from './cli.js'

const TEST_CALLER = { kind: 'named', tool: 'term', token: 'named:test', name: 'test', found: 'the test', terminal: false, person: false, agents: [] } as const

/** Homes of one or more meshes below one folder, each with a daemon of its own where a test wants one; `end` leaves nothing behind. */
export class TestMesh {
  readonly folder = temporaryFolder()
  readonly #homes = new Set<string>()

  home(name: string): string {
    this.#homes.add(name)
    return join(this.folder.path, name)
  }

  at(name: string, options: Omit<RunOptions, 'home'> = {}): RunOptions {
    return { home: this.home(name), cwd: this.folder.path, session: `${name.replace(/\W+/g, '').slice(0, 40) || 'home'}-1`, ...options }
  }

  run(name: string, args: readonly string[], options: Omit<RunOptions, 'home'> = {}): Promise<Ran> {
    return skein(args, this.at(name, options))
  }

  /** The same with `--json`. */
  json(name: string, args: readonly string[], options: Omit<RunOptions, 'home'> = {}): ReturnType<typeof skeinJson> {
    return skeinJson(args, this.at(name, options))
  }

  /** A command that has to succeed. */
  async must(name: string, args: readonly string[], options: Omit<RunOptions, 'home'> = {}): Promise<Ran> {
    const ran = await this.run(name, args, options)
    if (ran.code !== 0) throw new Error(`${name}$ skein ${args.join(' ')}: exit ${ran.code ?? '?'}\n${ran.stdout}${ran.stderr}`)
    return ran
  }

  async found(name: string, args: readonly string[] = []): Promise<void> {
    await this.must(name, ['init', '--name', name, '--no-passphrase', ...(args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0']), ...args])
  }

  async invite(name: string, args: readonly string[] = []): Promise<string> {
    const { envelope } = await this.json(name, ['invite', ...args])
    if (!envelope.ok) throw new Error(`${envelope.error.code}: ${envelope.error.message}`)
    return String(envelope.data.token)
  }

  async join(name: string, token: string, args: readonly string[] = []): Promise<void> {
    await this.must(name, ['join', token, '--name', name, '--listen', '127.0.0.1:0', ...args])
  }

  /** Two hosts of one mesh, both with a daemon. */
  async foundPair(one: string, other: string): Promise<void> {
    await this.found(one)
    await this.up(one)
    await this.join(other, await this.invite(one))
    await this.up(other)
  }

  /** Up, however long a busy machine takes. @returns the daemon's pid */
  async up(name: string, args: readonly string[] = [], options: Omit<RunOptions, 'home'> = {}): Promise<number> {
    const { stdout, stderr } = await this.run(name, ['up', ...args], options)
    const running = await eventually(() => this.ask<{ pid: number }>(name, 'daemon').catch((error: unknown) => ({ pid: 0, why: `${String(error)} ${stdout}${stderr}` })), ({ pid }) => pid > 0)
    return running.pid
  }

  async down(name: string): Promise<void> {
    await this.must(name, ['down'])
  }

  /** Ends the daemon as a power cut would. */
  async kill(name: string): Promise<void> {
    const pid = this.pidOf(name)
    if (pid === null) return
    process.kill(pid, 'SIGKILL')
    await eventually(async () => isAlive(pid), alive => !alive)
  }

  /** The process that had the home's store last, if it lives. */
  pidOf(name: string): number | null {
    const holder = readHolder(homePaths(this.home(name)).holder)
    return holder !== null && isAlive(holder.pid) ? holder.pid : null
  }

  /** One control call to the daemon, without a process of its own. */
  async ask<Data>(name: string, op: string, args: Record<string, unknown> = {}): Promise<Data> {
    return (await this.#call(name, op, args)).data as Data
  }

  /** The hash of what this host's daemon shows. */
  async viewHash(name: string): Promise<string | undefined> {
    return (await this.#call(name, 'daemon')).freshness?.view_hash
  }

  async #call(name: string, op: string, args: Record<string, unknown> = {}) {
    const reply = await callDaemon({ op, args, caller: { ...TEST_CALLER, agents: [] }, cwd: this.folder.path }, { home: this.home(name) })
    if (reply === null) throw new Error(`${name} has no daemon`)
    if (!reply.envelope.ok) throw new Error(`${reply.envelope.error.code}: ${reply.envelope.error.message}`)
    return reply.envelope
  }

  /** Waits until this daemon shows that host so. */
  async sees(name: string, host: string, state: string): Promise<PeersData['peers'][number]> {
    const { peers } = await eventually(() => this.ask<PeersData>(name, 'peers'), data => data.peers.some(peer => peer.name === host && peer.state === state), 20_000)
    const found = peers.find(peer => peer.name === host)
    if (found === undefined) throw new Error(`no host ${host}`)
    return found
  }

  /** A checkout of one repository that all hosts know by its remote. */
  checkout(folder: string): string {
    const path = join(this.folder.path, folder)
    mkdirSync(path, { recursive: true })
    execFileSync('git', ['init', '-q', path])
    execFileSync('git', ['-C', path, 'remote', 'add', 'origin', 'https://git.example/team/app.git'])
    return path
  }

  async end(): Promise<void> {
    for (const name of this.#homes) {
      const pid = this.pidOf(name)
      if (pid === null || pid === process.pid) continue
      process.kill(pid, 'SIGCONT')
      await this.kill(name)
    }
    this.folder.remove()
  }
}
