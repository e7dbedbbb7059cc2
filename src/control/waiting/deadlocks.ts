import { z } from 'zod'
import type { Millis } from '../../core/brand.js'
import type { Actor } from '../../core/coordination/claims/actor.js'
import { deadlockRule } from '../../core/coordination/policy/policy.js'
import { deadlocksIn } from '../../core/coordination/waiting/deadlocks.js'
import type { Deadlock } from '../../core/coordination/waiting/waitgraph.js'
import type { Host } from '../../host/host.js'
import { decreesOf } from '../decrees.js'
import type { Warning } from '../envelope.js'
import { shownItem } from '../scopes.js'
import { waitingText } from './waiters.js'

const NOTE = 'deadlock/'
/** Leases end by the second: what was found stands for so long unless something is said. */
const FOUND_MS = 1_000

interface Found {
  readonly cursor: number
  readonly at: Millis
  readonly deadlocks: readonly Deadlock[]
}

const lastFound = new WeakMap<Host, Found>()

/** The deadlocks that this host sees now; looked for again only when a record came or a second has passed. */
export const deadlocksNow = (host: Host): readonly Deadlock[] => {
  const { view } = host.replica
  const now = host.meshNow()
  const { cursor } = view.arrivals
  const last = lastFound.get(host)
  if (last !== undefined && last.cursor === cursor && Math.abs(now - last.at) < FOUND_MS) return last.deadlocks
  const deadlocks = deadlocksIn(view, now)
  lastFound.set(host, { cursor, at: now, deadlocks })
  return deadlocks
}

export const deadlockSchema = z.object({
  victim: z.string().describe('the session that began to wait last, the same on every host: it should give way'),
  mine: z.boolean().describe('the asking session stands in the circle'),
  members: z.array(z.object({ session: z.string(), wait: z.string(), for: z.string(), of: z.string(), scope: z.array(z.string()) })).describe('each waits for a claim of the next, the last for one of the first'),
  release: z.array(z.string()).describe("the victim's claims that the others wait for"),
  text: z.string()
})

export type DeadlockRow = z.infer<typeof deadlockSchema>

/** The victim's own host releases for it; else it is only told. */
export const isAuto = (host: Host): boolean => deadlockRule(decreesOf(host).policies, host.meshNow()).rule === 'auto'

const isActor = (left: Actor, right: Actor): boolean => left.host === right.host && left.session === right.session

/** What stands in the way of whom, who should give way, and by which command: to the victim itself, or to anybody else. */
export const deadlockRow = (host: Host, session: string, { circle, victim, releases }: Deadlock): DeadlockRow => {
  const { view, hostId } = host.replica
  const names = view.names()
  const members = circle.map((member, place) => {
    const next = circle[(place + 1) % circle.length] ?? member
    const claim = view.claims.claim(member.claim)
    return { session: waitingText(view, member), wait: names.record(member.wait), for: names.record(member.claim), of: waitingText(view, next), scope: (claim?.scope ?? []).map(shownItem) }
  })
  const isVictim = victim.host === hostId && victim.session === session
  const release = releases.map(id => names.record(id))
  const said = members.map(member => `${member.session} waits for ${member.scope.slice(0, 2).join(', ')} (${member.for}) of ${member.of}`)
  const circleText = said.length < 2 ? said.join('') : `${said.slice(0, -1).join(', ')}, and ${said.at(-1) ?? ''}`
  const [own] = members
  const advice = isAuto(host)
    ? `By the mesh's policy ${isVictim ? 'your host' : `the host of ${waitingText(view, victim)}, which began to wait last,`} releases ${release.join(' ')}.`
    : isVictim
      ? `You began to wait last, so it is you who should give way: skein release ${release.join(' ')}, and then skein wait ${own?.wait ?? ''} goes on waiting.`
      : `${waitingText(view, victim)} began to wait last and is asked to give way by: skein release ${release.join(' ')}. Yours may stay; to ask it: skein ask ${waitingText(view, victim)} "…".`
  return { victim: waitingText(view, victim), mine: circle.some(member => isActor(member, { host: hostId, session: session as Actor['session'] })), members, release, text: `Deadlock: ${circleText}: none of them can go on. ${advice}` }
}

export const deadlockOf = (host: Host, session: string): Deadlock | null =>
  deadlocksNow(host).find(({ circle }) => circle.some(member => member.host === host.replica.hostId && member.session === session)) ?? null

export const deadlockWarning = (row: DeadlockRow): Warning => ({ code: 'DEADLOCK', text: row.text, details: { victim: row.victim, members: row.members, release: row.release } })

/** Notes that the session knows of this deadlock; false where it knew already. */
export const tellDeadlock = (host: Host, session: string, { key }: Deadlock): boolean => {
  if (host.replica.notes.get(NOTE + session) === key) return false
  host.runtime.note(NOTE + session, key)
  return true
}

/** The deadlock that the session stands in, once; forgotten when it is over. */
export const deadlockNotices = (host: Host, session: string): Warning[] => {
  const found = deadlockOf(host, session)
  if (found !== null) return tellDeadlock(host, session, found) ? [deadlockWarning(deadlockRow(host, session, found))] : []
  if (host.replica.notes.has(NOTE + session)) host.runtime.note(NOTE + session, null)
  return []
}
