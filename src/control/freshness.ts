import type { HostKey, Millis } from '../core/brand.js'
import { LIMITS } from '../core/limits.js'
import type { Host } from '../host/host.js'
import type { Freshness } from './envelope.js'
import { withheldRows } from './withheld.js'

const iso = (wall: Millis): string => new Date(wall).toISOString()

/** Own wall time at which the host of this key was last heard, or null. Linked now is heard now. */
export const heardAt = (host: Host, key: HostKey): Millis | null => {
  const present = host.replica.acts.roster().presentKey(key)
  if (present === host.replica.key) return host.now().wall
  return host.replica.heardFrom(present) ?? host.replica.heardFrom(key)
}

/**
 * How far an answer about these repositories can be trusted (all, when left out): it is complete when every other host with live claims
 * there was heard within three beats and nothing is withheld. Looks only at the claims of hosts that were not.
 */
export const freshnessOf = (host: Host, repositories?: readonly string[]): Freshness => {
  const { wall } = host.now()
  const now = host.meshNow()
  const silent: Freshness['silent'] = []
  for (const [key, { hostId, state }] of host.replica.acts.roster().members) {
    const heard = heardAt(host, key)
    if (state !== 'member' || (heard !== null && wall - heard <= LIMITS.silentMs)) continue
    const held = host.replica.view.claims.liveOfHost(hostId, now).filter(({ repo }) => repositories === undefined || repo === '' || repositories.includes(repo)).length
    if (held > 0) silent.push({ host: host.nameOf(key), id: `h-${hostId.slice(0, 8)}`, since: heard === null ? null : iso(heard), held })
  }
  silent.sort((left, right) => (left.host < right.host ? -1 : 1))
  const withheld = withheldRows(host, repositories)
  return { as_of: iso(wall), view_hash: host.replica.view.hash(), complete: silent.length + withheld.length === 0, silent, withheld }
}
