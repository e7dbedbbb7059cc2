import type { Millis } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import { sameActor, type Actor } from '../claims/actor.js'
import { itemOf } from '../claims/item.js'
import { compareEntries, isKindOf, type Entry, type EntryOf } from '../records/entry.js'
import { overlapsAny } from '../scope/overlap.js'
import type { View } from '../view.js'

export type Proposal = EntryOf<'proposal'>

/** Two proposals of different sessions that mean the same work. */
export interface ProposalCrossing {
  /** The earlier one, by the order in which records are told: the same on every host. */
  readonly lead: Proposal
  readonly follows: Proposal
  /** A path or name that both cover. */
  readonly witness: string
}

const authorOf = ({ host, parsed }: Proposal): Actor => ({ host, session: parsed.record.session })

/** Neither taken back, nor said anew, nor rejected, nor over. */
const stands = ({ deliveries }: View, proposal: Proposal, now: Millis): boolean => {
  const { expires } = proposal.parsed.record.fields
  if ((expires !== undefined && now > expires) || deliveries.settled(proposal)) return false
  return !deliveries.answersTo(proposal.id).some(answer => isKindOf(answer, 'reject'))
}

const witnessOf = ({ repositories }: View, one: Proposal, other: Proposal): string | null => {
  const [left, right] = [one.parsed.record.fields, other.parsed.record.fields]
  if (!repositories.same(left.repo ?? '', right.repo ?? '')) return null
  const scopes = (items: readonly string[]) => items.map(item => itemOf(item).scope)
  return overlapsAny(scopes(left.scope), scopes(right.scope))?.witness ?? null
}

/** Every other session's proposal that stands and means some of the same work, made within so many ms of this one; oldest first. */
export const overlappingProposals = (view: View, own: Proposal, now: Millis, withinMs: Millis): ProposalCrossing[] => {
  const found: ProposalCrossing[] = []
  for (const other of view.ofKind('proposal')) {
    if (!isKindOf(other, 'proposal') || Math.abs(other.wall - own.wall) > withinMs || sameActor(authorOf(own), authorOf(other)) || !stands(view, other, now)) continue
    const witness = witnessOf(view, own, other)
    if (witness === null) continue
    const [lead, follows] = compareEntries(own, other) < 0 ? [own, other] : [other, own]
    found.push({ lead, follows, witness })
  }
  return found.sort((left, right) => compareEntries(other(left, own), other(right, own)))
}

const other = ({ lead, follows }: ProposalCrossing, own: Entry): Proposal => (lead.id === own.id ? follows : lead)

/** Crossings of this session's proposals that stand: made so close together that neither side need have known of the other's. */
export const proposalCrossings = (view: View, actor: Actor, now: Millis): ProposalCrossing[] => {
  const crossings: ProposalCrossing[] = []
  for (const own of view.ofKind('proposal')) {
    if (!isKindOf(own, 'proposal') || own.host !== actor.host || own.session !== actor.session || !stands(view, own, now)) continue
    crossings.push(...overlappingProposals(view, own, now, LIMITS.proposalCrossMs))
  }
  return crossings
}
