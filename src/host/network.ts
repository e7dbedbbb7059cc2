import type { HostKey } from '../core/brand.js'
import { LIMITS } from '../core/limits.js'
import { DialPlan, type DialState, type DialTarget } from '../core/presence/dial-plan.js'
import type { ErrorCode } from '../core/errors.js'
import { failure, success, type Result } from '../core/result.js'
import type { LinkId } from '../core/replica/input.js'
import type { Clock } from '../ports/clock.js'
import type { Random } from '../ports/random.js'
import type { Listener, Transport } from '../ports/transport.js'
import { pinBytes, type Runtime } from './runtime.js'

export interface NetworkParts {
  readonly runtime: Runtime
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
}

/** What became of one attempt to link. */
export type Attempt =
  | { readonly ok: true; readonly url: string; readonly link: LinkId; readonly key: HostKey }
  | { readonly ok: false; readonly url: string; readonly code: ErrorCode; readonly text: string; readonly key: HostKey | null }

/** Keeps links to every peer that can be reached: listens, dials, redials. */
export class Network {
  readonly #parts: NetworkParts
  readonly #plan = new DialPlan()
  readonly #stopListening: () => void
  readonly #attempts = new Map<string, Promise<Attempt>>()
  #listener: Listener | null = null
  #cancelNext: (() => void) | null = null
  #running = false

  constructor(parts: NetworkParts) {
    this.#parts = parts
    this.#stopListening = parts.runtime.on(event => {
      if (event.type === 'linked') this.#plan.linked(event.key, parts.clock.now().mono)
      if (event.type !== 'unlinked') return
      if (event.key !== null && !this.linkedKeys().has(event.key)) this.#plan.lost(event.key, parts.clock.now().mono, this.#chance())
      if (this.#running) this.#schedule()
    })
  }

  /** Where this host listens, once it does. */
  get listening(): { readonly host: string; readonly port: number } | null {
    return this.#listener
  }

  /** Rejects with the system's code (`EADDRINUSE` …). */
  async listen(host: string, port: number): Promise<void> {
    this.#listener = await this.#parts.transport.listen(host, port, connection => this.#parts.runtime.attach(connection, null))
  }

  /** Dials these from now on, whenever they are not linked. */
  keepLinked(targets: Iterable<DialTarget>): void {
    this.#running = true
    this.#plan.setTargets(targets, this.#parts.clock.now().mono)
    this.#schedule()
  }

  targets(): DialState[] {
    return this.#plan.states()
  }

  /** One attempt: dial, greet, and wait until the link is open or is not to be. An attempt at the same address that is under way is shared. */
  link(target: DialTarget): Promise<Attempt> {
    const underWay = this.#attempts.get(target.url)
    if (underWay !== undefined) return underWay
    const attempt = this.#link(target).finally(() => this.#attempts.delete(target.url))
    this.#attempts.set(target.url, attempt)
    return attempt
  }

  async #link(target: DialTarget): Promise<Attempt> {
    const { runtime, transport } = this.#parts
    const { url } = target
    const pinned = await transport.dial({ url, label: target.label }, { pin: pinBytes(target.key), timeoutMs: LIMITS.dialMs })
    // it may have another key by now: then it brings the act that says so, and only a member is linked
    const mayBeRotated = !pinned.ok && pinned.failure.reason === 'pin-mismatch' && target.key !== null && runtime.replica.acts.roster().members.has(target.key)
    const unpinned = mayBeRotated ? await transport.dial({ url, label: target.label }, { pin: null, timeoutMs: LIMITS.dialMs }) : null
    const dialled = unpinned?.ok === true ? unpinned : pinned
    if (!dialled.ok) return { ok: false, url, code: dialled.failure.reason === 'pin-mismatch' ? 'PIN_MISMATCH' : 'UNREACHABLE', text: dialled.failure.text, key: null }
    return new Promise(resolve => {
      let link: LinkId = 0
      const stop = runtime.on(event => {
        if (event.type !== 'linked' && event.type !== 'unlinked') return
        if (event.link !== link) return
        stop()
        if (event.type === 'linked') resolve({ ok: true, url, link, key: event.key })
        else resolve({ ok: false, url, code: event.code, text: event.text, key: event.key })
      })
      // events of a link come after it was attached, never during
      link = runtime.attach(dialled.connection, mayBeRotated ? null : target.key)
    })
  }

  /** Dials nobody any more. Links stay: goodbye is said on them. */
  pause(): void {
    this.#running = false
    this.#cancelNext?.()
    this.#stopListening()
  }

  /** Ends what was accepted and frees the port. */
  async close(): Promise<void> {
    this.pause()
    await this.#listener?.close()
  }

  linkedKeys(): Set<HostKey> {
    const keys = new Set<HostKey>([this.#parts.runtime.replica.key])
    for (const link of this.#parts.runtime.replica.links) if (link.phase === 'open' && link.peer !== null) keys.add(link.peer.key)
    return keys
  }

  #schedule(): void {
    this.#cancelNext?.()
    this.#cancelNext = null
    if (!this.#running) return
    const { clock } = this.#parts
    for (const target of this.#plan.due(clock.now().mono, this.linkedKeys())) void this.#dial(target)
    const next = this.#plan.nextMono(this.linkedKeys())
    if (next !== null) this.#cancelNext = clock.after(Math.max(20, next - clock.now().mono), () => this.#schedule())
  }

  #chance(): number {
    return (this.#parts.random.bytes(1)[0] ?? 0) / 256
  }

  async #dial(target: DialTarget): Promise<void> {
    const { clock, runtime } = this.#parts
    const attempt = await this.link(target)
    const { mono } = clock.now()
    // a duplicate without a peer's key is this host, met at an address of its own
    const known = attempt.ok ? attempt.key : attempt.code === 'LINK_DUPLICATE' ? (attempt.key ?? runtime.replica.key) : null
    if (known === null) this.#plan.failed(target.url, attempt.ok ? '' : attempt.text, mono, this.#chance())
    else this.#plan.succeeded(target.url, known, mono)
    this.#schedule()
  }
}

/** Listens, or says in words why not: `PORT_TAKEN`. */
export const listenOn = async (network: Network, listen: { readonly host: string; readonly port: number }): Promise<Result<true>> => {
  try {
    await network.listen(listen.host, listen.port)
    return success(true)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    const where = `${listen.host}:${listen.port}`
    if (code === 'EADDRINUSE') return failure('PORT_TAKEN', `another program listens on ${where}`, { field: '--listen', next: ['skein up --listen ADDRESS:PORT'], details: { address: where } })
    return failure('PORT_TAKEN', `cannot listen on ${where}: ${code}`, { field: '--listen', details: { address: where, cause: code } })
  }
}
