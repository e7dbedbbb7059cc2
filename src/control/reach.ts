import type { HostId, HostKey } from '../core/brand.js'
import type { Reach } from '../core/coordination/delivery/delivery.js'
import { isKindOf } from '../core/coordination/records/entry.js'
import type { Host } from '../host/host.js'

const keysOf = (host: Host): Map<HostId, HostKey[]> => {
  const keys = new Map<HostId, HostKey[]>()
  for (const [key, { hostId }] of host.replica.acts.roster().members) keys.set(hostId, [...(keys.get(hostId) ?? []), key])
  return keys
}

/** What links and roster add to the records when a delivery is judged now: on whose disk a record is, and who is gone for good. */
export const reachOf = (host: Host): Reach => {
  const { replica } = host
  const keys = keysOf(host)
  const { members } = replica.acts.roster()
  return {
    now: host.meshNow(),
    atPeer: (id, entry) => id === replica.hostId || (keys.get(id) ?? []).some(key => replica.isAtPeer(key, entry.id)),
    ended: id => (keys.get(id) ?? []).every(key => members.get(key)?.state === 'named'),
    isViewer: id => (keys.get(id) ?? []).some(key => members.get(key)?.role === 'viewer'),
    // what was handed to somebody and released or taken since
    moot: entry => isKindOf(entry, 'offer') && entry.parsed.record.fields.claims.every(id => (replica.view.claims.claim(id)?.scope.length ?? 0) === 0)
  }
}
