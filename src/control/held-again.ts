import type { Millis } from '../core/brand.js'
import { sameTree, stateOf, type Claim } from '../core/coordination/claims/claim.js'
import { stopAt } from '../core/coordination/policy/directive.js'
import { overlapRuleBetween } from '../core/coordination/policy/policy.js'
import type { Failure } from '../core/result.js'
import { decreesOf } from './decrees.js'
import type { OperationContext } from './operation.js'
import { policyText } from './policies.js'
import { clockText, holderText } from './words.js'

/**
 * Why an own claim that lapsed is not held again: an operator's directive stops claims there, or a policy refuses a second one beside a
 * claim that another session has made meanwhile. Null where it may be, and for a claim that has not lapsed. The record would be refused.
 */
export const notHeldAgain = ({ host, session }: OperationContext, claim: Claim, now: Millis): Failure | null => {
  if (stateOf(claim, now) !== 'stale') return null
  const { policies, directives } = decreesOf(host)
  const { repo } = claim
  const id = host.replica.view.shortId(claim.entry)
  const refused = (code: 'CLAIM_DENIED' | 'CLAIM_HELD' | 'DIRECTIVE_STOP', why: string): Failure => ({ code, message: `${id} lapsed at ${clockText(claim.until, now)} and is not held again: ${why}`, details: { claim: id } })
  if (stopAt(directives, claim.scope.map(item => ({ repo, item })), now) !== null) return refused('DIRECTIVE_STOP', "an operator's directive stops claims there; skein status shows it.")
  for (const { claim: other, item, other: theirs } of host.replica.view.claims.overlapping(claim, now, { exceptSession: { host: host.replica.hostId, session } })) {
    const { rule, policy } = overlapRuleBetween(policies, { repo, item }, { repo, item: theirs }, sameTree(claim, other), now)
    if (policy === null || rule === 'warn') continue
    const shown = host.replica.view.shortId(other.entry)
    return refused(rule === 'deny' ? 'CLAIM_DENIED' : 'CLAIM_HELD', `${holderText(host, other)} holds ${shown}, and policy ${policyText(host, policy)}. To wait: skein wait ${shown}.`)
  }
  return null
}
