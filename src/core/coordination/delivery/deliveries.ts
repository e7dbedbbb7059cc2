import type { HostId, SessionName } from '../../brand.js'
import type { Actor } from '../claims/actor.js'
import type { Crypto } from '../../crypto.js'
import { recipientsOf, type Addressee, type Recipient } from '../records/addressee.js'
import { compareEntries, isKindOf, textHash, type Entry } from '../records/entry.js'
import { countedTakes } from '../claims/handover.js'
import type { Delivery, DeliveryState, Owed, Reach, Tally } from './delivery.js'
import { Successions, type Heir } from './successions.js'

interface Asked {
  readonly to: Addressee
  readonly ack: boolean
  readonly implicit: boolean
  readonly deadline: number | null
  readonly expires: number | null
  readonly quorum: number | null
}

/** What a record asks of whom, or null where it is addressed to nobody. */
const askedOf = ({ parsed }: Entry): Asked | null => {
  if (parsed.type !== 'valid') return null
  const { fields } = parsed.record
  if (!('to' in fields) || fields.to === undefined) return null
  const { ack = false, implicit = false, deadline = null, expires = null, quorum = null } = fields
  return { to: fields.to, ack, implicit, deadline, expires, quorum }
}

const answered = ({ parsed }: Entry): readonly string[] => {
  if (parsed.type !== 'valid') return []
  const { fields } = parsed.record
  if (!('re' in fields) || fields.re === undefined) return []
  return typeof fields.re === 'string' ? [fields.re] : fields.re
}

const supersededIn = ({ parsed }: Entry): string | null =>
  parsed.type === 'valid' && 'supersedes' in parsed.record.fields ? (parsed.record.fields.supersedes ?? null) : null

const REPLIES = new Set(['answer', 'accept', 'reject', 'take'])

/** Explicit answers before replies; within each the last one said stands. */
const latest = (entries: readonly Entry[]): Entry | null => entries.toSorted(compareEntries).at(-1) ?? null

/**
 * Who has been told what, and who still owes whom an answer. Kept from records as they come and go; what depends on time or on links is
 * computed when asked.
 */
export class Deliveries {
  readonly successions = new Successions(id => this.answersTo(id))
  readonly #crypto: Crypto
  readonly #answers = new Map<string, Set<Entry>>()
  readonly #newer = new Map<string, Set<Entry>>()
  readonly #wantedFrom = new Map<HostId, Set<Entry>>()
  readonly #wantedBy = new Map<HostId, Set<Entry>>()

  constructor(crypto: Crypto) {
    this.#crypto = crypto
  }

  add(entry: Entry): void {
    this.successions.add(entry)
    const older = supersededIn(entry)
    if (older !== null) setOf(this.#newer, older).add(entry)
    for (const id of answered(entry)) setOf(this.#answers, id).add(entry)
    const asked = askedOf(entry)
    if (asked === null || !asked.ack) return
    setOf(this.#wantedBy, entry.host).add(entry)
    for (const { host } of recipientsOf(asked.to)) setOf(this.#wantedFrom, host).add(entry)
  }

  remove(entry: Entry): void {
    this.successions.remove(entry)
    const older = supersededIn(entry)
    if (older !== null) this.#newer.get(older)?.delete(entry)
    for (const id of answered(entry)) this.#answers.get(id)?.delete(entry)
    const asked = askedOf(entry)
    if (asked === null || !asked.ack) return
    this.#wantedBy.get(entry.host)?.delete(entry)
    for (const { host } of recipientsOf(asked.to)) this.#wantedFrom.get(host)?.delete(entry)
  }

  /** Every record whose `re` names this one, oldest first. */
  answersTo(id: string): Entry[] {
    return [...(this.#answers.get(id) ?? [])].sort(compareEntries)
  }

  /** Its author took it back: it is owed no more. */
  withdrawn(entry: Entry): boolean {
    return this.answersTo(entry.id).some(other => isKindOf(other, 'withdraw') && other.host === entry.host && other.session === entry.session)
  }

  /** What its author, or who came after it, said in its place: the newest; null where it stands. */
  supersededBy(entry: Entry): Entry | null {
    const author = { host: entry.host, session: entry.session }
    const newer = [...(this.#newer.get(entry.id) ?? [])].filter(each => each.host === author.host && (each.session === author.session || this.#cameAfter(each, entry)))
    return latest(newer)
  }

  /** Nobody owes an answer to it any more: its author took it back or said it anew, or what it offered was taken. */
  settled(entry: Entry): boolean {
    return this.withdrawn(entry) || this.supersededBy(entry) !== null || (isKindOf(entry, 'offer') && countedTakes(entry, this.answersTo(entry.id)).length > 0)
  }

  #isOver(entry: Entry, reach: Reach): boolean {
    return this.settled(entry) || reach.moot?.(entry) === true
  }

  /** Whether an ack of it is wanted that somebody still owes. */
  isOwed(entry: Entry, reach: Reach): boolean {
    return askedOf(entry)?.ack === true && !this.#isOver(entry, reach) && this.of(entry, reach).some(({ open }) => open)
  }

  /** One delivery for each recipient, in the order of the address; none for what is addressed to nobody. */
  of(entry: Entry, reach: Reach): Delivery[] {
    const asked = askedOf(entry)
    if (asked === null) return []
    const answers = [...(this.#answers.get(entry.id) ?? [])]
    const deliveries = recipientsOf(asked.to).map(recipient => this.#deliver(entry, asked, recipient, answers, reach))
    return asked.quorum !== null && ackedOf(deliveries, reach) >= asked.quorum ? deliveries.map(delivery => ({ ...delivery, open: false, overdue: false })) : deliveries
  }

  /** How many of those asked have answered; null for what wants no ack. */
  tally(entry: Entry, reach: Reach): Tally | null {
    const asked = askedOf(entry)
    if (asked === null || !asked.ack) return null
    const deliveries = this.of(entry, reach)
    const counted = ackedOf(deliveries, reach)
    const inState = (state: DeliveryState): number => deliveries.filter(delivery => delivery.state === state).length
    const quorum = asked.quorum === null ? null : { needs: asked.quorum, counted, met: counted >= asked.quorum }
    return { of: deliveries.length, acked: inState('acked'), refused: inState('refused'), quorum }
  }

  /** Wanted acks that others still owe: to all sessions of the host, or to the one that is named and those that it came after. Oldest first. */
  owed(to: { readonly host: HostId; readonly session?: SessionName }, reach: Reach): Owed[] {
    const { host, session } = to
    const sent = [...(this.#wantedBy.get(host) ?? [])].filter(entry => session === undefined || (entry.session !== null && this.speaksFor({ host, session }, { host, session: entry.session })))
    return this.#open(sent, reach, () => true)
  }

  /** Whether this session is that one, or has come after it. */
  speaksFor(actor: Actor, other: Actor): boolean {
    return actor.host === other.host && (actor.session === other.session || this.successions.heirOf(other)?.session === actor.session)
  }

  /**
   * Whether it is addressed to this session: by name, as any session of its host, or because the session that it names has ended before it
   * saw or answered it.
   */
  isFor(entry: Entry, { host, session }: Actor): boolean {
    const asked = askedOf(entry)
    if (asked === null) return false
    return recipientsOf(asked.to).some(recipient => {
      if (recipient.host !== host) return false
      if (recipient.session === null || recipient.session === session) return true
      const heir = this.#heirOf(entry, asked, recipient)
      return heir !== null && (heir.session ?? session) === session
    })
  }

  /** Whether it was put before this session. */
  wasShown(entry: Entry, { host, session }: Actor): boolean {
    return [...(this.#answers.get(entry.id) ?? [])].some(answer => isKindOf(answer, 'receipt') && answer.host === host && answer.session === session)
  }

  /**
   * Wanted acks that the host, or the session that is named, still owes. What is addressed to a host is owed by each of its sessions until
   * one acks; nobody owes an answer to itself. Oldest first.
   */
  owing(by: { readonly host: HostId; readonly session?: SessionName }, reach: Reach): Owed[] {
    const { host, session } = by
    const isOwn = (entry: Entry): boolean => session !== undefined && entry.session !== null && this.speaksFor({ host, session }, { host: entry.host, session: entry.session })
    const addressed = [...(this.#wantedFrom.get(host) ?? [])].filter(entry => !isOwn(entry))
    return this.#open(addressed, reach, ({ recipient, heir }) => {
      const asked = heir === null ? recipient.session : heir.session
      return recipient.host === host && (asked === null || session === undefined || asked === session)
    })
  }

  #open(entries: readonly Entry[], reach: Reach, mine: (delivery: Delivery) => boolean): Owed[] {
    return entries.toSorted(compareEntries).flatMap(entry => {
      if (this.#isOver(entry, reach)) return []
      const deliveries = this.of(entry, reach).filter(delivery => mine(delivery) && delivery.open)
      return deliveries.map(delivery => ({ entry, delivery, ageMs: Math.max(0, reach.now - entry.wall) }))
    })
  }

  /** A host speaks for its sessions: any of them may ack, and `by` names which did. Being shown something is each session's own. */
  #deliver(entry: Entry, asked: Asked, recipient: Recipient, answers: readonly Entry[], reach: Reach): Delivery {
    const theirs = answers.filter(answer => answer.host === recipient.host && !isOwnWord(entry, answer))
    const explicit = latest(theirs.filter(answer => this.#answersWhatWasShown(entry, answer)))
    const reply = asked.implicit ? latest(theirs.filter(answer => answer.parsed.type === 'valid' && REPLIES.has(answer.parsed.record.kind))) : null
    const heir = this.#heirOf(entry, asked, recipient)
    const seen = theirs.filter(answer => isKindOf(answer, 'receipt') && this.#isBefore(answer, recipient, heir))
    const told = (state: DeliveryState, by: Entry | null): Delivery => {
      const open = OPEN.has(state)
      return { recipient, heir: open ? heir : null, state, by, implicit: by !== null && by === reply && explicit === null, open, overdue: open && asked.deadline !== null && reach.now > asked.deadline }
    }
    if (explicit !== null) return told(isKindOf(explicit, 'nack') ? 'refused' : 'acked', explicit)
    if (reply !== null) return told('acked', reply)
    if (asked.expires !== null && reach.now > asked.expires) return told('expired', null)
    // also where its own author has come after the one it was said to: nobody is left who could answer
    if (reach.ended?.(recipient.host) === true || (heir !== null && entry.host === recipient.host && entry.session === heir.session)) return told('ended', null)
    const first = seen.toSorted(compareEntries)[0]
    if (first !== undefined) return told('surfaced', first)
    return told(reach.atPeer(recipient.host, entry) ? 'at-peer' : 'written', null)
  }

  #cameAfter(one: Entry, other: Entry): boolean {
    return one.session !== null && other.session !== null && this.speaksFor({ host: one.host, session: one.session }, { host: other.host, session: other.session })
  }

  /** Who has it in place of the session that it names, where that one has ended and left it open. */
  #heirOf(entry: Entry, asked: Asked, { host, session }: Recipient): Heir | null {
    if (session === null) return null
    const heir = this.successions.heirOf({ host, session })
    return heir === null || (!asked.ack && this.wasShown(entry, { host, session })) ? null : heir
  }

  /** Whether a receipt says that it was put before somebody who is still there to answer. */
  #isBefore(receipt: Entry, { host, session }: Recipient, heir: Heir | null): boolean {
    if (heir === null) return session === null || receipt.session === session
    if (heir.session !== null || receipt.session === null) return receipt.session === heir.session
    return this.successions.heirOf({ host, session: receipt.session }) === null
  }

  /** An ack counts for the text whose hash it names, and for no other (rules E1). */
  #answersWhatWasShown(entry: Entry, answer: Entry): boolean {
    return (isKindOf(answer, 'ack') || isKindOf(answer, 'nack')) && answer.parsed.record.fields.hash === textHash(this.#crypto, entry)
  }
}

/** Acks that count for a quorum. */
const ackedOf = (deliveries: readonly Delivery[], reach: Reach): number => deliveries.filter(({ state, recipient }) => state === 'acked' && reach.isViewer?.(recipient.host) !== true).length

const OPEN: ReadonlySet<DeliveryState> = new Set(['written', 'at-peer', 'surfaced'])

/** The sender cannot ack its own words, though another session of its host can. */
const isOwnWord = (entry: Entry, answer: Entry): boolean => entry.host === answer.host && entry.session === answer.session

const setOf = <Key, Value>(sets: Map<Key, Set<Value>>, key: Key): Set<Value> => {
  const set = sets.get(key) ?? new Set<Value>()
  sets.set(key, set)
  return set
}
