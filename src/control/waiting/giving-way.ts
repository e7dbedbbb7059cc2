import { compareText } from '../../core/encoding/bytes.js'
import { deadlockRule } from '../../core/coordination/policy/policy.js'
import { releasesDue } from '../../core/coordination/waiting/deadlocks.js'
import type { Deadlock } from '../../core/coordination/waiting/waitgraph.js'
import type { Host } from '../../host/host.js'
import { decreesOf } from '../decrees.js'
import type { Warning } from '../envelope.js'
import { forgetTold } from '../told-claims.js'
import { deadlocksNow } from './deadlocks.js'

const NOTE = 'gave-way/'

/** The claims that were released in the name of this session when it stood in a deadlock, once; nothing where none were. */
export const gaveWay = (host: Host, session: string): Warning[] => {
  const released = host.replica.notes.get(NOTE + session)
  if (released === undefined) return []
  host.runtime.note(NOTE + session, null)
  const claims = released.split(' ')
  return [{ code: 'DEADLOCK_RELEASED', text: `You waited in a circle and had begun last, so by the mesh's policy ${claims.join(', ')} ${claims.length === 1 ? 'was' : 'were'} released for you: others work there now. What you wait for you still wait for.`, details: { claims } }]
}

const releaseFor = async (host: Host, { victim, releases }: Deadlock): Promise<void> => {
  const names = host.replica.view.names()
  // noted first: the wait of that session wakes by the release and looks for it
  host.runtime.note(NOTE + victim.session, releases.map(id => names.record(id)).sort(compareText).join(' '))
  const written = await host.write(victim.session, [{ kind: 'release', fields: { claims: [...releases], reason: 'gives way in a deadlock, by policy' } }])
  if (written.ok) forgetTold(host)
  else host.runtime.note(NOTE + victim.session, null)
}

/** By policy `deadlock auto` the daemon of each victim releases what the others wait for, as soon as it sees the circle. */
export const giveWayByPolicy = (host: Host): void => {
  const under = new Set<string>()
  const look = (): void => {
    const { policies } = decreesOf(host)
    const { rule } = deadlockRule(policies, host.meshNow())
    if (rule !== 'auto') return
    for (const deadlock of deadlocksNow(host)) {
      if (under.has(deadlock.key) || releasesDue(deadlock, host.replica.hostId, rule).length === 0) continue
      under.add(deadlock.key)
      void releaseFor(host, deadlock).finally(() => under.delete(deadlock.key))
    }
  }
  host.runtime.on(event => {
    if (event.type === 'viewChanged' || event.type === 'rosterChanged') look()
  })
  look()
}
