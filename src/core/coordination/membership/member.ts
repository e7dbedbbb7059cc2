import type { ActId, HostId, HostKey } from '../../brand.js'
import type { Stamp } from '../../stamp.js'
import type { NamedHead } from './body.js'

/** A role that a host had until an operator gave it another: what lies below these heads is read under it (rules B7). */
export interface FormerRole {
  readonly role: string
  readonly heads: readonly NamedHead[]
}

interface MemberFacts {
  readonly hostId: HostId
  readonly key: HostKey
  /** As the host chose it; other hosts may have the same (`Roster.displayName`). */
  readonly name: string
  readonly role: string
  /** Oldest first; absent where the role never changed. */
  readonly formerRoles?: readonly FormerRole[]
  readonly ephemeral: boolean
  /** Stamp of the act that let it in: its writer's word, for display. */
  readonly since: Stamp
  /** The invitation that it stands by; null for the host that founded the mesh. */
  readonly invite: ActId | null
  /** The members whose word for that invitation it stands by, in causal order. */
  readonly witnesses: readonly HostKey[]
}

/** How a key came to its end: it left by itself, was retired as an ephemeral host, was revoked, or another key took its place. */
export type EndedHow = 'left' | 'retired' | 'revoked' | 'rotated'

/** Of a key that has ended, for each epoch the head that stays; an epoch that is not named is out whole (rules B4). Sorted by epoch. */
export interface Ended {
  readonly state: 'named'
  readonly how: EndedHow
  readonly heads: readonly NamedHead[]
}

/**
 * One key of a host that stands or stood. A host whose key was rotated has an entry for each of its keys, with one `hostId`: the hash of the first.
 * The older ones are `named`, so that records written under any of them are that host's.
 */
export type Member = MemberFacts & ({ readonly state: 'member' } | Ended)

/** A member while witnesses are being counted. */
export type StandingHost = Omit<MemberFacts, 'witnesses'> & { readonly witnesses: HostKey[] }

/** A host whose invitation had no use left when all witnesses met, or whose witnesses are such hosts (rules B3): in no view, until an operator decides. */
export interface HeldBackHost {
  readonly hostId: HostId
  readonly key: HostKey
  readonly name: string
  readonly invite: ActId
  readonly witnesses: readonly HostKey[]
}
