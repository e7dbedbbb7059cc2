import type { RecordId } from '../../brand.js'
import { covers, leaseEnd } from '../claims/standing.js'
import { compareTurns } from '../claims/turn.js'
import type { EntryOf } from '../records/entry.js'
import type { Turn } from '../records/values.js'

/**
 * Of the renewals of one session those without which one of its claims would not be what it is: for each claim the one that gives it its
 * lease end and the one that gives it its turn, and all that take back what another took over. Usually one.
 */
export const neededRenewals = (claims: readonly EntryOf<'claim'>[], renewals: readonly EntryOf<'renew'>[]): Set<RecordId> => {
  const needed = new Set<RecordId>()
  if (claims.length === 0) return needed
  const furthest = renewals.map(renewal => ({ renewal, end: leaseEnd(renewal, renewal.parsed.record.fields.until) })).sort((left, right) => right.end - left.end)
  for (const claim of claims) {
    const own = leaseEnd(claim, claim.parsed.record.fields.until)
    const longest = furthest.find(({ renewal, end }) => end <= own || covers(renewal, claim))
    if (longest !== undefined && longest.end > own) needed.add(longest.renewal.id)
  }
  const turns = new Map<RecordId, { readonly turn: Turn; readonly renewal: RecordId }>()
  for (const { id, parsed } of renewals) {
    if (parsed.record.fields.back !== undefined) needed.add(id)
    for (const [claim, turn] of parsed.record.fields.turns ?? []) {
      const raised = turns.get(claim)
      if (raised === undefined || compareTurns(turn, raised.turn) > 0) turns.set(claim, { turn, renewal: id })
    }
  }
  for (const { id } of claims) {
    const raised = turns.get(id)
    if (raised !== undefined) needed.add(raised.renewal)
  }
  return needed
}
