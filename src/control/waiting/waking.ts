import type { Millis } from '../../core/brand.js'
import { kindShown } from '../../core/coordination/records/entry.js'
import { LIMITS } from '../../core/limits.js'
import type { Host } from '../../host/host.js'
import type { CallerLine } from '../caller-line.js'

/** Kinds that can let a wait end, or close a circle of them. */
const MOVING: ReadonlySet<string> = new Set(['claim', 'release', 'renew', 'withdraw', 'offer', 'take', 'wait', 'handoff'])

/** What else may wake who stands by: rung, it ends the waiting that is under way; between two of them it is silent. */
export interface Bell {
  ring: () => void
}

const silent = (): void => undefined

/**
 * Resolves when a record came after the cursor that `matters`, when the time has come, or when the line ends; at the latest after a minute,
 * for clocks that were set. @param inMs until a lease ends, say
 */
export const woken = async (host: Host, line: CallerLine, cursor: number, inMs: Millis, matters: (host: Host, cursor: number) => boolean = somethingMoved, bell?: Bell): Promise<void> => {
  if (line.ended.aborted || matters(host, cursor)) return
  let looked = host.replica.view.arrivals.cursor
  const isNews = (): boolean => {
    const from = looked
    looked = host.replica.view.arrivals.cursor
    return matters(host, from)
  }
  await new Promise<void>(resolve => {
    const end = (): void => {
      if (bell !== undefined) bell.ring = silent
      stopListening()
      cancel()
      line.ended.removeEventListener('abort', end)
      resolve()
    }
    const stopListening = host.runtime.on(event => {
      if (event.type === 'caughtUp' || event.type === 'rosterChanged' || (event.type === 'viewChanged' && isNews())) end()
    })
    const cancel = host.adapters.clock.after(Math.max(1, Math.min(inMs, LIMITS.waitLookMs)), end)
    line.ended.addEventListener('abort', end)
    if (bell !== undefined) bell.ring = end
  })
}

const somethingMoved = (host: Host, cursor: number): boolean => {
  const { entries, lost } = host.replica.view.arrivals.since(cursor)
  return lost || entries.some(entry => MOVING.has(kindShown(entry)))
}
