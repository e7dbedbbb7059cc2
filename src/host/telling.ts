import type { HostKey, Millis } from '../core/brand.js'
import type { Entry } from '../core/coordination/records/entry.js'
import { View } from '../core/coordination/view.js'
import { LIMITS } from '../core/limits.js'
import { keyOf } from '../core/replication/author.js'
import type { AuthorLog } from '../core/replication/log.js'
import { AuthorPast, frameTime, inDirection, replayed, type Direction, type HistoryParts, type Span } from './history.js'

/** What an author wrote before this time is not on this host; null where it is not known since when. */
export interface Missing {
  readonly key: HostKey
  readonly before: Millis | null
}

/** Authors whose word counts, with their logs. */
export const countedLogs = ({ replica }: HistoryParts): AuthorLog[] =>
  replica.heads().flatMap(({ author, state }) => {
    const log = state === 'forked' ? null : replica.logs.get(author)
    return log === null || !replica.view.members().has(keyOf(author)) ? [] : [log]
  })

const pastOf = (parts: HistoryParts, log: AuthorLog): AuthorPast | null => {
  const member = parts.replica.view.members().get(keyOf(log.author))
  return member === undefined || log.snapshotStart === 0 ? null : new AuthorPast(parts, log, member)
}

/** Whether anything has left the documents: else everything is told from the view. */
export const hasPast = (parts: HistoryParts): boolean => countedLogs(parts).some(log => pastOf(parts, log) !== null)

const isWithin = ({ since, until }: Span, { wall }: Entry): boolean => (since === undefined || wall >= since) && (until === undefined || wall <= until)

/** The next of two ordered lists. */
class Merged {
  #left: Entry[] = []
  readonly #right: readonly Entry[]
  #taken = 0
  readonly #compare: (left: Entry, right: Entry) => number

  constructor(right: readonly Entry[], compare: (left: Entry, right: Entry) => number) {
    this.#right = right
    this.#compare = compare
  }

  add(entries: readonly Entry[]): void {
    if (entries.length > 0) this.#left = [...this.#left, ...entries].sort(this.#compare)
  }

  /** Those that pass, in order, up to the first that does not. */
  *take(passes: (entry: Entry) => boolean): Generator<Entry> {
    let done = 0
    for (;;) {
      const left = this.#left[done]
      const right = this.#right[this.#taken]
      const isLeft = left !== undefined && (right === undefined || this.#compare(left, right) < 0)
      const next = isLeft ? left : right
      if (next === undefined || !passes(next)) break
      if (isLeft) done += 1
      else this.#taken += 1
      yield next
    }
    this.#left = this.#left.slice(done)
  }
}

/**
 * Every record of those that count, in the order of telling or against it: what stands in the view, and what has left its author's document,
 * from the disk. Reads of each author only as much as is asked for, piece by piece, and keeps no more than a few pieces in memory.
 *
 * Ends when `LIMITS.historyMs` are over; `stopped` is then called with the time up to which everything was told.
 */
export async function* tell(parts: HistoryParts, direction: Direction, span: Span, { now, stopped }: { readonly now: () => Millis; readonly stopped: (at: Millis) => void }): AsyncGenerator<Entry> {
  const isBack = direction === 'newest first'
  const live = parts.replica.view.timeline.entries().filter(entry => isWithin(span, entry))
  const merged = new Merged(isBack ? live.toReversed() : live, inDirection(direction))
  const pasts: AuthorPast[] = []
  for (const log of countedLogs(parts)) {
    const past = pastOf(parts, log)
    if (past === null) continue
    await past.open(direction, span)
    pasts.push(past)
  }
  const deadline = now() + LIMITS.historyMs
  let last: Entry | null = null
  for (;;) {
    const open = pasts.filter(past => !past.isDone)
    const next = open.toSorted((left, right) => (isBack ? right.edge - left.edge : left.edge - right.edge))[0]
    const edge = next?.edge
    for (const entry of merged.take(({ wall }) => edge === undefined || (isBack ? wall > edge : wall < edge))) {
      if (entry.id === last?.id) continue
      last = entry
      yield entry
    }
    if (next === undefined) return
    if (now() > deadline) return stopped(next.edge)
    merged.add((await next.read(direction)).filter(entry => isWithin(span, entry)))
  }
}

/** Whose records of this span may be missing here: history that was never fetched, or was retired. */
export const missing = async (parts: HistoryParts, { since }: Span): Promise<Missing[]> => {
  const found = new Map<HostKey, Missing>()
  for (const log of countedLogs(parts)) {
    const past = pastOf(parts, log)
    if (past === null || log.chain.lacking === 0) continue
    const { lowest } = log.chain
    const header = await past.headerAt(lowest)
    const before = header === null ? null : frameTime(header)
    if (before !== null && since !== undefined && since > before + LIMITS.historySlackMs) continue
    const key = keyOf(log.author)
    const other = found.get(key)
    found.set(key, { key, before: other === undefined ? before : Math.max(before ?? 0, other.before ?? 0) })
  }
  return [...found.values()]
}

/**
 * The view as its authors had it at a time, from what is held: each document as its author's frames made it up to then. The roster is today's.
 */
export const viewAt = async (parts: HistoryParts, time: Millis): Promise<{ readonly view: View; readonly missing: readonly Missing[] }> => {
  const { crypto, replica } = parts
  const view = new View({ crypto, mesh: replica.mesh })
  view.setRoster(replica.view.members())
  const lacking: Missing[] = []
  for (const log of countedLogs(parts)) {
    const records = await recordsAt(parts, log, time)
    if (records === null) lacking.push({ key: keyOf(log.author), before: null })
    else view.replaceAuthor(log.author, keyOf(log.author), records)
  }
  const later = Array.from(view.records()).filter(({ wall }) => wall > time)
  for (const { author } of countedLogs(parts)) {
    const key = keyOf(author)
    view.changeAuthor(author, key, { set: [], removed: later.filter(({ hostKey }) => hostKey === key).map(({ id }) => id) })
  }
  return { view, missing: lacking }
}

/** Null where the log reaches further back than what is held of it. */
const recordsAt = async (parts: HistoryParts, log: AuthorLog, time: Millis): Promise<ReadonlyMap<Entry['id'], string> | null> => {
  const past = pastOf(parts, log)
  if (past === null) return log.records
  const header = await past.headerAt(log.snapshotStart)
  if (header === null || frameTime(header) <= time) return log.records
  const state = await past.stateAt(time)
  if (state !== null) return (await replayed(parts, log.author, state.from, state.until)).records
  return log.chain.lacking > 0 ? null : new Map()
}
