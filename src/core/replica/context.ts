import type { Hash, HostKey, MeshId, Millis, Now } from '../brand.js'
import type { ActSet } from '../coordination/membership/acts.js'
import type { JoiningProof } from '../coordination/membership/joining.js'
import type { View } from '../coordination/view.js'
import type { Crypto, Signer } from '../crypto.js'
import type { ErrorCode } from '../errors.js'
import type { LogBook } from '../replication/log-book.js'
import type { Message } from '../replication/message.js'
import type { Commits } from './commits.js'
import type { Effect } from './effect.js'
import type { LinkId } from './input.js'
import type { Link } from './link-state.js'

/** What the parts of a replica share: its stores, and the way out. */
export interface Context {
  readonly crypto: Crypto
  readonly mesh: MeshId
  readonly key: HostKey
  readonly signer: Signer
  readonly acts: ActSet
  readonly logs: LogBook
  readonly view: View
  readonly commits: Commits
  readonly links: ReadonlyMap<LinkId, Link>
  readonly now: Now
  /** Mesh time: the own wall clock less the own offset. */
  readonly meshNow: Millis
  /** An invitation that this host uses, until it is a member. */
  readonly joining: { readonly proof: JoiningProof; readonly inviter: HostKey } | null
  emit(effect: Effect): void
  send(link: Link, message: Message): void
  /** Tells the peer why, closes and forgets the link. */
  refuseLink(link: Link, code: ErrorCode, text: string): void
  /** Counts what was refused, without closing; `blame` counts against the link. */
  countRefusal(link: Link | null, code: ErrorCode, text: string, blame: boolean): void
  /** Takes in acts, stages what is new; true if the roster changed. */
  takeActs(acts: readonly Uint8Array[], link: Link | null): boolean
  takeFrame(bytes: Uint8Array, link: Link, pulled: boolean): void
  takeProof(bytes: Uint8Array, link: Link): void
  isMember(key: HostKey): boolean
  digest(): Hash
}
