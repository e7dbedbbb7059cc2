import type { AuthorId, HostKey, Millis, RecordId } from '../brand.js'
import type { ErrorCode } from '../errors.js'
import type { Result } from '../result.js'
import type { DoubtCause } from './own/doubts.js'
import type { ReadLimit, StoredBatch } from './storage.js'
import type { BatchId, LinkId, RequestId, Written } from './input.js'

/** Everything a replica wants done, in order. It learns of the outcome through inputs. */
export type Effect =
  /** Put on disk, all or nothing; then `committed` or `storeFailed`. One is under way at a time. */
  | { readonly type: 'commit'; readonly id: BatchId; readonly batch: StoredBatch }
  /** Only ever sent of frames that a commit has put on disk (persist before publish). */
  | { readonly type: 'send'; readonly link: LinkId; readonly bytes: Uint8Array }
  | { readonly type: 'close'; readonly link: LinkId; readonly code: ErrorCode; readonly text: string }
  /** Both ends have proven who they are. */
  | { readonly type: 'authenticated'; readonly link: LinkId; readonly key: HostKey }
  /** Read frames from disk, in rising order: from this number on, or `backwards` those that end before it; then `framesRead`. */
  | { readonly type: 'read'; readonly read: number; readonly author: AuthorId; readonly from: number; readonly backwards: boolean; readonly limit: ReadLimit }
  | { readonly type: 'answer'; readonly request: RequestId; readonly outcome: Result<readonly Written[]> }
  /** Send `woken` at this reading of the monotonic clock, or soon after; a later one of these replaces it. */
  | { readonly type: 'wake'; readonly atMono: Millis }
  /** For the log and whoever waits for something to change. */
  | { readonly type: 'happened'; readonly event: ReplicaEvent }

export type ReplicaEvent =
  | { readonly type: 'linked'; readonly link: LinkId; readonly key: HostKey; readonly remote: string; readonly posture: string; readonly side: 'dialled' | 'accepted' }
  | { readonly type: 'unlinked'; readonly link: LinkId; readonly key: HostKey | null; readonly code: ErrorCode; readonly text: string; readonly byPeer: boolean }
  | { readonly type: 'levelled'; readonly link: LinkId; readonly viewsEqual: boolean }
  | { readonly type: 'refused'; readonly code: ErrorCode; readonly text: string; readonly from: string }
  | { readonly type: 'rosterChanged' }
  | { readonly type: 'viewChanged' }
  | { readonly type: 'forked'; readonly author: AuthorId }
  /** Nothing of any history lacks any more. */
  | { readonly type: 'historyWhole' }
  /** The disk is short: these frames are kept no longer. */
  | { readonly type: 'historyRetired'; readonly author: AuthorId; readonly from: number; readonly until: number }
  | { readonly type: 'epochOpened'; readonly author: AuthorId; readonly why: string }
  /** The clocks say that this machine slept, or that its time was set: all links begin anew. */
  | { readonly type: 'paused'; readonly ms: Millis }
  /** A linked peer answered a question. */
  | { readonly type: 'answered'; readonly link: LinkId }
  /** What peers were asked about the own log is answered, as far as it will be. */
  | { readonly type: 'caughtUp' }
  /** The own store is not what it was: what was found. The next writing opens an epoch. */
  | { readonly type: 'doubted'; readonly cause: DoubtCause; readonly text: string }
  /** The own document was written anew, without these. */
  | { readonly type: 'compacted'; readonly author: AuthorId; readonly kept: number; readonly dropped: ReadonlySet<RecordId> }
  | { readonly type: 'fenced'; readonly code: ErrorCode; readonly reason: string }
