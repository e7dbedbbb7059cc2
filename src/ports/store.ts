import type { ActId, AuthorId } from '../core/brand.js'

/** One signed frame at its place in its author's log. */
export interface StoredFrame {
  readonly author: AuthorId
  readonly seq: number
  readonly bytes: Uint8Array
}

/** What is written together: all of it is on disk when `commit` resolves, or none of it ever shows. */
export interface Batch {
  readonly frames: readonly StoredFrame[]
  readonly acts: readonly { readonly id: ActId; readonly bytes: Uint8Array }[]
  /** Proofs that an author forked: two signed headers. One is kept for each author. */
  readonly proofs: readonly { readonly author: AuthorId; readonly bytes: Uint8Array }[]
  /** Small host-local facts by name; null removes. Never replicated. */
  readonly notes: readonly { readonly key: string; readonly value: string | null }[]
}

/** One thing found at start, in this order: notes, acts, proofs, then each author's frames by number. */
export type Stored =
  | { readonly type: 'note'; readonly key: string; readonly value: string }
  | { readonly type: 'act'; readonly id: ActId; readonly bytes: Uint8Array }
  | { readonly type: 'proof'; readonly author: AuthorId; readonly bytes: Uint8Array }
  | { readonly type: 'frame'; readonly frame: StoredFrame }
  /** The bytes that were written are no longer there: changed, cut or missing. `what` names the thing for a person; `seq` where it is a frame. */
  | { readonly type: 'damaged'; readonly what: string; readonly author?: AuthorId; readonly seq?: number }

export interface ReadLimit {
  readonly frames: number
  readonly bytes: number
}

/**
 * Where frames live: the truth from which all else can be rebuilt.
 *
 * Contract (test/contract/store.ts): `commit` resolves only after the bytes are on disk (fsync) and is atomic; commits take effect in call
 * order; after the first failed `commit` every later one fails too (the host is fenced); reads go on. What was changed on disk behind the
 * store's back is reported as `damaged`, never returned as good and never silently skipped: each value is kept with a checksum, and each
 * author's newest number is kept apart from its frames, so that a missing tail is noticed.
 */
export interface FrameStore {
  /** Everything kept, once, at start. */
  scan(): AsyncIterable<Stored>
  commit(batch: Batch): Promise<void>
  /** Frames of one author from `from` on, in order, until a gap, a damaged one or the limit (at least one frame if it is there). */
  frames(author: AuthorId, from: number, limit: ReadLimit): Promise<StoredFrame[]>
  /** Lowest number held of this author, or null. */
  lowest(author: AuthorId): Promise<number | null>
  close(): Promise<void>
}
