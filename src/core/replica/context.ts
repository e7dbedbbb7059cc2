import type { AuthorId, HostId, HostKey, MeshId, Millis, Now } from '../brand.js'
import { ActSet } from '../coordination/membership/acts.js'
import { View } from '../coordination/view.js'
import type { Crypto, Signer } from '../crypto.js'
import { hostIdOf } from '../domain.js'
import { toHex } from '../encoding/bytes.js'
import { ownOffset } from '../replication/clock-offset.js'
import { HybridClock } from '../replication/hybrid-clock.js'
import { LogBook } from '../replication/log-book.js'
import { encodeMessage, type Message } from '../replication/message.js'
import { OwnLog } from '../replication/own-log.js'
import type { Stamp } from '../stamp.js'
import { Commits } from './commits.js'
import type { Effect, ReplicaEvent } from './effect.js'
import type { LinkId } from './input.js'
import type { Link } from './links/link-state.js'
import { Refusals } from './refusals.js'

export interface ReplicaOptions {
  readonly crypto: Crypto
  readonly mesh: MeshId
  /** The host key: signs frames, witnesses and handshakes. */
  readonly signer: Signer
}

/** What the parts of a replica share: who it is, what it holds, the present moment, and the one way out. It decides nothing. */
export class Context {
  readonly crypto: Crypto
  readonly mesh: MeshId
  readonly signer: Signer
  readonly key: HostKey
  readonly #ownId: HostId
  readonly acts: ActSet
  readonly view: View
  readonly logs: LogBook
  readonly own: OwnLog
  readonly clock = new HybridClock()
  readonly commits = new Commits()
  readonly refusals = new Refusals()
  readonly notes = new Map<string, string>()
  readonly links = new Map<LinkId, Link>()
  /** Authors whose logs are being read anew from the own disk, after an act changed what counts of them. */
  readonly rereading = new Set<AuthorId>()
  #now: Now = { wall: 0, mono: 0 }
  #jumpMs: Millis = 0
  #idleMs: Millis = 0
  #effects: Effect[] = []

  constructor({ crypto, mesh, signer }: ReplicaOptions) {
    this.crypto = crypto
    this.mesh = mesh
    this.signer = signer
    this.key = toHex(signer.publicKey) as HostKey
    this.#ownId = hostIdOf(crypto, this.key)
    this.acts = new ActSet(crypto, mesh)
    this.view = new View({ crypto, mesh })
    this.logs = new LogBook(crypto, mesh)
    this.own = new OwnLog({ crypto, mesh, key: this.key, signer, logs: this.logs, clock: this.clock })
  }

  /** An input begins: all that it brings about happens at this moment. @returns what is emitted from here on, in order. */
  begin(now: Now): Effect[] {
    this.#idleMs = this.#now.mono === 0 ? 0 : now.mono - this.#now.mono
    this.#jumpMs = this.#now.mono === 0 ? 0 : now.wall - this.#now.wall - this.#idleMs
    this.#now = now
    this.#effects = []
    return this.#effects
  }

  /** How far the wall clock has run away from the monotonic one since the last input (rules F4). */
  get jumpMs(): Millis {
    return this.#jumpMs
  }

  /** How long it is since the last input, by the monotonic clock. */
  get idleMs(): Millis {
    return this.#idleMs
  }

  /** This host's id: the hash of its first key, whichever key it goes on with (rules B6). */
  get hostId(): HostId {
    return this.acts.roster().members.get(this.key)?.hostId ?? this.#ownId
  }

  get now(): Now {
    return this.#now
  }

  /** Own clock minus mesh time, from the clocks of the linked peers. */
  get offsetMs(): Millis {
    const offsets: Millis[] = []
    for (const link of this.openLinks()) if (link.offsetMs !== null) offsets.push(link.offsetMs)
    return ownOffset(offsets)
  }

  /** The own wall clock less the own offset. */
  get meshNow(): Millis {
    return this.#now.wall - this.offsetMs
  }

  *openLinks(): Generator<Link> {
    for (const link of this.links.values()) if (link.phase === 'open') yield link
  }

  /** The next stamp of the own clock. */
  stamp(): Stamp {
    return this.clock.tick(this.#now.wall)
  }

  emit(effect: Effect): void {
    this.#effects.push(effect)
  }

  happened(event: ReplicaEvent): void {
    this.emit({ type: 'happened', event })
  }

  send(link: Link, message: Message): void {
    this.emit({ type: 'send', link: link.id, bytes: encodeMessage(message) })
  }

  /** Keeps a host-local fact, from the next commit on also on disk; null forgets it. */
  note(key: string, value: string | null): void {
    if (value === null) this.notes.delete(key)
    else this.notes.set(key, value)
    this.commits.staged.notes.set(key, value)
  }
}
