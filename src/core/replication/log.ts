import type { AuthorId, Hash, MeshId, RecordId } from '../brand.js'
import type { Crypto } from '../crypto.js'
import { concat } from '../encoding/bytes.js'
import { LIMITS } from '../limits.js'
import { clientIdOf } from './author.js'
import { AuthorDocument, NO_CHANGES, type RecordChanges } from './document.js'
import { NO_HASH, type Frame } from './frame.js'
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
  /** Below what is held; it cannot be told. */
  | 'below'

export type LogChange =
  | { readonly type: 'changed'; readonly changes: RecordChanges }
  /** A snapshot took effect: these are all the records there are. None where it was void, which `fault` then explains. */
  | { readonly type: 'replaced'; readonly records: ReadonlyMap<RecordId, string>; readonly fault: string | null }
  /** The frame counts for nothing but its place in the chain (rules C6). */
  | { readonly type: 'void'; readonly fault: string }
  | { readonly type: 'part' }

/** A signed header without its payload: what a fork proof is made of. */
export interface SignedHeader {
  readonly headerBytes: Uint8Array
  readonly signature: Uint8Array
}

/** Hashes of consecutive frames, 32 bytes each, so that a long history costs little. */
class HashList {
  readonly #hashes: Hash[] = []

  get length(): number {
    return this.#hashes.length
  }

  at(index: number): Hash | undefined {
    return this.#hashes[index]
  }

  push(hash: Hash): void {
    this.#hashes.push(hash)
  }

  clear(): void {
    this.#hashes.length = 0
  }
}

/**
 * One author's log as this host holds it: the chain from `lowest` to the head, and the document it amounts to. It decides nothing about
 * who the author is; the replica asks the roster first.
 */
export class AuthorLog {
  readonly author: AuthorId
  readonly #crypto: Crypto
  readonly #mesh: MeshId
  readonly #hashes = new HashList()
  #lowest = 0
  #lastHeader: SignedHeader | null = null
  #document: AuthorDocument
  #voidSince: number | null = null
  #parts: Uint8Array[] = []
  #partsDue = 0
  /** Parts of a snapshot beyond the head, without a hole between them. */
  #ahead: VerifiedFrame[] = []
  #stored = -1
  #snapshotStart = 0
  #bytesSinceSnapshot = 0

  constructor(crypto: Crypto, mesh: MeshId, author: AuthorId) {
    this.#crypto = crypto
    this.#mesh = mesh
    this.author = author
    this.#document = new AuthorDocument(clientIdOf(crypto, mesh, author, 0))
  }

  /** Newest number held, −1 when none is. */
  get headSeq(): number {
    return this.#lowest + this.#hashes.length - 1
  }

  get headHash(): Hash {
    return this.#hashes.at(this.#hashes.length - 1) ?? NO_HASH
  }

  /** The newest frame that is on disk: what others may be told of (persist before publish). Null when none is. */
  get storedHead(): { readonly seq: number; readonly hash: Hash } | null {
    const hash = this.hashAt(this.#stored)
    return hash === null ? null : { seq: this.#stored, hash }
  }

  /** Everything up to this number is on disk. */
  stored(seq: number): void {
    this.#stored = Math.max(this.#stored, seq)
  }

  get headHeader(): SignedHeader | null {
    return this.#lastHeader
  }

  /** Lowest number from which on everything is held; above 0 there is history to be filled in. */
  get lowest(): number {
    return this.#lowest
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

  get bytesSinceSnapshot(): number {
    return this.#bytesSinceSnapshot
  }

  /** Whether the chain that is held ends in exactly this frame. */
  endsIn(head: { readonly seq: number; readonly hash: Hash } | null): boolean {
    return head !== null && head.seq === this.headSeq && head.hash === this.headHash
  }

  hashAt(seq: number): Hash | null {
    return this.#hashes.at(seq - this.#lowest) ?? null
  }

  /** The number to ask for next: behind the head, or behind the parts kept aside. */
  get nextSeq(): number {
    return (this.#ahead.at(-1)?.header.seq ?? this.headSeq) + 1
  }

  /** @param pulled whether the frame came as the answer to a request: only then may a snapshot leap over a hole. */
  place(frame: Pick<Frame, 'header'>, hash: Hash, pulled: boolean): Place {
    const { seq, prev, kind, part, parts } = frame.header
    if (this.#hashes.length === 0 && seq === 0) return kind === 'snapshot' && part === 0 && prev === NO_HASH ? 'next' : 'misfit'
    if (seq === this.headSeq + 1 && this.#hashes.length > 0) return prev === this.headHash ? 'next' : 'misfit'
    if (seq > this.headSeq) {
      const fits = kind === 'snapshot' && pulled && (part === 0 || this.#isNextAhead(frame))
      if (!fits) return 'gap'
      return part + 1 === parts ? 'jump' : 'ahead'
    }
    if (seq < this.#lowest) return 'below'
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
    this.#lowest = frame.header.seq - frame.header.part
    this.#hashes.clear()
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
    this.#hashes.push(frame.hash)
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
    this.#hashes.push(frame.hash)
    this.#lastHeader = { headerBytes: frame.headerBytes.slice(), signature: frame.signature.slice() }
    this.#bytesSinceSnapshot += frame.header.kind === 'update' ? frame.payload.length : 0
    if (document === null) return
    this.#document = document
    this.#snapshotStart = frame.header.seq - frame.header.part
    this.#bytesSinceSnapshot = 0
    this.#voidSince = null
  }

  #takeUpdate(frame: VerifiedFrame): LogChange {
    this.#parts = []
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
    const { seq, part, parts } = frame.header
    if (part === 0) this.#parts = []
    else if (this.#parts.length !== part || this.#partsDue !== parts) {
      this.#parts = []
      return this.#void(frame, 'a part of a snapshot without those before it')
    }
    this.#partsDue = parts
    this.#parts.push(frame.payload.slice())
    if (part + 1 < parts) return { type: 'part' }
    const whole = concat(...this.#parts)
    const start = seq - part
    this.#parts = []
    const document = new AuthorDocument(clientIdOf(this.#crypto, this.#mesh, this.author, start))
    const applied = document.apply(whole)
    this.#document = document
    this.#snapshotStart = start
    this.#bytesSinceSnapshot = 0
    this.#voidSince = applied.ok ? null : seq
    return { type: 'replaced', records: document.records, fault: applied.ok ? null : applied.fault }
  }

  #void(frame: VerifiedFrame, fault: string): LogChange {
    this.#voidSince ??= frame.header.seq
    return { type: 'void', fault }
  }
}
