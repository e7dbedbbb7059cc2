import type { ActId, HostId, HostKey } from '../../brand.js'
import { compareText } from '../../encoding/bytes.js'
import type { VerifiedAct } from './act.js'
import type { FormerRole, StandingHost } from './member.js'
import type { ActOf, Authority } from './operators.js'
import { orderBySight } from './order.js'

export interface Roles {
  readonly role: string
  readonly former: readonly FormerRole[]
}

/**
 * The roles of hosts whose role operators changed, by host id. Acts hold in the order of sight, the last one last; of two that had not seen each other that
 * of the higher-ranked operator comes later, then the lower id.
 */
export const changedRoles = (authority: Authority, acts: ReadonlyMap<ActId, VerifiedAct>, members: ReadonlyMap<HostKey, StandingHost>): ReadonlyMap<HostId, Roles> => {
  const rankOf = ({ signer }: VerifiedAct): number => authority.rankOf(signer) ?? Number.MAX_SAFE_INTEGER
  const chosen = new Map(authority.actsOf('role').map(act => [act.id, act] as const))
  const changed = new Map<HostId, Roles>()
  if (chosen.size === 0) return changed
  const compare = (left: ActOf<'role'>, right: ActOf<'role'>): number => rankOf(right) - rankOf(left) || compareText(right.id, left.id)
  for (const { content } of orderBySight(acts, chosen, compare)) {
    const { key, role, heads } = content.body
    const member = members.get(key)
    if (!member) continue
    const before = changed.get(member.hostId) ?? { role: member.role, former: [] }
    changed.set(member.hostId, { role, former: [...before.former, { role: before.role, heads }] })
  }
  return changed
}
