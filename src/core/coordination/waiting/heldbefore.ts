import type { Millis } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import { sameActor } from '../claims/actor.js'
import type { Claim } from '../claims/claim.js'
import { itemOf } from '../claims/item.js'
import { ownRecord } from '../claims/standing.js'
import { compareEntries, isKindOf, type EntryOf } from '../records/entry.js'
import { overlap } from '../scope/overlap.js'
import type { View } from '../view.js'
import type { Goal } from './goal.js'
import type { Wait } from './wait.js'

/** A claim that stood in the way of a wait and does no more. */
export interface HeldBefore {
  readonly claim: Claim
  /** By a word of its holder, by whom it was offered to taking it, or by the end of its lease. */
  readonly how: 'released' | 'handed' | 'lapsed'
  readonly at: Millis
}

const isAbout = ({ repositories }: View, entry: EntryOf<'claim'>, wait: Wait, goal: Goal): boolean => {
  if (goal.claim !== null) return entry.id === goal.claim
  const { repo = '', scope } = entry.parsed.record.fields
  const wanted = itemOf(goal.what).scope
  return repositories.same(repo, wait.repo) && scope.some(item => overlap(itemOf(item).scope, wanted) !== null)
}

/** When the last word was said that ends one of these claims, or some of it. */
const endings = (view: View, claims: readonly EntryOf<'claim'>[]): ReadonlyMap<string, Millis> => {
  const byId = new Map<string, EntryOf<'claim'>>(claims.map(entry => [entry.id, entry]))
  const ended = new Map<string, Millis>()
  for (const kind of ['release', 'withdraw'] as const) {
    for (const entry of view.ofKind(kind)) {
      const ids: readonly string[] = isKindOf(entry, 'release') ? entry.parsed.record.fields.claims : isKindOf(entry, 'withdraw') ? [entry.parsed.record.fields.re] : []
      for (const id of ids) {
        const claim = byId.get(id)
        if (claim !== undefined && ownRecord(claim, entry)) ended.set(id, Math.max(ended.get(id) ?? 0, entry.wall))
      }
    }
  }
  return ended
}

/** Who held a thing that is free now since the wait for it began, the oldest claim first: from records alone, so also after a restart. */
export const heldBefore = (view: View, wait: Wait, goal: Goal): HeldBefore[] => {
  const claims: EntryOf<'claim'>[] = []
  for (const entry of view.ofKind('claim')) {
    if (!isKindOf(entry, 'claim') || sameActor({ host: entry.host, session: entry.parsed.record.session }, wait)) continue
    if (isAbout(view, entry, wait, goal)) claims.push(entry)
  }
  const ended = endings(view, claims)
  return claims.sort(compareEntries).flatMap(entry => {
    const claim = view.claims.claim(entry.id)
    if (claim === null) return []
    const lapse = claim.until + LIMITS.leaseGraceMs
    const word = ended.get(entry.id)
    const taken = claim.handed?.wall
    const before: HeldBefore =
      word !== undefined && word <= Math.min(lapse, taken ?? lapse)
        ? { claim, how: 'released', at: word }
        : taken !== undefined && taken <= lapse
          ? { claim, how: 'handed', at: taken }
          : { claim, how: 'lapsed', at: lapse }
    return before.at < wait.since ? [] : [before]
  })
}
