import { z } from 'zod'
import type { ActId, HostId, RecordId } from '../../core/brand.js'
import { compareEntries, type Entry, type Position } from '../../core/coordination/records/entry.js'
import { accepts } from '../../core/coordination/timeline/filter.js'
import type { Directive } from '../../core/coordination/membership/directives.js'
import { LIMITS } from '../../core/limits.js'
import { failure, success, type Result } from '../../core/result.js'
import type { Host } from '../../host/host.js'
import { decreesOf } from '../decrees.js'
import { directiveEntries, directiveRecord } from '../directives.js'
import { Told } from '../history.js'
import { operation } from '../operation.js'
import { recordData, recordSchema, type RecordData } from '../record-data.js'
import { filterArgs, filterOf } from '../record-filter.js'

const args = z.object({
  ...filterArgs,
  peer: z.string().optional().describe('a host, or a session of it: only what it wrote'),
  grep: z.string().optional().describe('contained in the record, whatever the case'),
  limit: z.number().int().positive().max(LIMITS.logRecords).optional().describe('only the newest so many'),
  behind: z.string().max(256).optional().describe('`next` of the answer before: only what stands behind it, for reading in pages'),
  page: z.number().int().positive().max(LIMITS.logPage).optional().describe('only the oldest so many; a thousand when neither is given'),
  all: z.boolean().optional().describe('also what hosts write about themselves: renewals, receipts, profiles'),
  after: z.string().max(64).optional().describe('the cursor of the answer before: what came since, in the order it came'),
  wait_ms: z.number().int().nonnegative().max(LIMITS.followMs).optional().describe('wait so long for something to come')
})

const data = z.object({
  records: z.array(recordSchema),
  next: z.string().nullable().describe('where the next page begins; null: this was the last'),
  cursor: z.string().describe('for `after`; means something to this daemon only'),
  lost: z.boolean().describe('the cursor is of another daemon or too old: ask again without one')
})

export type LogData = z.infer<typeof data>

const lifeOf = (host: Host): string => String(host.daemonSince ?? 0)

const noticedByHost = new WeakMap<Host, ActId[]>()

/** Directives in the order in which they were first noticed here: acts have no order of arrival of their own. */
const noticed = (host: Host): readonly ActId[] => {
  const known = noticedByHost.get(host) ?? []
  noticedByHost.set(host, known)
  const before = new Set(known)
  for (const { act } of decreesOf(host).directives) if (!before.has(act)) known.push(act)
  return known
}

interface Cursor {
  readonly records: number
  readonly directives: number
}

const cursorText = (host: Host, { records, directives }: Cursor): string => `${lifeOf(host)}.${records}.${directives}`

/** The numbers in a cursor of this daemon's life; -1 for any other. */
const readCursor = (host: Host, text: string): Cursor => {
  const [, life, records, directives] = /^(\d{1,16})\.(\d{1,15})\.(\d{1,15})$/.exec(text) ?? []
  return life === lifeOf(host) ? { records: Number(records), directives: Number(directives) } : { records: -1, directives: noticed(host).length }
}

const following = new WeakMap<Host, number>()

/** What came after the cursor and passes; waits up to `waitMs` while there is nothing. */
const arrived = async (host: Host, after: string, passes: (entry: Entry) => boolean, waitMs: number): Promise<{ readonly records: readonly RecordData[]; readonly cursor: Cursor; readonly lost: boolean }> => {
  const { view } = host.replica
  const until = host.now().mono + waitMs
  for (let cursor = readCursor(host, after); ; ) {
    const found = view.arrivals.since(cursor.records)
    const entries = found.entries.filter(entry => passes(entry) && view.record(entry.id) === entry)
    const fresh = new Set(noticed(host).slice(cursor.directives))
    const told = [...directiveEntries(host)].filter(([entry, { act }]) => fresh.has(act) && passes(entry))
    const leftMs = until - host.now().mono
    cursor = { records: found.cursor, directives: noticed(host).length }
    if (found.lost || entries.length + told.length > 0 || leftMs <= 0) {
      return { records: [...told.map(([, directive]) => directiveRecord(host, directive)), ...entries.map(entry => recordData(host, entry))], cursor, lost: found.lost }
    }
    await host.runtime.waitFor(event => event.type === 'viewChanged' || event.type === 'rosterChanged', leftMs)
  }
}

const follow = async (host: Host, after: string, passes: (entry: Entry) => boolean, waitMs: number): Promise<Result<LogData>> => {
  const followers = following.get(host) ?? 0
  if (host.daemonSince === null && waitMs > 0) return failure('NO_DAEMON', 'only a daemon hears of something new', { next: ['skein up'] })
  if (followers >= LIMITS.followers) return failure('REQUEST_REFUSED', `${followers} others follow already`, { next: ['try again'] })
  following.set(host, followers + 1)
  try {
    const { records, cursor, lost } = await arrived(host, after, passes, waitMs)
    return success({ records: [...records], next: null, cursor: cursorText(host, cursor), lost })
  } finally {
    following.set(host, (following.get(host) ?? 1) - 1)
  }
}

/** The place of a record in the order of telling, as `behind` takes it. */
const placeText = ({ wall, count, host, id }: Entry): string => `${wall}.${count}.${host}.${id}`

const readPlace = (text: string): Position | null => {
  const [, wall, count, host, id] = /^(\d{1,16})\.(\d{1,10})\.([0-9a-z]{32})\.([0-9a-z]{32})$/.exec(text) ?? []
  return host === undefined || id === undefined ? null : { wall: Number(wall), count: Number(count), host: host as HostId, id: id as RecordId }
}

/** Two ordered lists as one. */
async function* interleaved(entries: AsyncIterable<Entry>, others: readonly Entry[], compare: (left: Entry, right: Entry) => number): AsyncGenerator<Entry> {
  const waiting = [...others]
  for await (const entry of entries) {
    for (let other = waiting[0]; other !== undefined && compare(other, entry) < 0; other = waiting[0]) {
      waiting.shift()
      yield other
    }
    yield entry
  }
  yield* waiting
}

const rowIn =
  (host: Host, directives: ReadonlyMap<Entry, Directive>) =>
  (entry: Entry): RecordData => {
    const directive = directives.get(entry)
    return directive === undefined ? recordData(host, entry) : directiveRecord(host, directive)
  }

/** Every record that passes, and the directives of operators among them, oldest first; or, after a cursor, what came since. */
export const log = operation({
  name: 'log',
  args,
  data,
  tells: false,
  // a follower asks again and again, whether or not anybody works there
  renewsLeases: false,
  run: async (context, given) => {
    const { host } = context
    const filter = await filterOf(context, given, 'skein log')
    if (!filter.ok) return filter
    if (given.after !== undefined) {
      const followed = await follow(host, given.after, accepts(filter.value), given.wait_ms ?? 0)
      return followed.ok ? { ok: true, data: followed.value } : followed
    }
    const cursor = { records: host.replica.view.arrivals.cursor, directives: noticed(host).length }
    const behind = given.behind === undefined ? null : readPlace(given.behind)
    if (given.behind !== undefined && behind === null) return failure('FIELD_INVALID', 'behind takes what an answer before gave as next', { field: 'behind' })
    const { limit, page = LIMITS.logPage } = given
    const told = new Told(host, limit === undefined ? 'oldest first' : 'newest first', { since: behind === null ? filter.value.since : Math.max(filter.value.since ?? 0, behind.wall), until: filter.value.until })
    const passes = accepts(filter.value)
    const shown: Entry[] = []
    let more = false
    const directives = directiveEntries(host)
    const span = told.span
    const among = [...directives.keys()].filter(({ wall }) => (span.since === undefined || wall >= span.since) && (span.until === undefined || wall <= span.until))
    const direction = limit === undefined ? compareEntries : (left: Entry, right: Entry) => compareEntries(right, left)
    for await (const entry of interleaved(told.entries(), among.sort(direction), direction)) {
      if (!passes(entry) || (behind !== null && compareEntries(entry, behind) <= 0)) continue
      more = shown.length >= (limit ?? page)
      if (more) break
      shown.push(entry)
    }
    const last = shown.at(-1)
    const next = more && limit === undefined && last !== undefined ? placeText(last) : null
    if (limit !== undefined) shown.reverse()
    return { ok: true, data: { records: shown.map(rowIn(host, directives)), next, cursor: cursorText(host, cursor), lost: false }, warnings: await told.warnings() }
  }
})
