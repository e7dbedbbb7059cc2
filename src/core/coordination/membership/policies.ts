import type { ActId, Millis } from '../../brand.js'
import { compareText } from '../../encoding/bytes.js'
import { LIMITS } from '../../limits.js'
import { compareStamps, type Stamp } from '../../stamp.js'
import type { VerifiedAct } from './act.js'
import { areasOf, type Area } from './area.js'
import type { OperatorKey } from './body.js'
import type { ActOf, Authority } from './operators.js'
import { orderBySight } from './order.js'

/** One thing that an operator set, at one place. */
export interface Policy {
  readonly act: ActId
  readonly key: string
  readonly value: string
  readonly area: Area
  readonly by: OperatorKey
  readonly stamp: Stamp
  /** Mesh time in milliseconds from when on it holds no more; null: until it is cleared. */
  readonly expires: Millis | null
}

const endOf = ({ expires }: Pick<Policy, 'expires'>): Millis => expires ?? Number.POSITIVE_INFINITY

/**
 * What operators set, the latest first. Acts hold in the order of sight, so that no clock lets a word stand over one that was said in answer to it; of two
 * that had not seen each other that of the higher-ranked operator is the later, then the one with the later stamp, then the one with the lower id. For one
 * key at one place the latest holds, and under one that expires an earlier one that lasts longer comes back. Only the latest `LIMITS.policies` stand.
 */
export const standingPolicies = (authority: Authority, acts: ReadonlyMap<ActId, VerifiedAct>): readonly Policy[] => {
  const chosen = new Map(authority.actsOf('policy').map(act => [act.id, act] as const))
  if (chosen.size === 0) return []
  const rankOf = ({ signer }: VerifiedAct): number => authority.rankOf(signer) ?? Number.MAX_SAFE_INTEGER
  const compare = (left: ActOf<'policy'>, right: ActOf<'policy'>): number => rankOf(right) - rankOf(left) || compareStamps(left.stamp, right.stamp) || compareText(right.id, left.id)
  const byPlace = new Map<string, readonly Policy[]>()
  const order = new Map<ActId, number>()
  for (const { id, signer, stamp, content } of orderBySight(acts, chosen, compare)) {
    const { key, value, expires = null } = content.body
    order.set(id, order.size)
    for (const area of areasOf(content.body)) {
      const place = JSON.stringify([key, area.repo, area.item])
      const policy = { act: id, key, value: value ?? '', area, by: signer as string as OperatorKey, stamp, expires }
      const lasting = (byPlace.get(place) ?? []).filter(earlier => endOf(earlier) > endOf(policy))
      byPlace.set(place, value === undefined ? [] : [...lasting, policy])
    }
  }
  const latestFirst = (left: Policy, right: Policy): number => (order.get(right.act) ?? 0) - (order.get(left.act) ?? 0) || compareText(left.area.item ?? '', right.area.item ?? '')
  return [...byPlace.values()].flat().sort(latestFirst).slice(0, LIMITS.policies)
}
