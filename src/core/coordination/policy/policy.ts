import type { Millis } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import type { Actor } from '../claims/actor.js'
import { meets, spans, type Spot } from '../membership/area.js'
import type { Policy } from '../membership/policies.js'
import { ADVANTAGE, DEADLOCK, DEADLOCK_RULES, OVERLAP, OVERLAP_RULES, OVERLAP_SAME_TREE } from './keys.js'

export type OverlapRule = (typeof OVERLAP_RULES)[number]
export type DeadlockRule = (typeof DEADLOCK_RULES)[number]

/** A value, and the policy that says so; null where none does. */
export interface InForce<Value> {
  readonly rule: Value
  readonly policy: Policy | null
}

export const isInForce = ({ expires }: Policy, meshNow: Millis): boolean => expires === null || meshNow < expires

/**
 * The policies of one key that say something about an item, the latest first: as with paint, a later one hides what it covers of an earlier one. The list ends
 * with the first that covers the whole item.
 */
const visibleAt = (policies: readonly Policy[], key: string, spot: Spot, meshNow: Millis): readonly Policy[] => {
  const visible: Policy[] = []
  for (const policy of policies) {
    if (policy.key !== key || !isInForce(policy, meshNow) || !meets(policy.area, spot)) continue
    visible.push(policy)
    if (spans(policy.area, spot)) break
  }
  return visible
}

const strictness = (rule: string): number => OVERLAP_RULES.findIndex(each => each === rule)

const strictest = (policies: readonly Policy[]): InForce<OverlapRule> => {
  let found: InForce<OverlapRule> = { rule: 'warn', policy: null }
  for (const policy of policies) {
    const rule = OVERLAP_RULES[strictness(policy.value)]
    if (rule !== undefined && (found.policy === null || strictness(rule) > strictness(found.rule))) found = { rule, policy }
  }
  return found
}

/** What is in force for claims on an item, whoever else claims there: the strictest that holds on any of it. `sameTree`: where both write to the same files. */
export const overlapRule = (policies: readonly Policy[], spot: Spot, sameTree: boolean, meshNow: Millis): InForce<OverlapRule> => {
  const always = strictest(visibleAt(policies, OVERLAP, spot, meshNow))
  if (!sameTree) return always
  const there = strictest(visibleAt(policies, OVERLAP_SAME_TREE, spot, meshNow))
  return there.policy !== null && strictness(there.rule) >= strictness(always.rule) ? there : always
}

/** The same for an item of a claim and one of another session's that overlaps it: a policy counts that holds on something of both. */
export const overlapRuleBetween = (policies: readonly Policy[], own: Spot, other: Spot, sameTree: boolean, meshNow: Millis): InForce<OverlapRule> =>
  policies.length === 0 ? { rule: 'warn', policy: null } : overlapRule(policies.filter(({ key, area }) => !KEYS_OF_OVERLAP.has(key) || meets(area, other)), own, sameTree, meshNow)

const KEYS_OF_OVERLAP: ReadonlySet<string> = new Set([OVERLAP, OVERLAP_SAME_TREE])

/** What is done about sessions that wait for each other. */
export const deadlockRule = (policies: readonly Policy[], meshNow: Millis): InForce<DeadlockRule> => {
  const policy = policies.find(each => each.key === DEADLOCK && isInForce(each, meshNow)) ?? null
  return policy?.value === 'auto' ? { rule: 'auto', policy } : { rule: 'advise', policy }
}

/** Whether the value of an `advantage` names this session: its host, itself, or the session that it is a subagent of. */
const favours = (value: string, { host, session }: Actor): boolean => {
  const [named, ...rest] = value.split('/')
  const wanted = rest.join('/')
  return named === host && (wanted === '' || session === wanted || session.startsWith(`${wanted}/`))
}

/** By how many minutes the turn of a claim of this session on these items is brought forward: none unless a policy favours it on all of them. */
export const advantageOf = (policies: readonly Policy[], spots: readonly Spot[], actor: Actor, meshNow: Millis): number => {
  const isFavoured = (spot: Spot): boolean => {
    const visible = visibleAt(policies, ADVANTAGE, spot, meshNow)
    const [latest] = visible
    return latest !== undefined && visible.length === 1 && favours(latest.value, actor) && spans(latest.area, spot)
  }
  return spots.length > 0 && spots.every(isFavoured) ? LIMITS.advantageMinutes : 0
}
