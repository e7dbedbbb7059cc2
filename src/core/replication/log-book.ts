import type { AuthorId, Hash, HostKey, MeshId } from '../brand.js'
import type { Crypto } from '../crypto.js'
import { everyEpochOf, keyOf } from './author.js'
import { headsDigest, type Head } from './heads.js'
import { headersIn, isCounterBeyond, makeKeyProof, type ForkProof, type ReadHeader } from './fork.js'
import { LIMITS } from '../limits.js'
import { AuthorLog, type LogOnDisk, type SignedHeader } from './log.js'
import { NO_RUNS, takeFromRuns, type Run, type Runs } from './runs.js'

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

const NONE: ReadonlySet<AuthorId> = new Set()

/** Every author's log that this host holds, and which authors are known to have forked. */
export class LogBook {
  readonly #crypto: Crypto
  readonly #mesh: MeshId
  readonly #logs = new Map<AuthorId, AuthorLog>()
  readonly #proofs = new Map<AuthorId, Uint8Array>()
  /** Every epoch of which a signed header was seen and kept: those with a log, and those of which only a proof is held. */
  readonly #epochs = new Map<HostKey, Set<AuthorId>>()
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
    this.#noteEpoch(author)
    return log
  }

  /** Forgets what is held of an author; the store keeps its frames. */
  drop(author: AuthorId): void {
    const log = this.#logs.get(author)
    if (log === undefined) return
    this.#logs.delete(author)
    this.#onDisk.set(author, log.onDisk)
    if (!this.#proofs.has(author)) this.#epochs.get(keyOf(author))?.delete(author)
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

  /** Where the store reads a log from that is not in memory. */
  startOnDisk(author: AuthorId): number {
    return this.#onDisk.get(author)?.start ?? 0
  }

  /** The store holds these numbers of an author no more, whatever of them is in memory. */
  retired(author: AuthorId, run: Run): void {
    const log = this.#logs.get(author)
    if (log !== undefined) return log.chain.lost(run)
    const { start, held } = this.#onDisk.get(author) ?? { start: 0, held: NO_RUNS }
    const left = takeFromRuns(held, run.first, run.last + 1)
    if (left.length === 0) this.#onDisk.delete(author)
    else this.#onDisk.set(author, { start: start >= run.first && start <= run.last ? 0 : start, held: left })
  }

  /** Logs of which the store holds something and nothing is in memory. */
  unread(): Iterable<readonly [AuthorId, LogOnDisk]> {
    return this.#onDisk
  }

  get count(): number {
    return this.#logs.size
  }

  /** A part of a snapshot was taken into this log: where too many wait in memory, those of the other epochs of its key are let go, the smallest first. */
  boundUnfinished(author: AuthorId): void {
    const others: { readonly log: AuthorLog; readonly bytes: number }[] = []
    let bytes = this.get(author)?.unfinishedBytes ?? 0
    for (const epoch of this.epochsOf(keyOf(author))) {
      const log = epoch === author ? null : this.get(epoch)
      if (log !== null && log.unfinishedBytes > 0) others.push({ log, bytes: log.unfinishedBytes })
    }
    bytes += others.reduce((sum, other) => sum + other.bytes, 0)
    for (const other of others.sort((left, right) => left.bytes - right.bytes)) {
      if (bytes <= LIMITS.unfinishedBytesPerKey) return
      other.log.forgetUnfinished()
      bytes -= other.bytes
    }
  }

  logs(): Iterable<AuthorLog> {
    return this.#logs.values()
  }

  epochsOf(key: HostKey): ReadonlySet<AuthorId> {
    return this.#epochs.get(key) ?? NONE
  }

  /** The proof against a key whose signed header of one epoch more has been seen; null where it may have opened that one. */
  proveKey(author: AuthorId, header: SignedHeader): ForkProof | null {
    const others = this.epochsOf(keyOf(author))
    if (isCounterBeyond(author)) return makeKeyProof([[author, header]])
    if (others.has(author) || others.size < LIMITS.epochsPerKey) return null
    const headers: (readonly [AuthorId, SignedHeader])[] = [[author, header]]
    for (const other of others) {
      const held = this.#headerOf(other)
      if (held !== null) headers.push([other, held])
    }
    return makeKeyProof(headers)
  }

  /** A header that the author signed in this epoch. */
  #headerOf(author: AuthorId): SignedHeader | null {
    return this.#logs.get(author)?.anyHeader ?? this.proofHeaders(author)[0] ?? null
  }

  headSeq(author: AuthorId): number {
    return this.#logs.get(author)?.headSeq ?? -1
  }

  /** Nothing of this epoch counts: it forked, or its key opened more epochs than a key may. */
  isForked(author: AuthorId): boolean {
    return this.#proofs.has(author) || this.isSpent(keyOf(author))
  }

  /** The key opened more epochs than it may, and nothing in any of them counts (rules C1). */
  isSpent(key: HostKey): boolean {
    return this.#proofs.has(everyEpochOf(key))
  }

  /** Keeps the first proof; a second one says nothing new. One against a key takes the place of those against its epochs. */
  fork(author: AuthorId, proof: Uint8Array): boolean {
    if (this.isForked(author)) return false
    const key = keyOf(author)
    if (author === everyEpochOf(key)) for (const epoch of this.epochsOf(key)) this.#proofs.delete(epoch)
    else this.#noteEpoch(author)
    this.#proofs.set(author, proof)
    this.changed()
    return true
  }

  proof(author: AuthorId): Uint8Array | null {
    return this.#proofs.get(author) ?? null
  }

  /** The headers that the proof against an epoch is made of, none where there is no proof. */
  proofHeaders(author: AuthorId): readonly ReadHeader[] {
    const proof = this.#proofs.get(author)
    const headers = proof === undefined ? null : headersIn(this.#crypto, proof)
    return headers?.ok === true ? headers.value : []
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

  #noteEpoch(author: AuthorId): void {
    const key = keyOf(author)
    const epochs = this.#epochs.get(key) ?? new Set()
    this.#epochs.set(key, epochs.add(author))
  }

  digest(admission: (author: AuthorId) => Admission, actsDigest: Hash): Hash {
    if (this.#digest?.of !== actsDigest) {
      this.#digest = { of: actsDigest, value: headsDigest(this.#crypto, this.#mesh, this.heads(admission), actsDigest) }
    }
    return this.#digest.value
  }
}
