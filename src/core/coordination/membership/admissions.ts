import type { ActId, HostId, HostKey } from '../../brand.js'
import { compareText } from '../../encoding/bytes.js'
import { LIMITS } from '../../limits.js'
import { compareStamps, type Stamp } from '../../stamp.js'
import type { VerifiedAct } from './act.js'
import type { WitnessBody } from './body.js'
import { outlives, type Cuts } from './endings.js'
import type { OpenInvitation } from './invitation.js'
import type { HeldBackHost, StandingHost } from './member.js'
import type { ActOf } from './operators.js'
import { orderBySight } from './order.js'

/** A witness with the invitation that it is about. `writer` is the host that its signer must be for it to count. */
type Witness = VerifiedAct & { readonly step: 'witness'; readonly body: WitnessBody; readonly writer: HostKey; readonly newcomer: HostId; readonly invitation: OpenInvitation }

/** One key takes another's place: `writer` is the old one, which must stand for it to count. */
type Succession = VerifiedAct & { readonly step: 'succession'; readonly writer: HostKey; readonly next: HostKey }

type Step = Witness | Succession

/** What admission is decided from. */
export interface AdmissionParts {
  readonly founder: StandingHost
  readonly acts: ReadonlyMap<ActId, VerifiedAct>
  readonly invitations: ReadonlyMap<ActId, OpenInvitation>
  /** By old key. */
  readonly rotations: ReadonlyMap<HostKey, ActOf<'rotate'>>
  readonly cuts: Cuts
}

const stepsOf = ({ acts, invitations, rotations, cuts }: AdmissionParts): readonly Step[] => {
  const steps: Step[] = []
  for (const act of acts.values()) {
    if (act.content?.kind !== 'witness' || act.hostId === null || !outlives(cuts, act)) continue
    const { body } = act.content
    const invitation = invitations.get(body.invite)
    const writer = act.signer as string as HostKey
    const { key } = body.host
    if (invitation?.key !== body.key || writer === key || (invitation.host ?? key) !== key) continue
    steps.push({ ...act, step: 'witness', body, writer, newcomer: act.hostId, invitation })
  }
  for (const [old, act] of rotations) steps.push({ ...act, step: 'succession', writer: old, next: act.content.body.key })
  return steps
}

interface Reach {
  readonly since: ReadonlyMap<HostKey, Stamp>
  readonly counting: ReadonlyMap<ActId, Step>
}

/**
 * The steps whose writers stand if no invitation were used too often, and since when each host would stand. Whoever is let in only by
 * hosts that it let in itself is not among them: it is a walk from the founder outwards.
 */
const reach = (founder: StandingHost, steps: readonly Step[]): Reach => {
  const byWriter = new Map<HostKey, Step[]>()
  for (const step of steps) {
    const written = byWriter.get(step.writer) ?? []
    written.push(step)
    byWriter.set(step.writer, written)
  }
  const since = new Map<HostKey, Stamp>([[founder.key, founder.since]])
  const counting = new Map<ActId, Step>()
  for (const [writer] of since) {
    for (const step of byWriter.get(writer) ?? []) {
      counting.set(step.id, step)
      const key = step.step === 'witness' ? step.body.host.key : step.next
      const earliest = since.get(key)
      if (!earliest || compareStamps(step.stamp, earliest) < 0) since.set(key, step.stamp)
    }
  }
  return { since, counting }
}

/** Of two steps that had not seen each other, a succession comes first, then that of the longer-standing writer (rules B3). */
const bySeniority =
  (since: ReadonlyMap<HostKey, Stamp>) =>
  (left: Step, right: Step): number => {
    if (left.step !== right.step) return left.step === 'succession' ? -1 : 1
    const [older, newer] = [since.get(left.writer), since.get(right.writer)]
    return (older && newer ? compareStamps(older, newer) : 0) || compareText(left.writer, right.writer) || compareText(left.id, right.id)
  }

export interface Admissions {
  /** In the order in which they were let in, the founder first. */
  readonly members: ReadonlyMap<HostKey, StandingHost>
  readonly heldBack: ReadonlyMap<HostKey, HeldBackHost>
}

const hasRoom = ({ usedBy, uses }: OpenInvitation): boolean => usedBy.length < uses

/** Invitations that an operator made for one host, by that host's key. */
const invitationsByHost = (invitations: ReadonlyMap<ActId, OpenInvitation>): ReadonlyMap<HostKey, OpenInvitation> => {
  const byHost = new Map<HostKey, OpenInvitation>()
  for (const invitation of invitations.values()) if (invitation.host !== undefined && !byHost.has(invitation.host)) byHost.set(invitation.host, invitation)
  return byHost
}

/**
 * Who stands (rules B2, B3). Each witness has its turn once, in the order of `orderBySight`; one whose writer does not stand yet (it had not seen its own
 * admission, as honest members always have) comes after the others. A use once given is not taken back, so a guest cannot crowd out its own host and
 * there is always one answer. A host that is held back is let in by an operator's invitation that names it: its joining is proven by the witness that it
 * has. Uses are added to the invitations. Expiry and cancellation play no part here: they bind those who write a witness, since no roster changes by a
 * clock.
 */
export const admitHosts = (parts: AdmissionParts): Admissions => {
  const { founder, acts, invitations, cuts } = parts
  const { since, counting } = reach(founder, stepsOf(parts))
  const byHost = invitationsByHost(invitations)
  const members = new Map<HostKey, StandingHost>([[founder.key, founder]])

  const succeed = ({ writer, next }: Succession): void => {
    const old = members.get(writer)
    if (old && !members.has(next) && members.size < LIMITS.members) members.set(next, { ...old, key: next })
  }
  const admit = ({ writer, stamp, body, newcomer, invitation }: Witness): void => {
    const { key, name } = body.host
    const standing = members.get(key)
    if (standing) {
      if (standing.invite === invitation.invite && !standing.witnesses.includes(writer)) standing.witnesses.push(writer)
      return
    }
    const use = hasRoom(invitation) ? invitation : byHost.get(key)
    if (!use || !hasRoom(use) || members.size >= LIMITS.members) return
    use.usedBy.push(key)
    const { role, ephemeral, invite } = use
    members.set(key, { hostId: newcomer, key, name, role, ephemeral, since: stamp, invite, witnesses: [writer] })
  }
  const isReady = (step: Step): boolean => members.has(step.writer) || (step.step === 'witness' && byHost.has(step.body.host.key))

  const ordered = orderBySight(acts, counting, bySeniority(since))
  let waiting: readonly Step[] = ordered
  let before = 0
  while (waiting.length > 0 && members.size > before) {
    before = members.size
    const later: Step[] = []
    for (const step of waiting) {
      if (!isReady(step)) later.push(step)
      else if (step.step === 'witness') admit(step)
      else succeed(step)
    }
    waiting = later
  }

  const heldBack = new Map<HostKey, HeldBackHost>()
  for (const step of ordered) {
    if (step.step === 'succession') continue
    const { writer, body, newcomer, invitation } = step
    const { key, name } = body.host
    if (members.has(key) || cuts.has(key)) continue
    const known = heldBack.get(key)
    const witnesses = [...new Set([...(known?.witnesses ?? []), writer])]
    heldBack.set(key, { hostId: newcomer, key, name: known?.name ?? name, invite: known?.invite ?? invitation.invite, witnesses })
  }
  return { members, heldBack }
}
