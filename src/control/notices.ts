import type { Crossing } from '../core/coordination/claims/crossing.js'
import type { Host } from '../host/host.js'
import type { Warning } from './envelope.js'
import type { OperationContext } from './operation.js'
import { claimText, heardText } from './words.js'

const noteKey = (session: string, crossing: Crossing): string => `told/${session}/${crossing.key}`

const standing = (crossing: Crossing): string => `${crossing.lead.id} ${crossing.resolutions.length}`

/** Notes that this session knows of a crossing as it stands, so that it is not told again until the lead or what was agreed changes. */
export const markTold = (host: Host, session: string, crossing: Crossing): void => {
  const key = noteKey(session, crossing)
  if (host.replica.notes.get(key) !== standing(crossing)) host.runtime.note(key, standing(crossing))
}

/** Every crossing of the caller's live claims with another session's that it was not yet told of; each is told once. */
export const noticesFor = ({ host, session }: OperationContext): Warning[] => {
  const now = host.meshNow()
  const actor = { host: host.replica.hostId, session }
  const warnings: Warning[] = []
  for (const crossing of host.replica.view.claims.crossings(now, actor)) {
    if (host.replica.notes.get(noteKey(session, crossing)) === standing(crossing)) continue
    markTold(host, session, crossing)
    warnings.push(crossingWarning(host, session, crossing, now))
  }
  return warnings
}

const isMine = (host: Host, session: string, claim: Crossing['lead']): boolean => claim.host === host.replica.hostId && claim.session === session

/** What each side of a crossing is told: who the other is, since when and why, what both cover, and who leads. */
export const crossingWarning = (host: Host, session: string, crossing: Crossing, now: number): Warning => {
  const { view } = host.replica
  const mineLeads = isMine(host, session, crossing.lead)
  const [mine, other] = mineLeads ? [crossing.lead, crossing.follows] : [crossing.follows, crossing.lead]
  const tree = crossing.sameTree ? 'in the same work tree: one will overwrite the other' : 'in another work tree: the changes will have to be merged'
  return {
    code: 'CLAIM_CROSSING',
    text: `${claimText(host, other, now)}; ${heardText(host, other.hostKey)}. Both cover ${crossing.witness === '' ? 'the whole repository' : crossing.witness}, ${tree}. ${mineLeads ? 'Your claim leads.' : 'Their claim leads.'}`,
    details: {
      claim: view.shortId(other.entry),
      mine: view.shortId(mine.entry),
      lead: view.shortId(crossing.lead.entry),
      witness: crossing.witness,
      same_tree: crossing.sameTree,
      host: host.nameOf(other.hostKey),
      session: other.session
    }
  }
}
