import type { HostId, Millis, SessionName } from '../../brand.js'
import type { Recipient } from '../records/addressee.js'
import type { Entry } from '../records/entry.js'

/**
 * How far something addressed has come with one recipient, from records and what links know, never from the sender's hope.
 * `written` here · `at-peer` on the recipient's disk · `surfaced` put before its session (reading never acks) · `acked` · `refused` ·
 * `expired` owed no more · `ended` the recipient is gone and nobody took over.
 */
export type DeliveryState = 'written' | 'at-peer' | 'surfaced' | 'acked' | 'refused' | 'expired' | 'ended'

export interface Delivery {
  readonly recipient: Recipient
  /** Where the session that was named has ended and what it was sent is still open: its successor, or (null) any session of its host. */
  readonly heir: { readonly session: SessionName | null } | null
  readonly state: DeliveryState
  /** The record that brought it there: an ack, a nack, a reply, a receipt. */
  readonly by: Entry | null
  /** A reply counted as the ack, as the sender allowed. */
  readonly implicit: boolean
  /** An answer may still come, and enough others have not answered yet. */
  readonly open: boolean
  /** The deadline is over and no answer came. */
  readonly overdue: boolean
}

/** What the records alone do not tell. */
export interface Reach {
  readonly now: Millis
  /** Whether the host is known to have the record on its disk. */
  atPeer(host: HostId, entry: Entry): boolean
  /** Whether the host left for good. None has, when absent. */
  ended?(host: HostId): boolean
  /** Whether the host only looks on: its ack counts for itself and for no quorum. None does, when absent. */
  isViewer?(host: HostId): boolean
  /** Whether nothing is left of what it is about, so that no answer is waited for. Of nothing, when absent. */
  moot?(entry: Entry): boolean
}

/** How many of those asked have answered. */
export interface Tally {
  readonly of: number
  readonly acked: number
  readonly refused: number
  /** How many acks are enough, and how many of those given count for that (viewers' do not); null where all are asked for. */
  readonly quorum: { readonly needs: number; readonly counted: number; readonly met: boolean } | null
}

/** A wanted ack that is still open between a sender and one recipient. */
export interface Owed {
  readonly entry: Entry
  readonly delivery: Delivery
  /** Milliseconds since it was written. */
  readonly ageMs: Millis
}
