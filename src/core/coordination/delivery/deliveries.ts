import type { HostId, SessionName } from '../../brand.js'
import type { Crypto } from '../../crypto.js'
import { recipientsOf, type Addressee, type Recipient } from '../records/addressee.js'
import { compareEntries, isKindOf, textHash, type Entry } from '../records/entry.js'
import type { Delivery, DeliveryState, Owed, Reach } from './delivery.js'

interface Asked {
  readonly to: Addressee
  readonly ack: boolean
  readonly implicit: boolean
  readonly deadline: number | null
  readonly expires: number | null
}

/** What a record asks of whom, or null where it is addressed to nobody. */
const askedOf = ({ parsed }: Entry): Asked | null => {
  if (parsed.type !== 'valid') return null
  const { fields } = parsed.record
  if (!('to' in fields) || fields.to === undefined) return null
  const { ack = false, implicit = false, deadline = null, expires = null } = fields
  return { to: fields.to, ack, implicit, deadline, expires }
}

const answered = ({ parsed }: Entry): readonly string[] => {
  if (parsed.type !== 'valid') return []
  const { fields } = parsed.record
  if (!('re' in fields) || fields.re === undefined) return []
  return typeof fields.re === 'string' ? [fields.re] : fields.re
}

const REPLIES = new Set(['answer', 'accept', 'reject'])

/** Explicit answers before replies; within each the last one said stands. */
const latest = (entries: readonly Entry[]): Entry | null => entries.toSorted(compareEntries).at(-1) ?? null

/**
 * Who has been told what, and who still owes whom an answer. Kept from records as they come and go; what depends on time or on links is
 * computed when asked.
 */
export class Deliveries {
  readonly #crypto: Crypto
  readonly #answers = new Map<string, Set<Entry>>()
  readonly #wantedFrom = new Map<HostId, Set<Entry>>()
  readonly #wantedBy = new Map<HostId, Set<Entry>>()

  constructor(crypto: Crypto) {
    this.#crypto = crypto
  }

  add(entry: Entry): void {
    for (const id of answered(entry)) setOf(this.#answers, id).add(entry)
    const asked = askedOf(entry)
    if (asked === null || !asked.ack) return
    setOf(this.#wantedBy, entry.host).add(entry)
    for (const { host } of recipientsOf(asked.to)) setOf(this.#wantedFrom, host).add(entry)
  }

  remove(entry: Entry): void {
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

  /** Whether an ack of it is wanted that somebody still owes. */
  isOwed(entry: Entry, reach: Reach): boolean {
    return askedOf(entry)?.ack === true && !this.withdrawn(entry) && this.of(entry, reach).some(({ state }) => OPEN.has(state))
  }

  /** One delivery for each recipient, in the order of the address; none for what is addressed to nobody. */
  of(entry: Entry, reach: Reach): Delivery[] {
    const asked = askedOf(entry)
    if (asked === null) return []
    const answers = [...(this.#answers.get(entry.id) ?? [])]
    return recipientsOf(asked.to).map(recipient => this.#deliver(entry, asked, recipient, answers, reach))
  }

  /** Wanted acks that others still owe: to all sessions of the host, or to the one that is named. Oldest first. */
  owed(to: { readonly host: HostId; readonly session?: SessionName }, reach: Reach): Owed[] {
    const sent = [...(this.#wantedBy.get(to.host) ?? [])].filter(entry => to.session === undefined || entry.session === to.session)
    return this.#open(sent, reach, () => true)
  }

  /**
   * Wanted acks that the host, or the session that is named, still owes. What is addressed to a host is owed by each of its sessions until
   * one acks; nobody owes an answer to itself. Oldest first.
   */
  owing(by: { readonly host: HostId; readonly session?: SessionName }, reach: Reach): Owed[] {
    const addressed = [...(this.#wantedFrom.get(by.host) ?? [])].filter(entry => entry.host !== by.host || by.session === undefined || entry.session !== by.session)
    return this.#open(addressed, reach, ({ host, session }) => host === by.host && (session === null || by.session === undefined || session === by.session))
  }

  #open(entries: readonly Entry[], reach: Reach, mine: (recipient: Recipient) => boolean): Owed[] {
    return entries.toSorted(compareEntries).flatMap(entry => {
      if (this.withdrawn(entry)) return []
      const deliveries = this.of(entry, reach).filter(delivery => mine(delivery.recipient) && OPEN.has(delivery.state))
      return deliveries.map(delivery => ({ entry, delivery, ageMs: Math.max(0, reach.now - entry.wall) }))
    })
  }

  /** A host speaks for its sessions: any of them may ack, and `by` names which did. Being shown something is each session's own. */
  #deliver(entry: Entry, asked: Asked, recipient: Recipient, answers: readonly Entry[], reach: Reach): Delivery {
    const theirs = answers.filter(answer => answer.host === recipient.host && !isOwnWord(entry, answer))
    const explicit = latest(theirs.filter(answer => this.#answersWhatWasShown(entry, answer)))
    const reply = asked.implicit ? latest(theirs.filter(answer => answer.parsed.type === 'valid' && REPLIES.has(answer.parsed.record.kind))) : null
    const seen = theirs.filter(answer => isKindOf(answer, 'receipt') && (recipient.session === null || answer.session === recipient.session))
    const told = (state: DeliveryState, by: Entry | null): Delivery => {
      const open = OPEN.has(state)
      return { recipient, state, by, implicit: by !== null && by === reply && explicit === null, overdue: open && asked.deadline !== null && reach.now > asked.deadline }
    }
    if (explicit !== null) return told(isKindOf(explicit, 'nack') ? 'refused' : 'acked', explicit)
    if (reply !== null) return told('acked', reply)
    if (asked.expires !== null && reach.now > asked.expires) return told('expired', null)
    if (reach.ended?.(recipient.host, recipient.session) === true) return told('ended', null)
    const first = seen.toSorted(compareEntries)[0]
    if (first !== undefined) return told('surfaced', first)
    return told(reach.atPeer(recipient.host, entry) ? 'at-peer' : 'written', null)
  }

  /** An ack counts for the text whose hash it names, and for no other (rules E1). */
  #answersWhatWasShown(entry: Entry, answer: Entry): boolean {
    return (isKindOf(answer, 'ack') || isKindOf(answer, 'nack')) && answer.parsed.record.fields.hash === textHash(this.#crypto, entry)
  }
}

const OPEN: ReadonlySet<DeliveryState> = new Set(['written', 'at-peer', 'surfaced'])

/** The sender cannot ack its own words, though another session of its host can. */
const isOwnWord = (entry: Entry, answer: Entry): boolean => entry.host === answer.host && entry.session === answer.session

const setOf = <Key, Value>(sets: Map<Key, Set<Value>>, key: Key): Set<Value> => {
  const set = sets.get(key) ?? new Set<Value>()
  sets.set(key, set)
  return set
}
