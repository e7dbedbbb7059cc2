import type { RecordId } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import { compareEntries, type Entry, type EntryOf } from '../records/entry.js'
import type { Claim } from './claim.js'
import { compareTurns, type Lots } from './turn.js'

/** The records that say something of one claim, whoever wrote them and in whatever order they came. */
export interface Said {
  readonly renewals: Iterable<EntryOf<'renew'>>
  readonly reclaims: Iterable<EntryOf<'reclaim'>>
  /** Who took what its holder had offered. */
  readonly handed: EntryOf<'take'> | null
}

export type Ending = EntryOf<'release'> | EntryOf<'withdraw'>

/** Same host and same session: only the holder's own records change a claim. */
export const ownRecord = (claim: Entry, entry: Entry): boolean => claim.host === entry.host && claim.session === entry.session

/**
 * Whether the renewal was written no earlier than the claim, by either reading: hybrid stamps begin afresh in a new epoch (rules F3), and
 * corrected times step back a little when an offset is measured anew.
 */
export const covers = (renewal: EntryOf<'renew'>, claim: EntryOf<'claim'>): boolean => {
  const [wall, count] = renewal.parsed.record.stamp
  const [claimWall, claimCount] = claim.parsed.record.stamp
  const later = wall > claimWall || (wall === claimWall && count >= claimCount) || renewal.wall >= claim.wall
  return later && renewal.parsed.record.fields.except?.includes(claim.id) !== true
}

/** A lease is never longer than a person may ask for, whatever a record states. */
export const leaseEnd = (entry: Entry, until: number): number => Math.min(until, entry.wall + LIMITS.leasePersonMaxMs)

/** The items that no release or withdrawal of the holder has ended. */
export const standingItems = (claim: EntryOf<'claim'>, endings: Iterable<Ending>): readonly string[] => {
  let standing = claim.parsed.record.fields.scope
  for (const ending of endings) {
    if (!ownRecord(claim, ending)) continue
    const { record } = ending.parsed
    const scope = record.kind === 'release' ? record.fields.scope : undefined
    standing = scope === undefined ? [] : standing.filter(item => !scope.includes(item))
  }
  return standing
}

/** What the claim is by all that is said of it: lease end and turn join by the greater, items by what is left, reclaims by what was not taken back. */
export const standingOf = (lots: Lots, entry: EntryOf<'claim'>, { repo, scope }: { readonly repo: string; readonly scope: readonly string[] }, said: Said): Claim => {
  const { fields, session } = entry.parsed.record
  let until = leaseEnd(entry, fields.until)
  let turn = fields.turn
  const back = new Set<RecordId>()
  for (const renewal of said.renewals) {
    // what was handed over is renewed by nobody, or it would stay for as long as its old holder works on
    if (said.handed !== null && compareEntries(renewal, said.handed) > 0) continue
    const renewed = renewal.parsed.record.fields
    for (const id of renewed.back ?? []) back.add(id)
    const raised = renewed.turns?.get(entry.id)
    if (raised !== undefined && compareTurns(raised, turn) > 0) turn = raised
    if (covers(renewal, entry)) until = Math.max(until, leaseEnd(renewal, renewed.until))
  }
  const reclaims = [...said.reclaims].filter(reclaim => !ownRecord(entry, reclaim) && !back.has(reclaim.id)).sort(compareEntries)
  return {
    id: entry.id,
    entry,
    host: entry.host,
    hostKey: entry.hostKey,
    session,
    repo,
    scope,
    mode: fields.mode,
    reason: fields.reason ?? null,
    since: entry.wall,
    until,
    turn,
    where: fields.where ?? null,
    reclaims,
    handed: said.handed,
    lead: { reclaimed: reclaims.length > 0, turn, lot: lots.of(turn[0], entry.hostKey), id: entry.id }
  }
}
