import type { Millis } from '../../core/brand.js'
import { LIMITS } from '../../core/limits.js'
import { goalsOf, isFree, type Goal } from '../../core/coordination/waiting/goal.js'
import { waitStateOf, type Wait } from '../../core/coordination/waiting/wait.js'
import type { Deadlock } from '../../core/coordination/waiting/waitgraph.js'
import type { Host } from '../../host/host.js'
import type { CallerLine, LineEnd } from '../caller-line.js'
import { lineEnd } from '../caller-line.js'
import type { Warning } from '../envelope.js'
import { deadlockOf, isAuto } from './deadlocks.js'
import { gaveWay } from './giving-way.js'
import { woken } from './waking.js'

/** How a wait came to its end, or what its session has to hear. */
export type WaitEnd =
  | { readonly type: 'free'; readonly goals: readonly Goal[] }
  | { readonly type: 'over' }
  | { readonly type: 'withdrawn' }
  | { readonly type: 'victim'; readonly deadlock: Deadlock }
  | { readonly type: LineEnd }

interface Beside {
  /** The session stands in a deadlock and is not the one that gives way. Called each time that another arises. */
  entangled(deadlock: Deadlock): void
  /** Something that happened to the session meanwhile. */
  warned(warning: Warning): void
  /** The session is at work as long as it waits: its leases are looked after. */
  renew(): Promise<void>
}

/** When the next of these leases ends by itself, or the wait. */
const nextEnd = (wait: Wait, goals: readonly Goal[], now: Millis): Millis =>
  Math.min(wait.until, ...goals.flatMap(({ held }) => held.map(claim => claim.until + LIMITS.leaseGraceMs + 1))) - now

const isIn = ({ circle }: Deadlock, wait: Wait): boolean => circle.some(member => member.wait === wait.id)

/** Stands by until one goal is free, the wait is over, or its session is asked to give way. Wakes on the change itself. */
export const standBy = async (host: Host, line: CallerLine, wait: Wait, { entangled, warned, renew }: Beside): Promise<WaitEnd> => {
  let told: string | null = null
  for (;;) {
    const ended = lineEnd(line)
    if (ended !== null) return { type: ended }
    const { cursor } = host.replica.view.arrivals
    const now = host.meshNow()
    const state = waitStateOf(host.replica.view, wait, now)
    if (state === 'withdrawn') return { type: 'withdrawn' }
    const goals = goalsOf(host.replica.view, wait, now)
    if (goals.some(isFree)) return { type: 'free', goals: goals.filter(isFree) }
    if (state === 'over') return { type: 'over' }
    const deadlock = deadlockOf(host, wait.session)
    const isVictim = deadlock !== null && deadlock.victim.host === wait.host && deadlock.victim.session === wait.session && isIn(deadlock, wait)
    if (isVictim && !isAuto(host)) return { type: 'victim', deadlock }
    if (deadlock !== null && !isVictim && deadlock.key !== told) {
      told = deadlock.key
      entangled(deadlock)
    }
    for (const warning of gaveWay(host, wait.session)) warned(warning)
    await renew()
    await woken(host, line, cursor, nextEnd(wait, goals, host.meshNow()))
  }
}
