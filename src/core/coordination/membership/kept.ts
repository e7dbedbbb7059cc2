import type { ActId, HostKey } from '../../brand.js'
import { compareText } from '../../encoding/bytes.js'
import { LIMITS } from '../../limits.js'
import type { VerifiedAct } from './act.js'
import type { OpenInvitation } from './invitation.js'

/** Whose acts are kept: keys that stand or ever stood, whatever was revoked since. */
export interface Writers {
  readonly operators: ReadonlySet<string>
  readonly hosts: ReadonlyMap<HostKey, { readonly ephemeral: boolean }>
  readonly invitations: ReadonlyMap<ActId, Pick<OpenInvitation, 'key' | 'uses'>>
}

/** Acts that share one bound: `most` of them are kept. */
interface Shelf {
  readonly name: string
  readonly most: number
}

const OPERATORS_KINDS: ReadonlySet<string> = new Set(['operator', 'invite', 'cancel', 'revoke', 'rotate', 'role', 'policy', 'directive', 'withdraw'])

/**
 * Where an act stands among its signer's, or null where it cannot count and is not kept. A witness shares its shelf only with those for the same
 * invitation: whoever steals a host's key cannot push out its word for those whom it let in, since it has not the secrets of their invitations.
 */
const shelfOf = ({ operators, hosts, invitations }: Writers, { signer, content, bytes }: VerifiedAct): Shelf | null => {
  const isOperator = operators.has(signer)
  const isHost = hosts.has(signer as string as HostKey)
  if (content === null) return isOperator || isHost ? { name: 'unknown', most: isOperator ? LIMITS.actsOfOperator : LIMITS.unknownActsOfHost } : null
  if (OPERATORS_KINDS.has(content.kind)) return isOperator ? { name: content.kind, most: LIMITS.actsOfOperator } : null
  if (content.kind === 'genesis') return { name: 'genesis', most: 1 }
  if (!isHost) return null
  if (content.kind === 'witness') {
    const invitation = invitations.get(content.body.invite)
    return invitation?.key === content.body.key ? { name: `witness ${content.body.invite}`, most: invitation.uses + LIMITS.witnessesBeyondUses } : null
  }
  if (content.kind !== 'retire') return null
  if ((content.body.key as string) === signer) return { name: 'leave', most: LIMITS.leavesOfHost }
  const isRetired = hosts.get(content.body.key)?.ephemeral === true && bytes.length <= LIMITS.plainActBytes
  return isRetired ? { name: `retire ${content.body.key}`, most: LIMITS.leavesOfHost } : null
}

/** Acts that an operator's revocation or rotation names as those that stay: they are not pushed out. */
const pinned = (acts: Iterable<VerifiedAct>, operators: ReadonlySet<string>): ReadonlySet<ActId> => {
  const ids = new Set<ActId>()
  for (const { signer, content } of acts) {
    if ((content?.kind === 'revoke' || content?.kind === 'rotate') && operators.has(signer)) for (const id of content.body.acts) ids.add(id)
  }
  return ids
}

/**
 * Of the acts of one mesh those that a host keeps and counts: of each signer, on each shelf, the ones with the lowest ids, and those that are pinned. What
 * one signer writes never pushes out another's; a signer that nobody let in keeps nothing, and is asked for its acts again once it is. Depends on the set
 * alone.
 */
export const keptActs = (acts: ReadonlyMap<ActId, VerifiedAct>, writers: Writers): Map<ActId, VerifiedAct> => {
  const stays = pinned(acts.values(), writers.operators)
  const shelves = new Map<string, { most: number; acts: VerifiedAct[] }>()
  const kept = new Map<ActId, VerifiedAct>()
  for (const act of acts.values()) {
    const shelf = shelfOf(writers, act)
    if (shelf === null) continue
    if (stays.has(act.id)) {
      kept.set(act.id, act)
      continue
    }
    const name = `${act.signer} ${shelf.name}`
    const held = shelves.get(name) ?? { most: shelf.most, acts: [] }
    held.acts.push(act)
    shelves.set(name, held)
  }
  for (const { most, acts: held } of shelves.values()) {
    if (held.length > most) held.sort((left, right) => compareText(left.id, right.id))
    for (const act of held.slice(0, most)) kept.set(act.id, act)
  }
  return kept
}
