import type { HostKey, Millis } from '../core/brand.js'
import { LIMITS } from '../core/limits.js'
import type { Host } from '../host/host.js'
import type { Freshness } from './envelope.js'

const iso = (wall: Millis): string => new Date(wall).toISOString()

/** Own wall time at which this host was last heard, or null. Linked now is heard now. */
export const heardAt = (host: Host, key: HostKey): Millis | null => (key === host.replica.key ? host.now().wall : host.replica.heardFrom(key))

/**
 * How far an answer about these repositories can be trusted (all, when left out): it is complete when every other host with live claims
 * there, or that was linked here lately, was heard within three beats.
 */
export const freshnessOf = (host: Host, repositories?: readonly string[]): Freshness => {
  const { wall } = host.now()
  const heldBy = new Map<HostKey, number>()
  for (const claim of host.replica.view.claims.live(host.meshNow())) {
    if (claim.hostKey === host.replica.key) continue
    if (repositories !== undefined && claim.repo !== '' && !repositories.includes(claim.repo)) continue
    heldBy.set(claim.hostKey, (heldBy.get(claim.hostKey) ?? 0) + 1)
  }
  const silent: Freshness['silent'] = []
  for (const [key, held] of heldBy) {
    const heard = heardAt(host, key)
    const member = host.replica.acts.roster().members.get(key)
    if (member === undefined || (heard !== null && wall - heard <= LIMITS.silentMs)) continue
    silent.push({ host: host.nameOf(key), id: `h-${member.hostId.slice(0, 8)}`, since: heard === null ? null : iso(heard), held })
  }
  silent.sort((left, right) => (left.host < right.host ? -1 : 1))
  return { as_of: iso(wall), view_hash: host.replica.view.hash(), complete: silent.length === 0, silent }
}
