import type { AuthorId, Hash, HostKey, MeshId } from '../brand.js'
import type { Crypto } from '../crypto.js'
import { keyOf } from './author.js'
import { headsDigest, type Head } from './heads.js'
import { AuthorLog, type LogOnDisk } from './log.js'
import { NO_RUNS, type Runs } from './runs.js'

/** The frame that an act calls the newest one that stays of an author. */
export interface LastHead {
  readonly seq: number
  readonly hash: Hash
}

/** What the roster says of an author: everything counts, nothing does, or only the chain that ends in a named head (null: of this epoch nothing). */
export type Admission =
  | { readonly state: 'member' }
  | { readonly state: 'unknown' }
  | { readonly state: 'named'; readonly head: LastHead | null }

/** Every author's log that this host holds, and which authors are known to have forked. */
export class LogBook {
  readonly #crypto: Crypto
  readonly #mesh: MeshId
  readonly #logs = new Map<AuthorId, AuthorLog>()
  readonly #proofs = new Map<AuthorId, Uint8Array>()
  readonly #epochs = new Map<HostKey, number>()
  /** What the store holds of authors whose logs were not opened yet. */
  readonly #onDisk = new Map<AuthorId, LogOnDisk>()
  #digest: { readonly of: Hash; readonly value: Hash } | null = null

  constructor(crypto: Crypto, mesh: MeshId) {
    this.#crypto = crypto
    this.#mesh = mesh
  }

  get(author: AuthorId): AuthorLog | null {
    return this.#logs.get(author) ?? null
  }

  open(author: AuthorId): AuthorLog {
    const held = this.#logs.get(author)
    if (held !== undefined) return held
    const log = new AuthorLog(this.#crypto, this.#mesh, author, this.#onDisk.get(author))
    this.#onDisk.delete(author)
    this.#logs.set(author, log)
    this.#epochs.set(keyOf(author), this.epochsOf(keyOf(author)) + 1)
    return log
  }

  /** Forgets what is held of an author; the store keeps its frames. */
  drop(author: AuthorId): void {
    const log = this.#logs.get(author)
    if (log === undefined) return
    this.#logs.delete(author)
    this.#onDisk.set(author, log.onDisk)
    this.#epochs.set(keyOf(author), this.epochsOf(keyOf(author)) - 1)
    this.changed()
  }

  /** The store holds this of a log; its frames from the start on follow. */
  found(author: AuthorId, onDisk: LogOnDisk): void {
    this.#onDisk.set(author, onDisk)
  }

  /** Every number that the store holds of an author. */
  onDisk(author: AuthorId): Runs {
    return this.#logs.get(author)?.onDisk.held ?? this.#onDisk.get(author)?.held ?? NO_RUNS
  }

  /** Logs of which the store holds something and nothing is in memory. */
  unread(): Iterable<readonly [AuthorId, LogOnDisk]> {
    return this.#onDisk
  }

  get count(): number {
    return this.#logs.size
  }

  logs(): Iterable<AuthorLog> {
    return this.#logs.values()
  }

  epochsOf(key: HostKey): number {
    return this.#epochs.get(key) ?? 0
  }

  headSeq(author: AuthorId): number {
    return this.#logs.get(author)?.headSeq ?? -1
  }

  isForked(author: AuthorId): boolean {
    return this.#proofs.has(author)
  }

  /** Keeps the first proof; a second one says nothing new. */
  fork(author: AuthorId, proof: Uint8Array): boolean {
    if (this.#proofs.has(author)) return false
    this.#proofs.set(author, proof)
    this.changed()
    return true
  }

  proof(author: AuthorId): Uint8Array | null {
    return this.#proofs.get(author) ?? null
  }

  proofs(): Iterable<readonly [AuthorId, Uint8Array]> {
    return this.#proofs
  }

  /** A frame or a fork came in, or the roster changed: the digest has to be made anew. */
  changed(): void {
    this.#digest = null
  }

  /**
   * The heads that count for the digest (rules D1): what the roster refuses never does; a named head does once the chain that ends in it is
   * held, whatever forks were proven. `stored`: only as far as they are on disk.
   */
  heads(admission: (author: AuthorId) => Admission, stored = false): Head[] {
    const heads: Head[] = []
    for (const author of this.#proofs.keys()) if (admission(author).state === 'member') heads.push({ author, state: 'forked' })
    for (const log of this.#logs.values()) {
      if (log.headSeq < 0 || !this.#counts(log, admission(log.author))) continue
      const head = stored ? log.storedHead : { seq: log.headSeq, hash: log.headHash }
      if (head !== null) heads.push({ author: log.author, state: 'held', ...head })
    }
    return heads
  }

  #counts(log: AuthorLog, admission: Admission): boolean {
    if (admission.state === 'member') return !this.isForked(log.author)
    return admission.state === 'named' && log.endsIn(admission.head)
  }

  digest(admission: (author: AuthorId) => Admission, actsDigest: Hash): Hash {
    if (this.#digest?.of !== actsDigest) {
      this.#digest = { of: actsDigest, value: headsDigest(this.#crypto, this.#mesh, this.heads(admission), actsDigest) }
    }
    return this.#digest.value
  }
}
