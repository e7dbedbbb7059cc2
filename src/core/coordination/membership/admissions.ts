import type { ActId, HostId, HostKey } from '../../brand.js'
import { compareText } from '../../encoding/bytes.js'
import { LIMITS } from '../../limits.js'
import { compareStamps, type Stamp } from '../../stamp.js'
import type { VerifiedAct } from './act.js'
import type { WitnessBody } from './body.js'
import type { OpenInvitation } from './invitation.js'
import type { HeldBackHost, StandingHost } from './member.js'
import { orderBySight } from './order.js'

/** A witness with the invitation that it is about. `writer` is the host that its signer must be for it to count. */
type Witness = VerifiedAct & { readonly body: WitnessBody; readonly writer: HostKey; readonly newcomer: HostId; readonly invitation: OpenInvitation }

const witnessesIn = (acts: Iterable<VerifiedAct>, invitations: ReadonlyMap<ActId, OpenInvitation>): readonly Witness[] => {
  const witnesses: Witness[] = []
  for (const act of acts) {
    if (act.content?.kind !== 'witness' || act.hostId === null) continue
    const { body } = act.content
    const invitation = invitations.get(body.invite)
    const writer = act.signer as string as HostKey
    const isAboutItself = writer === body.host.key
    if (invitation?.key === body.key && !isAboutItself) witnesses.push({ ...act, body, writer, newcomer: act.hostId, invitation })
  }
  return witnesses
}

interface Reach {
  readonly since: ReadonlyMap<HostKey, Stamp>
  readonly counting: ReadonlyMap<ActId, Witness>
}

/**
 * The witnesses whose writers stand if no invitation were used too often, and since when each host would stand. Whoever is let in only by
 * hosts that it let in itself is not among them: it is a walk from the founder outwards.
 */
const reach = (founder: StandingHost, witnesses: readonly Witness[]): Reach => {
  const byWriter = new Map<HostKey, Witness[]>()
  for (const witness of witnesses) {
    const written = byWriter.get(witness.writer) ?? []
    written.push(witness)
    byWriter.set(witness.writer, written)
  }
  const since = new Map<HostKey, Stamp>([[founder.key, founder.since]])
  const counting = new Map<ActId, Witness>()
  for (const [writer] of since) {
    for (const witness of byWriter.get(writer) ?? []) {
      counting.set(witness.id, witness)
      const { key } = witness.body.host
      const earliest = since.get(key)
      if (!earliest || compareStamps(witness.stamp, earliest) < 0) since.set(key, witness.stamp)
    }
  }
  return { since, counting }
}

/** Of two witnesses that had not seen each other, that of the longer-standing writer comes first (rules B3). */
const bySeniority =
  (since: ReadonlyMap<HostKey, Stamp>) =>
  (left: Witness, right: Witness): number => {
    const [older, newer] = [since.get(left.writer), since.get(right.writer)]
    return (older && newer ? compareStamps(older, newer) : 0) || compareText(left.writer, right.writer) || compareText(left.id, right.id)
  }

export interface Admissions {
  /** In the order in which they were let in, the founder first. */
  readonly members: ReadonlyMap<HostKey, StandingHost>
  readonly heldBack: ReadonlyMap<HostKey, HeldBackHost>
}

/**
 * Who stands (rules B2, B3). Each witness has its turn once, in the order of `orderBySight`; one whose writer does not stand yet (it had not seen its own
 * admission, as honest members always have) comes after the others. A use once given is not taken back, so a guest cannot crowd out its own host and
 * there is always one answer. Uses are added to the invitations. Expiry and cancellation play no part here: they bind those who write a witness, since
 * no roster changes by a clock.
 */
export const admitHosts = (founder: StandingHost, acts: ReadonlyMap<ActId, VerifiedAct>, invitations: ReadonlyMap<ActId, OpenInvitation>): Admissions => {
  const { since, counting } = reach(founder, witnessesIn(acts.values(), invitations))
  const members = new Map<HostKey, StandingHost>([[founder.key, founder]])

  const take = ({ writer, stamp, body, newcomer, invitation }: Witness): void => {
    const { key, name } = body.host
    const standing = members.get(key)
    if (standing) {
      if (standing.invite === invitation.invite && !standing.witnesses.includes(writer)) standing.witnesses.push(writer)
      return
    }
    if (invitation.usedBy.length >= invitation.uses || members.size >= LIMITS.members) return
    invitation.usedBy.push(key)
    const { role, ephemeral, invite } = invitation
    members.set(key, { hostId: newcomer, key, name, role, ephemeral, since: stamp, invite, witnesses: [writer] })
  }

  const ordered = orderBySight(acts, counting, bySeniority(since))
  let waiting: readonly Witness[] = ordered
  let before = 0
  while (waiting.length > 0 && members.size > before) {
    before = members.size
    const later: Witness[] = []
    for (const witness of waiting) {
      if (members.has(witness.writer)) take(witness)
      else later.push(witness)
    }
    waiting = later
  }

  const heldBack = new Map<HostKey, HeldBackHost>()
  for (const { writer, body, newcomer, invitation } of ordered) {
    const { key, name } = body.host
    if (members.has(key)) continue
    const known = heldBack.get(key)
    const witnesses = [...new Set([...(known?.witnesses ?? []), writer])]
    heldBack.set(key, { hostId: newcomer, key, name: known?.name ?? name, invite: known?.invite ?? invitation.invite, witnesses })
  }
  return { members, heldBack }
}
