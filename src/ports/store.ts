import type { ActId, AuthorId } from '../core/brand.js'
import type { ErrorCode } from '../core/errors.js'
import type { Runs } from '../core/replication/runs.js'
import type { Failure } from '../core/result.js'

/** One signed frame at its place in its author's log; `seq` is a whole number from 0 to 2^53 − 1. */
export interface StoredFrame {
  readonly author: AuthorId
  readonly seq: number
  readonly bytes: Uint8Array
}

/** Numbers of one author's log, from `from` on and below `until`. */
export interface FrameRange {
  readonly author: AuthorId
  readonly from: number
  readonly until: number
}

/**
 * What is written together: all of it is on disk when `commit` resolves, or none of it ever shows. What is already there under the same
 * name is replaced (so a damaged frame or act is mended by committing it again). Bytes handed in or out are never changed by either side.
 */
export interface Batch {
  readonly frames: readonly StoredFrame[]
  /** Where an author's log is read from at start: the first part of its newest whole snapshot. Nothing said: from its lowest number on. */
  readonly starts: readonly { readonly author: AuthorId; readonly seq: number }[]
  /**
   * Frames that are kept no longer, whatever of them is held; what the same batch writes is written after. What is retired on purpose is
   * never called damaged. Where the frame at an author's start goes and no other start is named, its log is read from its lowest number on.
   */
  readonly retired: readonly FrameRange[]
  /** Null removes. */
  readonly acts: readonly { readonly id: ActId; readonly bytes: Uint8Array | null }[]
  /** Proofs that an author forked: two signed headers. The newest one is kept for each author. */
  readonly proofs: readonly { readonly author: AuthorId; readonly bytes: Uint8Array }[]
  /** Small host-local facts by name; null removes. Never replicated. */
  readonly notes: readonly { readonly key: string; readonly value: string | null }[]
}

/**
 * One thing found, in this order: notes, acts (older before newer, unless one took the room of one that was removed), proofs, then for each author its
 * log and its frames by number.
 */
export type Stored =
  | { readonly type: 'note'; readonly key: string; readonly value: string }
  | { readonly type: 'act'; readonly id: ActId; readonly bytes: Uint8Array }
  | { readonly type: 'proof'; readonly author: AuthorId; readonly bytes: Uint8Array }
  /** `start`: where it is read from at start; `held`: every number that is to be there, also below. Its frames follow. */
  | { readonly type: 'log'; readonly author: AuthorId; readonly start: number; readonly held: Runs }
  | { readonly type: 'frame'; readonly frame: StoredFrame }
  | Damaged

/** How far back a scan goes: each author's frames from its start on, or all that is held. */
export type Reach = 'present' | 'whole'

/**
 * The bytes that were written are no longer there: changed, cut or missing. `what` names the thing for a person, `seq` is there where it is
 * a frame. Without `author` the loss may touch any author, the host's own log too: its store is in doubt (rules C7).
 */
export interface Damaged {
  readonly type: 'damaged'
  readonly what: string
  readonly author?: AuthorId
  readonly seq?: number
}

export interface ReadLimit {
  readonly frames: number
  readonly bytes: number
}

/** What a store's promises reject with; a `Failure`, so that it can be answered as it is. `cause` is the system's own error. */
export class StoreFailure extends Error implements Failure {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'StoreFailure'
    this.code = code
  }
}

/**
 * Where frames live: the truth from which all else can be rebuilt.
 *
 * Contract (test/contract/store.ts): `commit` resolves only after the bytes are on disk (fsync) and is atomic; commits take effect in call
 * order; after the first failed `commit` that one and every later one reject with one and the same `StoreFailure` (`FENCED`, or `DISK_FULL`
 * where space was short) until the store is opened anew; reads go on. A commit that was refused may be found after all when the store is
 * opened anew (the disk failed after it took the bytes), whole or not at all. After `close`, which waits for the commits under way, all
 * reject with `FENCED`.
 *
 * What was changed on disk behind the store's back is reported as `damaged`, never returned as good and never silently skipped. A damaged or
 * missing frame is reported by each scan that reaches it until it is committed again or retired. Where the name was lost with the thing (an act, a note, the end of a
 * log) the report is given at each start until the first commit after it: that commit must hold what the host concludes from it.
 */
export interface FrameStore {
  /** Why no commit can succeed any more, or null: the first that failed, or that it was opened for reading alone. */
  readonly fence: StoreFailure | null
  /** Everything kept, but of each author's frames only what `reach` says: at start the present, and the whole whenever it is to be checked. */
  scan(reach: Reach): AsyncIterable<Stored>
  commit(batch: Batch): Promise<void>
  /** Frames of one author from `from` on, in order, until a gap, a damaged one or the limit (at least one frame if it is there). */
  frames(author: AuthorId, from: number, limit: ReadLimit): Promise<StoredFrame[]>
  /** The frames of one author that end with number `before` − 1, in rising order: as many as there are without a gap, within the limit. */
  framesBefore(author: AuthorId, before: number, limit: ReadLimit): Promise<StoredFrame[]>
  /** Bytes free on the disk where it lies, once the room of what was retired has been given back; null where that cannot be told. */
  freeBytes(): Promise<number | null>
  close(): Promise<void>
}
