import type { ActId, HostId, HostKey } from '../../brand.js'
import type { Stamp } from '../../stamp.js'
import type { NamedHead } from './body.js'

interface MemberFacts {
  readonly hostId: HostId
  readonly key: HostKey
  /** As the host chose it; other hosts may have the same (`Roster.displayName`). */
  readonly name: string
  readonly role: string
  readonly ephemeral: boolean
  /** Stamp of the act that let it in: its writer's word, for display. */
  readonly since: Stamp
  /** The invitation that it stands by; null for the host that founded the mesh. */
  readonly invite: ActId | null
  /** The members whose word for that invitation it stands by, in causal order. */
  readonly witnesses: readonly HostKey[]
}

/** A host that stands, or stood and left: of one that left, everything up to the heads that it named stays. */
export type Member = MemberFacts & ({ readonly state: 'member' } | { readonly state: 'left'; readonly heads: readonly NamedHead[] })

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
