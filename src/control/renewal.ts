import type { Millis, RecordId } from '../core/brand.js'
import { stateOf, type Claim } from '../core/coordination/claims/claim.js'
import { LIMITS } from '../core/limits.js'
import type { Draft } from '../core/replica/input.js'
import type { Warning } from './envelope.js'
import { notHeldAgain } from './held-again.js'
import { claimsOf, oneAtATime } from './one-at-a-time.js'
import type { OperationContext } from './operation.js'

/** How long a claim was first made for, in whole seconds: the moment of asking and that of signing lie a little apart. */
const leaseOf = ({ entry }: Claim): Millis => Math.round((entry.parsed.record.fields.until - entry.wall) / 1000) * 1000

/**
 * The record that moves the leases of `renewed` to `until`. It speaks for every claim that its session had made by then, so those of `own`
 * that would be moved and are not meant are named in `except`; those whose lease and grace are over get a new turn (rules E2), which the
 * host fills in when it signs.
 */
export const renewalDraft = (own: readonly Claim[], renewed: readonly Claim[], until: Millis, now: Millis): Draft => {
  const meant = new Set<RecordId>(renewed.map(({ id }) => id))
  const except = own.filter(claim => !meant.has(claim.id) && claim.until < until).map(({ id }) => id)
  const lapsed = renewed.filter(claim => stateOf(claim, now) === 'stale')
  return {
    kind: 'renew',
    fields: {
      until,
      ...(except.length === 0 ? {} : { except: except.slice(0, LIMITS.idsPerRecord) }),
      ...(lapsed.length === 0 ? {} : { turns: Object.fromEntries(lapsed.slice(0, LIMITS.idsPerRecord).map(({ id }) => [id, [0, 0]])) })
    }
  }
}

/**
 * A third of its lease has passed. One that lapsed is taken up again by activity only while it lapsed lately and nobody has taken it over;
 * and a lease of days is an appointment that a person made, and ends when it says.
 */
const isDue = (claim: Claim, now: Millis): boolean => {
  const lease = leaseOf(claim)
  if (lease > LIMITS.leaseAgentMaxMs) return false
  const state = stateOf(claim, now)
  if (state === 'stale') return claim.reclaims.length === 0 && now - claim.until <= LIMITS.leaseAgentMaxMs
  return state === 'live' && claim.until - now < (lease * 2) / 3
}

/**
 * Renews the caller's claims of which a third of the lease has passed, each for as long as it was made for. Usually nothing is due and
 * nothing is written; else one record for each length of lease, so that no claim is held longer than was asked. What stands in the way is
 * told and stops nothing.
 */
export const renewByActivity = async (context: OperationContext): Promise<Warning[]> => {
  const { host, session, meshNow } = context
  const isAnyDue = host.replica.view.claims.ofSession(host.replica.hostId, session, meshNow).some(claim => isDue(claim, meshNow))
  return isAnyDue ? oneAtATime(host, claimsOf(session), () => renewDue(context)) : []
}

const renewDue = async (context: OperationContext): Promise<Warning[]> => {
  const { host, session } = context
  const meshNow = host.meshNow()
  const own = host.replica.view.claims.ofSession(host.replica.hostId, session, meshNow)
  // what is not held again is told as lapsed (`lapses.ts`)
  const due = own.filter(claim => isDue(claim, meshNow) && notHeldAgain(context, claim, meshNow) === null)
  if (due.length === 0) return []
  const byLease = new Map<Millis, Claim[]>()
  for (const claim of due) byLease.set(leaseOf(claim), [...(byLease.get(leaseOf(claim)) ?? []), claim])
  const drafts = [...byLease].map(([lease, renewed]) => renewalDraft(own, renewed, meshNow + lease, meshNow))
  const written = await host.write(session, drafts)
  if (written.ok) return []
  return [{ code: 'LEASE_NOT_RENEWED', text: `${due.length === 1 ? 'a claim' : `${due.length} claims`} could not be renewed: ${written.failure.message}`, details: { claims: due.map(({ entry }) => host.replica.view.shortId(entry)), code: written.failure.code } }]
}
