import { equalBytes } from '../../core/encoding/bytes.js'
import { ByteWriter } from '../../core/encoding/writer.js'
import { LIMITS } from '../../core/limits.js'
import { OWN_NETWORK } from '../../ports/transport.js'
import type { Address, Connection, ConnectionEvents, DialFailure, DialOptions, DialResult, Listener, Posture, Transport } from '../../ports/transport.js'
import { Inbox } from '../inbox.js'

export interface MemoryNetworkOptions {
  /** Deliver by itself in the next microtask (the default); otherwise only when `flush` is called. */
  readonly automatic?: boolean
}

export interface MemoryEndpointOptions {
  /** What its certificate would hold; null for one without. */
  readonly key: Uint8Array | null
  readonly allowInsecure?: boolean
}

interface Delivery {
  readonly pair: string
  run(): void
}

interface Open {
  readonly endpoint: string
  readonly key: Uint8Array | null
  readonly connections: Set<MemoryConnection>
  accepted(connection: Connection): void
}

const pairOf = (one: string, other: string): string => (one < other ? `${one} ${other}` : `${other} ${one}`)

const systemError = (code: string, text: string): Error => Object.assign(new Error(`${code}: ${text}`), { code })

const failed = (reason: DialFailure['reason'], text: string): DialResult => ({ ok: false, failure: { reason, text } })

/**
 * A network of named endpoints in one process, deterministic: everything is delivered in the order it was sent. While two endpoints are cut
 * from each other, what they send waits, as on a broken TCP path, and dials fail; `heal` lets it go on, `sever` breaks their connections.
 */
export class MemoryNetwork {
  readonly #automatic: boolean
  readonly #openByPort = new Map<string, Open>()
  readonly #cutPairs = new Set<string>()
  readonly #connections = new Set<MemoryConnection>()
  #queue: Delivery[] = []
  #held: Delivery[] = []
  #flushing = false
  #nextPort = 40_000
  #dials = 0

  constructor({ automatic = true }: MemoryNetworkOptions = {}) {
    this.#automatic = automatic
  }

  transport(endpoint: string, { key, allowInsecure = false }: MemoryEndpointOptions): Transport {
    return {
      listen: async (host, port, accepted) => this.#listen({ endpoint, key, accepted, connections: new Set() }, host, port),
      dial: async (address, options) => this.#dial(endpoint, address, options, allowInsecure)
    }
  }

  /** Delivers until nothing is left that can be delivered; returns how many deliveries that were. */
  flush(): number {
    if (this.#flushing) return 0
    this.#flushing = true
    let count = 0
    for (let delivery = this.#queue.shift(); delivery !== undefined; delivery = this.#queue.shift()) {
      if (this.#cutPairs.has(delivery.pair)) this.#held.push(delivery)
      else {
        delivery.run()
        count += 1
      }
    }
    this.#flushing = false
    return count
  }

  cut(one: string, other: string): void {
    this.#cutPairs.add(pairOf(one, other))
  }

  heal(one: string, other: string): void {
    const pair = pairOf(one, other)
    this.#cutPairs.delete(pair)
    this.#queue.unshift(...this.#held.filter((delivery) => delivery.pair === pair))
    this.#held = this.#held.filter((delivery) => delivery.pair !== pair)
    this.#schedule()
  }

  sever(one: string, other: string): void {
    const pair = pairOf(one, other)
    this.#held = this.#held.filter((delivery) => delivery.pair !== pair)
    this.#queue = this.#queue.filter((delivery) => delivery.pair !== pair)
    for (const connection of this.#connections) if (connection.pair === pair) connection.break('connection lost')
  }

  /** For connections: what goes over the network is held while `pair` is cut; what stays at one end has an empty `pair`. */
  enqueue(delivery: Delivery): void {
    this.#queue.push(delivery)
    this.#schedule()
  }

  forget(connection: MemoryConnection): void {
    this.#connections.delete(connection)
  }

  #schedule(): void {
    if (this.#automatic) queueMicrotask(() => this.flush())
  }

  #listen(open: Open, host: string, wantedPort: number): Listener {
    const port = wantedPort === 0 ? this.#nextPort++ : wantedPort
    const key = `${host}:${port}`
    if (this.#openByPort.has(key)) throw systemError('EADDRINUSE', `address already in use ${key}`)
    this.#openByPort.set(key, open)
    const close = async (): Promise<void> => {
      if (this.#openByPort.get(key) === open) this.#openByPort.delete(key)
      for (const connection of open.connections) connection.close('the host is shutting down')
    }
    return { host, port, close }
  }

  #dial(endpoint: string, { url, label }: Address, { pin }: DialOptions, allowInsecure: boolean): DialResult {
    const [scheme = '', where = ''] = url.split('://')
    const own = OWN_NETWORK.includes(label)
    if (scheme === 'ws' && !(own && allowInsecure)) return failed('insecure-label', `${where} would be dialled without TLS`)
    if (pin === null && !own) return failed('insecure-label', `${where} is labelled ${label}, which needs the host's key`)
    const open = this.#openByPort.get(where)
    if (open === undefined) return failed('refused', `connection refused by ${where}`)
    const pair = pairOf(endpoint, open.endpoint)
    if (this.#cutPairs.has(pair)) return failed('unreachable', `no way to ${where}`)
    if (pin !== null && (open.key === null || !equalBytes(open.key, pin))) return failed('pin-mismatch', `${where} is another host than expected`)
    const binding = new ByteWriter().raw(new Uint8Array(24)).u64(++this.#dials).done()
    const posture: Posture = scheme === 'ws' ? 'insecure' : 'tls-unpinned'
    const shared = { network: this, pair, binding }
    const dialled = new MemoryConnection({ ...shared, direction: 'dialled', remote: where, certificateKey: scheme === 'ws' ? null : open.key }, pin === null ? posture : 'tls-pinned')
    const accepted = new MemoryConnection({ ...shared, direction: 'accepted', remote: endpoint, certificateKey: null }, posture)
    dialled.join(accepted)
    accepted.join(dialled)
    for (const connection of [dialled, accepted]) this.#connections.add(connection)
    open.connections.add(accepted)
    accepted.onEnd = () => open.connections.delete(accepted)
    open.accepted(accepted)
    return { ok: true, connection: dialled }
  }
}

interface MemoryChannel extends Pick<Connection, 'direction' | 'remote' | 'binding' | 'certificateKey'> {
  readonly network: MemoryNetwork
  readonly pair: string
}

/** One end of a channel of a `MemoryNetwork`. */
class MemoryConnection implements Connection {
  readonly direction: Connection['direction']
  readonly remote: string
  readonly binding: Uint8Array
  readonly certificateKey: Uint8Array | null
  readonly pair: string
  onEnd: () => void = () => undefined
  readonly #network: MemoryNetwork
  readonly #inbox = new Inbox(LIMITS.unauthenticatedBytes)
  #peer: MemoryConnection | null = null
  #posture: Posture
  #ended = false
  #closed = false
  #queuedBytes = 0
  #busy = false

  constructor({ network, pair, direction, remote, binding, certificateKey }: MemoryChannel, posture: Posture) {
    this.#network = network
    this.pair = pair
    this.direction = direction
    this.remote = remote
    this.binding = binding
    this.certificateKey = certificateKey
    this.#posture = posture
  }

  join(peer: MemoryConnection): void {
    this.#peer = peer
  }

  get posture(): Posture {
    return this.#posture
  }

  start(events: ConnectionEvents): void {
    this.#inbox.start(events)
  }

  authenticated(): void {
    this.#inbox.trust()
    if (this.direction === 'accepted' && this.#posture === 'tls-unpinned') this.#posture = 'tls-pinned'
  }

  send(bytes: Uint8Array): void {
    if (this.#ended) return
    const copy = new Uint8Array(bytes)
    this.#queuedBytes += copy.length
    if (this.#queuedBytes > LIMITS.sendQueueBytes / 4) this.#busy = true
    this.#network.enqueue({ pair: this.pair, run: () => this.#deliver(copy) })
  }

  queuedBytes(): number {
    return this.#ended ? 0 : this.#queuedBytes
  }

  close(reason: string): void {
    if (this.#ended) return
    this.#ended = true
    this.#inbox.mute()
    this.#network.enqueue({ pair: '', run: () => this.break(reason) })
    this.#network.enqueue({ pair: this.pair, run: () => this.#peer?.break(`peer closed: ${reason}`) })
  }

  /** The channel is gone at this end. */
  break(reason: string): void {
    if (this.#closed) return
    this.#ended = true
    this.#closed = true
    this.#network.forget(this)
    this.onEnd()
    this.#inbox.closed(reason)
  }

  #deliver(bytes: Uint8Array): void {
    this.#queuedBytes -= bytes.length
    this.#peer?.receive(bytes)
    if (!this.#busy || this.#ended || this.#queuedBytes > LIMITS.sendQueueBytes / 4) return
    this.#busy = false
    this.#inbox.drained()
  }

  receive(bytes: Uint8Array): void {
    if (this.#ended) return
    if (bytes.length > LIMITS.messageBytes) this.close(`a message above ${LIMITS.messageBytes} bytes`)
    else this.#inbox.message(bytes)
  }
}
