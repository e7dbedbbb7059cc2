import { overlappingProposals, proposalCrossings, type Proposal, type ProposalCrossing } from '../../core/coordination/agreement/proposals.js'
import { authorText, isKindOf, type Entry } from '../../core/coordination/records/entry.js'
import { quoted, visible } from '../../core/coordination/records/visible.js'
import { LIMITS } from '../../core/limits.js'
import { ageText } from '../age.js'
import type { Warning } from '../envelope.js'
import type { OperationContext } from '../operation.js'
import { shownItem } from '../scopes.js'
import { keepTold, toldOf } from '../told.js'

const SORT = 'proposals'

const keyOf = ({ lead, follows }: ProposalCrossing): string => `${lead.id}+${follows.id}`

const isMine = ({ host, session }: OperationContext, proposal: Proposal): boolean => proposal.host === host.replica.hostId && proposal.session === session

const warningOf = (context: OperationContext, crossing: ProposalCrossing, code: 'PROPOSAL_CROSSING' | 'PROPOSAL_OVERLAP'): Warning => {
  const { host } = context
  const { view } = host.replica
  const { lead, follows, witness } = crossing
  const leads = isMine(context, lead)
  const [mine, other] = leads ? [lead, follows] : [follows, lead]
  const [own, theirs, who] = [view.shortId(mine), view.shortId(other), authorText(other, view.names())]
  const apart = `${ageText(Math.abs(mine.wall - other.wall))} ${leads ? 'after' : 'before'} your ${own}`
  const both = `Both cover ${witness === '' ? 'the whole repository' : visible(shownItem(witness))}.`
  return {
    code,
    text: `${who} proposed ${theirs}, ${apart}: ${quoted(other.parsed.record.fields.text, LIMITS.foreignTextChars)}. ${both} ${leads ? 'Yours' : 'Theirs'} came first. To settle: skein withdraw ${own}, or skein ask ${who} "…".`,
    details: { mine: own, proposal: theirs, lead: view.shortId(lead), by: who, witness, apart_ms: Math.abs(mine.wall - other.wall) }
  }
}

/** Proposals of other sessions that mean some of the same work as one that was just made, newest three; its author has heard of them by this. */
export const proposalOverlaps = (context: OperationContext, entry: Entry): Warning[] => {
  if (!isKindOf(entry, 'proposal')) return []
  const { host, session, meshNow } = context
  const overlaps = overlappingProposals(host.replica.view, entry, meshNow, LIMITS.proposalOverlapMs)
  keepTold(host, session, SORT, [...toldOf(host, session, SORT), ...overlaps.map(keyOf)])
  return overlaps.slice(-LIMITS.proposalsListed).map(crossing => warningOf(context, crossing, 'PROPOSAL_OVERLAP'))
}

/** Crossings of the caller's proposals that it has not heard of; each is told once. */
export const proposalNotices = (context: OperationContext): Warning[] => {
  const { host, session, meshNow } = context
  const told = toldOf(host, session, SORT)
  const crossings = proposalCrossings(host.replica.view, { host: host.replica.hostId, session }, meshNow)
  keepTold(host, session, SORT, new Set([...crossings.map(keyOf), ...[...told].filter(key => stillStands(context, key))]))
  return crossings.filter(crossing => !told.has(keyOf(crossing))).slice(-LIMITS.holdersListed).map(crossing => warningOf(context, crossing, 'PROPOSAL_CROSSING'))
}

/** Both records are still here: what was told of them need not be told again. */
const stillStands = ({ host }: OperationContext, key: string): boolean => key.split('+').every(id => host.replica.view.kindOf(id) !== null)
