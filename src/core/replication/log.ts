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
  /** The first part of a snapshot beyond the head: the log goes on from it (rules C5). */
  | 'jump'
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

  restart(hash: Hash): void {
    this.#hashes.length = 0
    this.#hashes.push(hash)
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

  hashAt(seq: number): Hash | null {
    return this.#hashes.at(seq - this.#lowest) ?? null
  }

  /** @param pulled whether the frame came as the answer to a request: only then may a snapshot leap over a hole. */
  place(frame: Pick<Frame, 'header'>, hash: Hash, pulled: boolean): Place {
    const { seq, prev, kind, part } = frame.header
    const isStart = kind === 'snapshot' && part === 0
    if (this.#hashes.length === 0) {
      if (seq === 0) return isStart && prev === NO_HASH ? 'next' : 'misfit'
      return isStart && pulled ? 'jump' : 'gap'
    }
    if (seq === this.headSeq + 1) return prev === this.headHash ? 'next' : 'misfit'
    if (seq > this.headSeq) return isStart && pulled ? 'jump' : 'gap'
    if (seq < this.#lowest) return 'below'
    return this.hashAt(seq) === hash ? 'seen' : 'conflict'
  }

  /** Takes a frame that `place` called `next` or `jump`. */
  append(frame: VerifiedFrame): LogChange {
    const { header } = frame
    if (header.seq === this.headSeq + 1) this.#hashes.push(frame.hash)
    else {
      this.#lowest = header.seq
      this.#hashes.restart(frame.hash)
    }
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
    this.#bytesSinceSnapshot += frame.payload.length
    if (this.#parts.length > 0) return this.#abandon(frame, 'a snapshot that was not finished')
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
    else if (this.#parts.length === 0) return this.#void(frame, 'a part of a snapshot without those before it')
    else if (this.#parts.length !== part || this.#partsDue !== parts) return this.#abandon(frame, 'parts of a snapshot that do not fit together')
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

  /**
   * A snapshot that was begun and will not be finished leaves the document empty, as a void one does: what was there before may lie in
   * the hole that a host leapt over to reach its beginning.
   */
  #abandon({ header }: VerifiedFrame, fault: string): LogChange {
    this.#parts = []
    this.#document = new AuthorDocument(clientIdOf(this.#crypto, this.#mesh, this.author, header.seq))
    this.#voidSince = header.seq
    return { type: 'replaced', records: this.#document.records, fault }
  }

  #void(frame: VerifiedFrame, fault: string): LogChange {
    this.#voidSince ??= frame.header.seq
    return { type: 'void', fault }
  }
}
