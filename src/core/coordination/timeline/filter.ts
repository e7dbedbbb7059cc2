import type { HostId, Millis, SessionName } from '../../brand.js'
import { itemOf } from '../claims/item.js'
import { recipientsOf } from '../records/addressee.js'
import { kindShown, type Entry } from '../records/entry.js'
import { kindSpec } from '../records/kinds.js'
import type { Repositories } from '../repositories/repositories.js'
import { overlap } from '../scope/overlap.js'

export interface Peer {
  readonly host: HostId
  readonly session?: SessionName
}

/** A scope of one repository, whichever of its keys a record names. */
export interface About {
  readonly repositories: Pick<Repositories, 'same'>
  readonly repo: string
  readonly items: readonly string[]
}

/** What is left out is not asked; all that is given must hold. */
export interface TimelineFilter {
  /** Written by any of these. */
  readonly from?: readonly Peer[]
  /** Written by one of the two and addressed to the other, or an answer from one to the other: what they said to each other. */
  readonly between?: readonly [Peer, Peer]
  /** Names of kinds, `unknown:<kind>` and `invalid` included. */
  readonly kinds?: readonly string[]
  /** Leaves out what machines write about themselves (renewals, receipts, profiles …). */
  readonly talkOnly?: boolean
  /** Overlaps this scope of this repository. */
  readonly scope?: About
  /** Mesh time, both ends included. */
  readonly since?: Millis
  readonly until?: Millis
  /** Contained in the record's text, whatever the case. */
  readonly text?: string
  /** The record that an id names, so that an answer is found to be between its author and that of what it answers. */
  readonly lookup?: (id: string) => Entry | null
}

const fieldsOf = ({ parsed }: Entry): Readonly<Record<string, unknown>> => (parsed.type === 'valid' ? parsed.record.fields : parsed.type === 'unknown' ? parsed.fields : {})

const isFrom = (entry: Entry, { host, session }: Peer): boolean => entry.host === host && (session === undefined || entry.session === session)

const isTo = (entry: Entry, { host, session }: Peer): boolean => {
  if (entry.parsed.type !== 'valid' || !('to' in entry.parsed.record.fields) || entry.parsed.record.fields.to === undefined) return false
  return recipientsOf(entry.parsed.record.fields.to).some(
    recipient => recipient.host === host && (session === undefined || recipient.session === null || recipient.session === session)
  )
}

const isAnswerTo = (entry: Entry, peer: Peer, lookup: TimelineFilter['lookup']): boolean => {
  const { re } = fieldsOf(entry)
  const about = typeof re === 'string' ? (lookup?.(re) ?? null) : null
  return about !== null && isFrom(about, peer)
}

const isBetween = (entry: Entry, [one, other]: readonly [Peer, Peer], lookup: TimelineFilter['lookup']): boolean =>
  (isFrom(entry, one) && (isTo(entry, other) || isAnswerTo(entry, other, lookup))) || (isFrom(entry, other) && (isTo(entry, one) || isAnswerTo(entry, one, lookup)))

const isQuiet = ({ parsed }: Entry): boolean => parsed.type === 'valid' && kindSpec(parsed.record.kind)?.quiet === true

const isAbout = (entry: Entry, { repositories, repo, items }: About): boolean => {
  const fields = fieldsOf(entry)
  if (!Array.isArray(fields.scope) || !repositories.same(typeof fields.repo === 'string' ? fields.repo : '', repo)) return false
  const wanted = items.map(itemOf)
  return fields.scope.some(text => typeof text === 'string' && wanted.some(item => overlap(item.scope, itemOf(text).scope) !== null))
}

/** A test for one filter, to be used on every entry. */
export const accepts = (filter: TimelineFilter): ((entry: Entry) => boolean) => {
  const { from, between, kinds, talkOnly, scope, since, until, lookup } = filter
  const text = filter.text?.toLowerCase()
  return entry =>
    (since === undefined || entry.wall >= since) &&
    (until === undefined || entry.wall <= until) &&
    (talkOnly !== true || !isQuiet(entry)) &&
    (kinds === undefined || kinds.includes(kindShown(entry))) &&
    (from === undefined || from.some(peer => isFrom(entry, peer))) &&
    (between === undefined || isBetween(entry, between, lookup)) &&
    (text === undefined || entry.text.toLowerCase().includes(text)) &&
    (scope === undefined || isAbout(entry, scope))
}
