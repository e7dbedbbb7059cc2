import type { HostId, Millis, RecordId } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import { actorKey } from '../claims/actor.js'
import type { DeadlockRule } from '../policy/policy.js'
import type { View } from '../view.js'
import { goalsOf } from './goal.js'
import { standingWaits, type Wait } from './wait.js'
import { deadlocksOf, type Deadlock, type GraphWait } from './waitgraph.js'

/** The newest waits of each session, up to a bound: nobody waits in more places at a time. */
const counted = (waits: readonly Wait[]): Wait[] => {
  const count = new Map<string, number>()
  return waits.toReversed().filter(wait => {
    const before = count.get(actorKey(wait)) ?? 0
    count.set(actorKey(wait), before + 1)
    return before < LIMITS.waitsOfSession
  })
}

const graphWait = (view: View, wait: Wait, now: Millis): GraphWait => ({
  id: wait.id,
  host: wait.host,
  session: wait.session,
  wall: wait.entry.wall,
  count: wait.entry.count,
  goals: goalsOf(view, wait, now).map(({ held }) => held.map(({ id, host, session }) => ({ claim: id, host, session })))
})

/** The deadlocks of a view at a time: the same on every host that holds the same records. */
export const deadlocksIn = (view: View, now: Millis): Deadlock[] => {
  const waits = counted(standingWaits(view, now))
  return waits.length < 2 ? [] : deadlocksOf(waits.map(wait => graphWait(view, wait, now)))
}

/** The claims that this host has to release: those of its own victim, and only where the policy in force says so. */
export const releasesDue = ({ victim, releases }: Deadlock, self: HostId, rule: DeadlockRule): readonly RecordId[] =>
  rule === 'auto' && victim.host === self ? releases : []
