import type { ActId, HostId, HostKey, MeshId } from '../../brand.js'
import { compareText } from '../../encoding/bytes.js'
import { LIMITS } from '../../limits.js'
import { compareStamps } from '../../stamp.js'
import { admitHosts } from './admissions.js'
import type { VerifiedAct } from './act.js'
import type { OperatorKey } from './body.js'
import { standingDirectives, type Directive } from './directives.js'
import { endingOf, operatorCuts, outlives, retirementsIn, standingRotations, type Cuts } from './endings.js'
import { openInvitations, type Invitation } from './invitation.js'
import type { Writers } from './kept.js'
import type { Ended, HeldBackHost, Member, StandingHost } from './member.js'
import { DisplayNames } from './names.js'
import { everOperators, rankOperators, type Operator } from './operators.js'
import { standingPolicies, type Policy } from './policies.js'
import { changedRoles } from './roles.js'

export type Standing =
  | { readonly state: 'member' }
  /** The chains below these heads stay, nothing else counts. */
  | Ended
  | { readonly state: 'held-back' }
  | { readonly state: 'unknown' }

/** An act without effect here: of a kind, or with a body, that this version does not understand. It is kept and forwarded. */
export interface CarriedAct {
  readonly id: ActId
  readonly kind: string
  readonly minor: number
}

interface RosterFacts {
  readonly mesh: MeshId | null
  readonly name: string | null
  readonly operators: readonly Operator[]
  readonly recovery: OperatorKey | null
  readonly members: ReadonlyMap<HostKey, Member>
  readonly heldBack: ReadonlyMap<HostKey, HeldBackHost>
  readonly invitations: ReadonlyMap<ActId, Invitation>
  readonly policies: readonly Policy[]
  readonly directives: readonly Directive[]
  readonly writers: Writers
  readonly ended: ReadonlySet<HostKey>
  readonly carried: readonly CarriedAct[]
  readonly tips: readonly VerifiedAct[]
}

/** Who belongs to the mesh and in which capacity: a pure function of the set of acts (rules B1), without a clock. */
export class Roster {
  /** Null until the genesis is held: then nobody stands. */
  readonly mesh: MeshId | null
  readonly name: string | null
  /** By rank, the founder first; revoked ones among them. */
  readonly operators: readonly Operator[]
  /** The key that ranks above them, where the mesh has one. */
  readonly recovery: OperatorKey | null
  /** Every key that stands or stood, in the order in which they were let in, the founder first. */
  readonly members: ReadonlyMap<HostKey, Member>
  readonly heldBack: ReadonlyMap<HostKey, HeldBackHost>
  /** Those made by operators, in order of id. */
  readonly invitations: ReadonlyMap<ActId, Invitation>
  /** What operators set and did not clear, the latest first; which of it is in force is asked with a time in hand (`policy/`). */
  readonly policies: readonly Policy[]
  /** What operators told everybody, the latest first, those that were withdrawn among them. */
  readonly directives: readonly Directive[]
  readonly carried: readonly CarriedAct[]
  /** Whose acts are kept, also of those that are revoked. */
  readonly writers: Writers
  /** Newest first. */
  readonly #tips: readonly VerifiedAct[]
  readonly #names: DisplayNames
  readonly #present: ReadonlyMap<HostId, HostKey>
  readonly #operatorKeys: ReadonlySet<string>
  readonly #ended: ReadonlySet<HostKey>

  constructor(facts: RosterFacts) {
    this.mesh = facts.mesh
    this.name = facts.name
    this.operators = facts.operators
    this.recovery = facts.recovery
    this.members = facts.members
    this.heldBack = facts.heldBack
    this.invitations = facts.invitations
    this.policies = facts.policies
    this.directives = facts.directives
    this.carried = facts.carried
    this.writers = facts.writers
    this.#ended = facts.ended
    this.#tips = facts.tips
    this.#names = new DisplayNames([...facts.members.values()], [...facts.heldBack.values()])
    this.#present = new Map(Array.from(facts.members.values(), ({ hostId, key }) => [hostId, key]))
    this.#operatorKeys = new Set(facts.operators.filter(({ revoked }) => !revoked).map(({ key }) => key))
  }

  /** The one question that replication asks: is this key let in, and up to which heads. */
  admits(key: HostKey): Standing {
    const member = this.members.get(key)
    if (member) return member.state === 'named' ? { state: 'named', how: member.how, heads: member.heads } : { state: 'member' }
    return { state: this.heldBack.has(key) ? 'held-back' : 'unknown' }
  }

  /** Whether an operator's word keeps this key out for good, a key that was never let in among them. */
  isBarred(key: HostKey): boolean {
    return this.#ended.has(key)
  }

  /** The keys of a host, its first one first. */
  keysOf(hostId: HostId): readonly HostKey[] {
    return [...this.members.values()].filter(member => member.hostId === hostId).map(({ key }) => key)
  }

  /** The key that the host of this one has now: another where it was rotated (rules B6), also after an end for good. */
  presentKey(key: HostKey): HostKey {
    const member = this.members.get(key)
    return (member && this.#present.get(member.hostId)) ?? key
  }

  isOperator(key: string): boolean {
    return this.#operatorKeys.has(key)
  }

  /** The host's name; with `-` and the first 8 characters of its id where that name alone could mean another host. */
  displayName(key: HostKey): string {
    return this.#names.of(key)
  }

  /**
   * What the next act of this signer names as seen: acts that no other act has seen, at most `LIMITS.actSeen`, sorted. The signer's own come first, so
   * that each signer's acts stay one behind the other whatever the bound leaves out; then the newest.
   */
  newestActs(signer?: string): readonly ActId[] {
    const own = this.#tips.filter(act => act.signer === signer)
    const others = this.#tips.filter(act => act.signer !== signer)
    return [...own, ...others].slice(0, LIMITS.actSeen).map(({ id }) => id).sort(compareText)
  }
}

const LONE = { operators: [], recovery: null, members: new Map(), heldBack: new Map(), invitations: new Map(), policies: [], directives: [], writers: { operators: new Set<string>(), hosts: new Map(), invitations: new Map() }, ended: new Set<HostKey>() } as const

const isRetirer = (members: ReadonlyMap<HostKey, StandingHost>, cuts: Cuts, act: VerifiedAct): boolean =>
  members.get(act.signer as string as HostKey)?.ephemeral === false && outlives(cuts, act)

/**
 * The roster that a set of acts gives: equal for any order and any repetition. The acts are all of one mesh, as `decodeAct` sees to it; without its
 * genesis among them nobody stands. No signature is checked here: that was done once, when each act was taken in.
 */
export const reduceRoster = (given: Iterable<VerifiedAct>): Roster => {
  const acts = new Map<ActId, VerifiedAct>()
  for (const act of given) acts.set(act.id, act)
  const sorted = [...acts.values()].sort((left, right) => compareText(left.id, right.id))
  const seen = new Set(sorted.flatMap(act => act.seen))
  const tips = sorted.filter(({ id }) => !seen.has(id)).sort((left, right) => compareStamps(right.stamp, left.stamp) || compareText(left.id, right.id))
  const carried = sorted.filter(({ content }) => content === null).map(({ id, kind, minor }) => ({ id, kind, minor }))
  const genesis = sorted.find(({ kind }) => kind === 'genesis')
  if (genesis?.content?.kind !== 'genesis' || genesis.hostId === null) return new Roster({ ...LONE, mesh: null, name: null, carried, tips })

  const { name, host } = genesis.content.body
  const { hostId, stamp } = genesis
  const authority = rankOperators(genesis, sorted)
  const rotations = standingRotations(authority)
  const cuts = operatorCuts(authority, rotations)
  const founder = (): StandingHost => ({ ...host, hostId, ephemeral: false, since: stamp, invite: null, witnesses: [] })
  const invitations = openInvitations(authority)
  const { members, heldBack } = admitHosts({ founder: founder(), acts, invitations, rotations, cuts })
  // whose acts are kept does not depend on revocations: one that falls later has lost nothing
  const uncut = cuts.size === 0 ? members : admitHosts({ founder: founder(), acts, invitations: openInvitations(authority), rotations, cuts: new Map() }).members
  const writers = { ...everOperators(genesis, sorted, LIMITS.operators), hosts: new Map([...uncut, ...members]) }

  const { own, foreign } = retirementsIn(sorted)
  const roles = changedRoles(authority, acts, members)
  const shown = (member: StandingHost): Member => {
    const retirers = member.ephemeral ? foreign.filter(act => act.content.body.key === member.key && isRetirer(members, cuts, act)) : []
    const ended = endingOf({ cuts: cuts.get(member.key) ?? [], own: own.get(member.key) ?? [], foreign: retirers.map(({ content }) => content.body.heads) })
    const changed = roles.get(member.hostId)
    return { ...member, ...(changed && { role: changed.role, formerRoles: changed.former }), ...(ended ?? { state: 'member' }) }
  }
  return new Roster({
    mesh: genesis.id as string as MeshId,
    name,
    operators: authority.operators,
    recovery: genesis.content.body.recovery ?? null,
    members: new Map([...members].map(([key, member]) => [key, shown(member)])),
    heldBack,
    invitations,
    policies: standingPolicies(authority, acts),
    directives: standingDirectives(authority),
    writers,
    ended: new Set([...cuts.keys()]),
    carried,
    tips
  })
}
