import type { Claim } from '../core/coordination/claims/claim.js'
import { compareLead } from '../core/coordination/claims/turn.js'
import type { Crossing } from '../core/coordination/claims/crossing.js'
import type { Millis } from '../core/brand.js'
import { LIMITS } from '../core/limits.js'
import type { Host } from '../host/host.js'
import type { Warning } from './envelope.js'
import type { OperationContext } from './operation.js'
import { adviceText, holdingDetails, holdingText } from './overlaps.js'

const TOLD = 'told/'

const noteKey = (session: string, crossing: Crossing): string => `${TOLD}${session}/${crossing.key}`

const standing = (crossing: Crossing): string => `${crossing.lead.id} ${crossing.resolutions.length}`

const wasTold = (host: Host, session: string, crossing: Crossing): boolean => host.replica.notes.get(noteKey(session, crossing)) === standing(crossing)

/** Notes that this session knows of a crossing as it stands, so that it is not told again until the lead or what was agreed changes. */
export const markTold = (host: Host, session: string, crossing: Crossing): void => {
  if (!wasTold(host, session, crossing)) host.runtime.note(noteKey(session, crossing), standing(crossing))
}

/** Drops what was noted of crossings with claims that are released: neither can cross anything again. */
export const forgetTold = (host: Host): void => {
  const stands = (id: string): boolean => {
    const entry = host.replica.view.find(id)
    const claim = entry.ok ? host.replica.view.claims.claim(entry.value.id) : null
    return claim !== null && claim.scope.length > 0
  }
  for (const key of [...host.replica.notes.keys()]) {
    if (!key.startsWith(TOLD)) continue
    const ids = key.slice(key.lastIndexOf('/') + 1).split('+')
    if (!ids.every(stands)) host.runtime.note(key, null)
  }
}

/** Every crossing of the caller's live claims with another session's that it was not yet told of; each is told once. */
export const noticesFor = (context: OperationContext): Warning[] => {
  const { host, session } = context
  const actor = { host: host.replica.hostId, session }
  return tell(context, host.replica.view.claims.crossings(host.meshNow(), actor), 'CLAIM_CROSSING')
}

/**
 * The crossings that the caller was not told of yet, as warnings, what leads first; it is told of them by this. Of very many all but the
 * first are one warning.
 */
export const tell = (context: OperationContext, crossings: readonly Crossing[], code: 'CLAIM_CROSSING' | 'CLAIM_OVERLAP'): Warning[] => {
  const { host, session } = context
  const now = host.meshNow()
  const untold = crossings.filter(crossing => !wasTold(host, session, crossing)).sort((left, right) => compareLead(left.lead.lead, right.lead.lead))
  for (const crossing of untold) markTold(host, session, crossing)
  const shown = untold.slice(0, LIMITS.holdersListed).map(crossing => crossingWarning(context, crossing, now, code))
  const rest = untold.length - shown.length
  return rest === 0 ? shown : [...shown, { code: `${code}_MORE`, text: `${rest} more claims overlap yours: skein claims names them.`, details: { count: rest } }]
}

const isMine = ({ host, session }: OperationContext, claim: Claim): boolean => claim.host === host.replica.hostId && claim.session === session

/** What each side of a crossing is told: who the other is, since when and why, where, what both cover, who leads, and what to do. */
export const crossingWarning = (context: OperationContext, crossing: Crossing, now: Millis, code: 'CLAIM_CROSSING' | 'CLAIM_OVERLAP' = 'CLAIM_CROSSING'): Warning => {
  const { view } = context.host.replica
  const mineLeads = isMine(context, crossing.lead)
  const [mine, other] = mineLeads ? [crossing.lead, crossing.follows] : [crossing.follows, crossing.lead]
  const lead = mineLeads ? 'Your claim leads.' : 'Their claim leads.'
  return {
    code,
    text: `${holdingText(context, other, crossing.witness, crossing.sameTree, now)} ${lead}${adviceText(context, other)}`,
    details: { ...holdingDetails(context, other, crossing.witness, crossing.sameTree), mine: view.shortId(mine.entry), lead: view.shortId(crossing.lead.entry) }
  }
}
