import type { AuthorId, HostKey, Millis, RecordId, SessionName } from '../brand.js'
import type { Strictness } from '../coordination/claims/claim.js'
import type { RecordFields } from '../coordination/records/record.js'
import type { JoiningProof } from '../coordination/membership/joining.js'
import type { ErrorCode } from '../errors.js'
import type { Runs } from '../replication/runs.js'

export type LinkId = number
export type RequestId = number
export type BatchId = number

/** A record that a session wants written; the replica adds stamp, turn and id. */
export interface Draft {
  readonly kind: string
  readonly fields: RecordFields
}

/** Everything that can happen to a replica. There is no other way in, and none of it is asynchronous. */
export type Input =
  /** One thing found in the store at start; all of them come before `started`. */
  | { readonly type: 'noteLoaded'; readonly key: string; readonly value: string }
  /** What this machine remembers outside the home of the own log: `epoch` as 24 hex digits, and the highest number that was on disk. */
  | { readonly type: 'witnessLoaded'; readonly epoch: string; readonly seq: number }
  /** What tells the place where the store lies now from every other one; facts that the system does not tell are left out. */
  | { readonly type: 'placeLoaded'; readonly facts: ReadonlyMap<string, string> }
  | { readonly type: 'actLoaded'; readonly bytes: Uint8Array }
  | { readonly type: 'proofLoaded'; readonly bytes: Uint8Array }
  /** Before an author's frames: where they are read from, and every number that the store is to hold, also below. */
  | { readonly type: 'logLoaded'; readonly author: AuthorId; readonly start: number; readonly held: Runs }
  | { readonly type: 'frameLoaded'; readonly bytes: Uint8Array }
  | { readonly type: 'damageLoaded'; readonly what: string; readonly author: string | null; readonly seq: number | null }
  /** `epochNonce`: 8 random bytes for the epoch that may have to be opened. */
  | { readonly type: 'started'; readonly epochNonce: Uint8Array }
  /** A session writes. All of it lands in one commit, or the answer is a failure and none does. `strict`: none either where a claim overlaps. */
  | { readonly type: 'write'; readonly request: RequestId; readonly session: SessionName; readonly drafts: readonly Draft[]; readonly strict: Strictness }
  /** An act that was signed outside (by an operator), or by this host. */
  | { readonly type: 'act'; readonly request: RequestId; readonly bytes: Uint8Array }
  /** A host-local fact to keep; null forgets it. */
  | { readonly type: 'note'; readonly key: string; readonly value: string | null }
  | { readonly type: 'committed'; readonly batch: BatchId }
  /** A commit failed, or the store was opened for reading alone: nothing is ever committed again. */
  | { readonly type: 'storeFailed'; readonly code: ErrorCode; readonly reason: string }
  | { readonly type: 'framesRead'; readonly read: number; readonly frames: readonly Uint8Array[] }
  /** What the disk has left, as the system says now. */
  | { readonly type: 'diskFree'; readonly bytes: number }
  /** A frame of the past was found missing or damaged on disk: peers may give it back. */
  | { readonly type: 'pastDamaged'; readonly author: AuthorId; readonly seq: number }
  /** The author writes a snapshot of its document, to begin a fresh one. */
  | { readonly type: 'compact' }
  | {
      readonly type: 'linkOpened'
      readonly link: LinkId
      readonly side: 'dialled' | 'accepted'
      readonly remote: string
      readonly posture: string
      /** 32 bytes that only both ends of this channel share. */
      readonly binding: Uint8Array
      readonly certificateKey: Uint8Array | null
      readonly pin: HostKey | null
      /** 32 random bytes, used once. */
      readonly nonce: Uint8Array
    }
  | { readonly type: 'linkMessage'; readonly link: LinkId; readonly bytes: Uint8Array }
  /** The network takes less than is sent: pushes wait until `linkDrained`, then the peer is told the digest. */
  | { readonly type: 'linkBlocked'; readonly link: LinkId }
  | { readonly type: 'linkDrained'; readonly link: LinkId }
  | { readonly type: 'linkClosed'; readonly link: LinkId; readonly reason: string }
  /** This host has an invitation and is not yet a member. */
  | { readonly type: 'joining'; readonly proof: JoiningProof; readonly inviter: HostKey }
  /** Peers are being dialled: until one has shown what it holds of the own log (`wholly`: and brought all that it has), or this time is over, nothing is written. */
  | { readonly type: 'seeking'; readonly forMs: Millis; readonly wholly?: boolean }
  /** Every linked peer is asked for an answer now. */
  | { readonly type: 'probe' }
  /** Each of them was tried once. */
  | { readonly type: 'sought' }
  /** The store was gone and an empty one was made in its place. Comes before `started`. */
  | { readonly type: 'storeRemade' }
  /** Goodbye for now. */
  | { readonly type: 'leaving' }
  /** Goodbye for ever: an act of this host names its own final heads, and it writes nothing more. */
  | { readonly type: 'retire'; readonly request: RequestId }
  /** Every peer that was last seen elsewhere is asked where it stands now. */
  | { readonly type: 'compare' }
  | { readonly type: 'woken' }

export interface Written {
  readonly id: RecordId
  readonly kind: string
  readonly text: string
}
