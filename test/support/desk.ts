import { found } from '../../src/control/founding.js'
import { systemAdapters } from '../../src/control/assembly.js'
import { dispatch } from '../../src/control/dispatch.js'
import type { FailureEnvelope, Reply, SuccessEnvelope } from '../../src/control/envelope.js'
import { program } from '../../src/cli/program.js'
import type { Terminal } from '../../src/cli/command.js'
import { styleFor } from '../../src/cli/style.js'
import { Host } from '../../src/host/host.js'
import type { Evidence } from '../../src/host/session/evidence.js'

export interface Answer {
  readonly code: number
  /** What a person reads; empty for a failure. */
  readonly text: string
  readonly envelope: Omit<SuccessEnvelope, 'data'> & Pick<FailureEnvelope, 'error'> & { readonly data: Record<string, unknown> }
}

const evidence = (name: string, person: boolean): Evidence => ({ kind: 'named', tool: 'term', token: `named:${name}`, name, found: 'from SKEIN_SESSION', terminal: false, person, agents: [] })

/**
 * One opened home and the real command line over it, in this process: a command takes milliseconds instead of a process. The store, the
 * keys and the repositories are real; only the wall clock can be moved on, to see leases end.
 */
export class Desk {
  private constructor(
    readonly host: Host,
    readonly cwd: string,
    private readonly shift: { ms: number; asleepMs: number }
  ) {}

  static async open(home: string, cwd: string, name = 'mac'): Promise<Desk> {
    const made = await found({ home, name, listen: '127.0.0.1:0', advertise: [], passphrase: null })
    if (!made.envelope.ok) throw new Error(made.envelope.error.message)
    return Desk.reopen(home, cwd)
  }

  /** Opens a home that exists and that no daemon serves. */
  static async reopen(home: string, cwd: string, { daemon = false }: { readonly daemon?: boolean } = {}): Promise<Desk> {
    const adapters = systemAdapters()
    const shift = { ms: 0, asleepMs: 0 }
    const clock = { now: () => shifted(adapters.clock.now(), shift), after: adapters.clock.after.bind(adapters.clock) }
    const host = await Host.open(home, { ...adapters, clock }, { what: 'test', daemon })
    if (!host.ok) throw new Error(host.failure.message)
    return new Desk(host.value, cwd, shift)
  }

  /** Moves the wall and the monotonic clock on. */
  advance(ms: number): void {
    this.shift.ms += ms
  }

  /** The machine sleeps: the wall clock goes on, the monotonic one does not. */
  sleep(ms: number): void {
    this.shift.ms += ms
    this.shift.asleepMs += ms
  }

  /** What `skein WORDS` answers this session. */
  async run(session: string, words: readonly string[], { cwd = this.cwd, person = true, json = true, columns = 80 }: { readonly cwd?: string; readonly person?: boolean; readonly json?: boolean; readonly columns?: number } = {}): Promise<Answer> {
    let answer: Answer | null = null
    const print = <Data>({ envelope, exit }: Reply, render: (data: Data) => string): number => {
      const parsed: Answer['envelope'] = JSON.parse(JSON.stringify(envelope))
      answer = { code: exit, text: envelope.ok ? render(envelope.data as Data) : '', envelope: parsed }
      return exit
    }
    const terminal: Terminal = {
      home: this.host.paths.folder, use: null, as: undefined, json, cwd, env: {}, style: styleFor({}, {}), columns, print, say: () => undefined, note: () => undefined, item: () => undefined, flushed: () => Promise.resolve(true),
      call: (op, args) => dispatch(this.host, JSON.parse(JSON.stringify({ op, args, caller: evidence(session, person), cwd })))
    }
    await program({ version: 'test', terminal: () => terminal }).parse(words)
    if (answer === null) throw new Error(`${words.join(' ')} printed nothing`)
    return answer
  }

  async close(): Promise<void> {
    await this.host.stop()
  }
}

const shifted = ({ wall, mono }: { readonly wall: number; readonly mono: number }, { ms, asleepMs }: { readonly ms: number; readonly asleepMs: number }) => ({ wall: wall + ms, mono: mono + ms - asleepMs })
