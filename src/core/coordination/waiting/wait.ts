import type { HostId, Millis, RecordId, SessionName } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import { compareEntries, isKindOf, type EntryOf } from '../records/entry.js'
import type { View } from '../view.js'

/** A session that waits until one of several things is free: items of a scope, or single claims. Holds no clock: `waitStateOf` tells what it is at a time. */
export interface Wait {
  readonly id: RecordId
  readonly entry: EntryOf<'wait'>
  readonly host: HostId
  readonly session: SessionName
  /** `''` where only names or claims are waited for. */
  readonly repo: string
  readonly items: readonly string[]
  readonly claims: readonly RecordId[]
  readonly text: string | null
  readonly since: Millis
  /** When it is over by itself, whatever became of its session. */
  readonly until: Millis
}

/** `over`: its time has passed, or its session has ended. `withdrawn`: its session ended it. `not-yet`: its own time lies ahead of mesh time (rules F2). */
export type WaitState = 'not-yet' | 'waiting' | 'over' | 'withdrawn'

/** No wait stands for more than a day, whatever its record states: one that nobody ends must not stay for ever. */
export const waitEnd = (entry: EntryOf<'wait'>): Millis => Math.min(entry.parsed.record.fields.until ?? Infinity, entry.wall + LIMITS.waitMaxMs)

export const waitOf = (entry: EntryOf<'wait'>): Wait => {
  const { fields, session } = entry.parsed.record
  return {
    id: entry.id,
    entry,
    host: entry.host,
    session,
    repo: fields.repo ?? '',
    items: fields.scope ?? [],
    claims: fields.re ?? [],
    text: fields.text ?? null,
    since: entry.wall,
    until: waitEnd(entry)
  }
}

/** Its session has said since that it is over: nobody is left who waits. */
const isForsaken = (view: View, entry: EntryOf<'wait'>): boolean => {
  const end = view.deliveries.successions.endOf({ host: entry.host, session: entry.parsed.record.session })
  return end !== null && end.wall >= entry.wall
}

export const waitStateOf = (view: View, wait: Wait, now: Millis): WaitState => {
  if (view.deliveries.withdrawn(wait.entry)) return 'withdrawn'
  if (isForsaken(view, wait.entry)) return 'over'
  if (wait.since > now) return 'not-yet'
  return now < wait.until ? 'waiting' : 'over'
}

/** Every wait that stands now, oldest first. */
export const standingWaits = (view: View, now: Millis): Wait[] => {
  const found: Wait[] = []
  for (const entry of view.ofKind('wait')) {
    if (!isKindOf(entry, 'wait') || entry.wall > now || now >= waitEnd(entry)) continue
    if (!view.deliveries.withdrawn(entry) && !isForsaken(view, entry)) found.push(waitOf(entry))
  }
  return found.sort((left, right) => compareEntries(left.entry, right.entry))
}
