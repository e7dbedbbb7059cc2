import { stateOf, type Claim } from '../core/coordination/claims/claim.js'
import { audible } from './audible.js'
import type { Warning } from './envelope.js'
import type { OperationContext } from './operation.js'
import { TOLD } from './told-claims.js'
import { shownItem } from './scopes.js'
import { ageText, claimText, clockText, holderText } from './words.js'

/** Beside what a session was told of others' claims (`notices.ts`), and dropped as those are. */
const noteOf = (session: string, claim: Claim): string => `${TOLD}${session} ${claim.id} !`

/** Others' claims that a sentence names. */
const NAMED = 3

const lapsedWarning = async (context: OperationContext, claim: Claim): Promise<Warning> => {
  const { host, session } = context
  const { view, hostId } = host.replica
  const now = host.meshNow()
  const found = new Map(view.claims.overlapping(claim, now, { exceptSession: { host: hostId, session } }).map(each => [each.claim.id, each.claim]))
  const others = [...found.values()]
  const worth = await audible(context, others.map(other => ({ repo: claim.repo, mine: claim.scope, theirs: other.scope })))
  const takers = others.filter((_, index) => worth[index] !== null)
  const id = view.shortId(claim.entry)
  const what = `your claim ${id} on ${claim.scope.map(shownItem).join(' ')} lapsed at ${clockText(claim.until, now)} (${ageText(Math.max(0, now - claim.until))} ago)`
  const named = takers.slice(0, NAMED).map(other => claimText(host, other, now))
  const more = takers.length > NAMED ? `, and ${takers.length - NAMED} more` : ''
  const since = takers.length === 0 ? 'nobody has claimed any of it since' : `meanwhile ${named.join('; ')}${more}`
  return {
    code: 'CLAIM_LAPSED',
    text: `${what}: ${since}. It is not held${takers.length === 0 ? '' : ', and theirs leads'}. skein renew holds it again${takers.length === 0 ? '' : ' behind them'}; skein release ${id} gives it up.`,
    details: { claim: id, scope: [...claim.scope], until: new Date(claim.until).toISOString(), taken_by: takers.map(other => ({ claim: view.shortId(other.entry), holder: holderText(host, other), reason: other.reason })) }
  }
}

/**
 * The caller's claims that lapsed and that its activity does not take up again (it was away too long, somebody has taken them over, or a person's
 * term is over), each once: what became of them is told before anything says who holds what (rules F4).
 */
export const lapsesFor = async (context: OperationContext): Promise<Warning[]> => {
  const { host, session } = context
  const { notes, view, hostId } = host.replica
  const now = host.meshNow()
  const warnings: Warning[] = []
  for (const claim of view.claims.ofSession(hostId, session, now)) {
    const key = noteOf(session, claim)
    const lapsed = stateOf(claim, now) === 'stale'
    if (lapsed === notes.has(key)) continue
    host.runtime.note(key, lapsed ? '' : null)
    if (lapsed) warnings.push(await lapsedWarning(context, claim))
  }
  return warnings
}
