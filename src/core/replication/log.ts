import type { AuthorId, Hash, MeshId, Millis, RecordId } from '../brand.js'
import type { Crypto } from '../crypto.js'
import { LIMITS } from '../limits.js'
import { clientIdOf } from './author.js'
import { Chain } from './chain.js'
import { AuthorDocument, NO_CHANGES, type RecordChanges } from './document.js'
import { NO_HASH, type Frame } from './frame.js'
import { NO_RUNS, type Runs } from './runs.js'
import { SnapshotParts } from './snapshot-parts.js'
import type { VerifiedFrame } from './verification.js'

/** Where a frame stands towards the log that is held. */
export type Place =
  /** Follows the head. */
  | 'next'
  /** The last part of a snapshot beyond the head, all of it held: the log goes on from it (rules C5). */
  | 'jump'
  /** A part of such a snapshot that is not yet whole: kept aside, since an unfinished one has no effect. */
  | 'ahead'
  /** Held already, byte for byte in its header. */
  | 'seen'
  /** Beyond the head with something missing between. */
  | 'gap'
  /** Another frame is held at this number. */
  | 'conflict'
  /** Follows the head by number, but not by hash. */
  | 'misfit'
  /** Below the newest snapshot that is on disk: whether it is held, and what is, only the disk can tell. */
  | 'below'

export type LogChange =
  | { readonly type: 'changed'; readonly changes: RecordChanges }
  /** A snapshot took effect: these are all the records there are. None where it was void, which `fault` then explains. */
  | { readonly type: 'replaced'; readonly records: ReadonlyMap<RecordId, string>; readonly fault: string | null }
  /** The frame counts for nothing but its place in the chain (rules C6). */
  | { readonly type: 'void'; readonly fault: string }
  | { readonly type: 'part' }
  /** A snapshot is whole, and some of its parts are on disk alone: the log is to be read from there. */
  | { readonly type: 'unread' }

/** What a store says of a log when it is opened: where it is read from, and which numbers lie there. */
export interface LogOnDisk {
  readonly start: number
  readonly held: Runs
}

/** A signed header without its payload: what a fork proof is made of. */
export interface SignedHeader {
  readonly headerBytes: Uint8Array
  readonly signature: Uint8Array
}

/**
 * One author's log as this host holds it: its chain, and the document that the frames from the newest snapshot on amount to. It decides nothing about
 * who the author is; the replica asks the roster first.
 */
export class AuthorLog {
  readonly author: AuthorId
  readonly chain: Chain
  readonly #crypto: Crypto
  readonly #mesh: MeshId
  #lastHeader: SignedHeader | null = null
  #document: AuthorDocument
  #voidSince: number | null = null
  #span: { readonly first: Millis; readonly last: Millis } | null = null
  readonly #parts = new SnapshotParts()
  /** Parts of a snapshot beyond the head, without a hole between them. */
  #ahead: VerifiedFrame[] = []
  #stored = -1
  #snapshotStart = 0
  #snapshotEnd = 0
  #startOnDisk: number
  #snapshotWall: Millis = 0
  #bytesSinceSnapshot = 0

  /** @param onDisk what the store held of it when it was opened */
  constructor(crypto: Crypto, mesh: MeshId, author: AuthorId, onDisk: LogOnDisk = { start: 0, held: NO_RUNS }) {
    this.#crypto = crypto
    this.#mesh = mesh
    this.author = author
    this.chain = new Chain(onDisk.held)
    this.#startOnDisk = onDisk.start
    this.#document = new AuthorDocument(clientIdOf(crypto, mesh, author, 0))
  }

  /** Newest number held, −1 when none is. */
  get headSeq(): number {
    return this.chain.headSeq
  }

  get headHash(): Hash {
    return this.chain.headHash
  }

  /** The newest frame that is on disk: what others may be told of (persist before publish). Null when none is. */
  get storedHead(): { readonly seq: number; readonly hash: Hash } | null {
    const hash = this.hashAt(this.#stored)
    return hash === null ? null : { seq: this.#stored, hash }
  }

  /** Everything up to this number is on disk: once the newest snapshot is, the hashes below it need not be kept. */
  stored(seq: number): void {
    this.#stored = Math.max(this.#stored, seq)
    if (this.#stored >= this.#snapshotEnd) this.chain.trimTo(this.#snapshotStart)
  }

  /** What the store holds of it once all of it is there. */
  get onDisk(): LogOnDisk {
    return { start: this.#startOnDisk, held: this.chain.all }
  }

  /** Where the log is to be read from at the next start, if that is to be said anew with the frames that go to the disk now. */
  takeStart(): number | null {
    if (this.#startOnDisk === this.#snapshotStart) return null
    this.#startOnDisk = this.#snapshotStart
    return this.#snapshotStart
  }

  get headHeader(): SignedHeader | null {
    return this.#lastHeader
  }

  /** Mesh time at which the first and the newest of the frames that were read were signed; null where none was. */
  get span(): { readonly first: Millis; readonly last: Millis } | null {
    return this.#span
  }

  /** Some header that the author signed in this epoch: the newest, or that of a snapshot which is not yet whole. */
  get anyHeader(): SignedHeader | null {
    return this.#lastHeader ?? this.#ahead[0] ?? null
  }

  /** What waits in memory for the last part of a snapshot. */
  get unfinishedBytes(): number {
    return this.#ahead.reduce((sum, { payload }) => sum + payload.length, this.#parts.bytes)
  }

  /** Lets go of it: what follows the head is on disk, and what lies beyond it is asked for again. */
  forgetUnfinished(): void {
    this.#parts.letGo()
    this.#ahead = []
  }

  get records(): ReadonlyMap<RecordId, string> {
    return this.#document.records
  }

  get document(): AuthorDocument {
    return this.#document
  }

  /** Number of the frame since which nothing counts, until the author's next snapshot; null when all counts. */
  get voidSince(): number | null {
    return this.#voidSince
  }

  get framesSinceSnapshot(): number {
    return this.headSeq - this.#snapshotStart + 1
  }

  /** Number of the first part of the newest snapshot: what was written from there on is all in the document. */
  get snapshotStart(): number {
    return this.#snapshotStart
  }

  /** When the snapshot that the document began with was signed, by its author's clock. */
  get snapshotWall(): Millis {
    return this.#snapshotWall
  }

  get bytesSinceSnapshot(): number {
    return this.#bytesSinceSnapshot
  }

  /** Whether the chain that is held ends in exactly this frame. */
  endsIn(head: { readonly seq: number; readonly hash: Hash } | null): boolean {
    return head !== null && head.seq === this.headSeq && head.hash === this.headHash
  }

  hashAt(seq: number): Hash | null {
    return this.chain.hashAt(seq)
  }

  /** The number to ask for next: behind the head, or behind the parts kept aside. */
  get nextSeq(): number {
    return (this.#ahead.at(-1)?.header.seq ?? this.headSeq) + 1
  }

  /** @param pulled whether the frame came as the answer to a request: only then may a snapshot leap over a hole. */
  place(frame: Pick<Frame, 'header'>, hash: Hash, pulled: boolean): Place {
    const { seq, prev, kind, part, parts } = frame.header
    if (this.chain.isEmpty && seq === 0) return kind === 'snapshot' && part === 0 && prev === NO_HASH ? 'next' : 'misfit'
    if (seq === this.headSeq + 1 && !this.chain.isEmpty) return prev === this.headHash ? 'next' : 'misfit'
    if (seq > this.headSeq) {
      const fits = kind === 'snapshot' && pulled && (part === 0 || this.#isNextAhead(frame))
      if (!fits) return 'gap'
      return part + 1 === parts ? 'jump' : 'ahead'
    }
    if (seq < this.chain.base) return 'below'
    return this.hashAt(seq) === hash ? 'seen' : 'conflict'
  }

  /** Keeps a frame that `place` called `ahead`. */
  keepAhead(frame: VerifiedFrame): void {
    if (frame.header.part === 0) this.#ahead = []
    this.#ahead.push(frame)
  }

  /** Takes a frame that `place` called `jump`. @returns all frames by which the log grew, and what that changed */
  jump(frame: VerifiedFrame): { readonly frames: readonly VerifiedFrame[]; readonly change: LogChange } {
    const frames = frame.header.part === 0 ? [frame] : [...this.#ahead, frame]
    this.#ahead = []
    this.chain.leapTo(frame.header.seq - frame.header.part)
    let change: LogChange = { type: 'part' }
    for (const each of frames) change = this.append(each)
    return { frames, change }
  }

  #isNextAhead({ header }: Pick<Frame, 'header'>): boolean {
    const last = this.#ahead.at(-1)
    return last !== undefined && header.seq === last.header.seq + 1 && header.prev === last.hash && header.part === last.header.part + 1 && header.parts === last.header.parts
  }

  /** Takes a frame that `place` called `next`. */
  append(frame: VerifiedFrame): LogChange {
    const { header } = frame
    this.#widen(frame)
    this.chain.push(frame.hash)
    if ((this.#ahead[0]?.header.seq ?? header.seq + 1) <= header.seq) this.#ahead = []
    this.#lastHeader = { headerBytes: frame.headerBytes.slice(), signature: frame.signature.slice() }
    return header.kind === 'snapshot' ? this.#takeSnapshot(frame) : this.#takeUpdate(frame)
  }

  /**
   * Takes an own frame whose effect is in the document already: `document` is the fresh one when it completes a snapshot.
   * Throws where it does not follow the head: that is a bug of ours.
   */
  extend(frame: VerifiedFrame, document: AuthorDocument | null): void {
    if (frame.header.seq !== this.headSeq + 1 || frame.header.prev !== this.headHash) throw new Error('an own frame that does not follow the own head')
    this.chain.push(frame.hash)
    this.#widen(frame)
    this.#lastHeader = { headerBytes: frame.headerBytes.slice(), signature: frame.signature.slice() }
    this.#bytesSinceSnapshot += frame.header.kind === 'update' ? frame.payload.length : 0
    if (document === null) return
    this.#document = document
    this.#snapshotStart = frame.header.seq - frame.header.part
    this.#snapshotEnd = frame.header.seq
    this.#snapshotWall = frame.header.stamp.wall
    this.#bytesSinceSnapshot = 0
    this.#voidSince = null
  }

  #widen({ header: { stamp, offsetMs } }: VerifiedFrame): void {
    const at = stamp.wall - offsetMs
    this.#span = { first: this.#span?.first ?? at, last: at }
  }

  #takeUpdate(frame: VerifiedFrame): LogChange {
    this.#parts.clear()
    this.#bytesSinceSnapshot += frame.payload.length
    if (this.#voidSince !== null) return { type: 'void', fault: `void since frame ${this.#voidSince}` }
    if (frame.header.kind === 'unknown') return { type: 'changed', changes: NO_CHANGES }
    if (this.framesSinceSnapshot > LIMITS.logFramesSinceSnapshot) return this.#void(frame, 'more frames since the last snapshot than a log may have')
    if (this.#bytesSinceSnapshot > LIMITS.logBytesSinceSnapshot) return this.#void(frame, 'more bytes since the last snapshot than a log may have')
    const applied = this.#document.apply(frame.payload)
    return applied.ok ? { type: 'changed', changes: applied.changes } : this.#void(frame, applied.fault)
  }

  /** A snapshot is `parts` consecutive frames and takes effect with the last (rules C5). */
  #takeSnapshot(frame: VerifiedFrame): LogChange {
    const taken = this.#parts.take(frame)
    if (taken.type === 'misfit') return this.#void(frame, 'a part of a snapshot without those before it')
    if (taken.type !== 'whole') return { type: taken.type }
    const { seq, part } = frame.header
    const start = seq - part
    const document = new AuthorDocument(clientIdOf(this.#crypto, this.#mesh, this.author, start))
    const applied = document.apply(taken.payload)
    this.#document = document
    this.#snapshotStart = start
    this.#snapshotEnd = seq
    this.#snapshotWall = frame.header.stamp.wall
    this.#bytesSinceSnapshot = 0
    this.#voidSince = applied.ok ? null : seq
    return { type: 'replaced', records: document.records, fault: applied.ok ? null : applied.fault }
  }

  #void(frame: VerifiedFrame, fault: string): LogChange {
    this.#voidSince ??= frame.header.seq
    return { type: 'void', fault }
  }
}
