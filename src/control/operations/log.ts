import { z } from 'zod'
import type { RecordId } from '../../core/brand.js'
import { compareEntries, type Entry } from '../../core/coordination/records/entry.js'
import { KIND_NAMES } from '../../core/coordination/records/kinds.js'
import { accepts, type TimelineFilter } from '../../core/coordination/timeline/filter.js'
import { LIMITS } from '../../core/limits.js'
import { failure, success, type Result } from '../../core/result.js'
import type { Host } from '../../host/host.js'
import { nearest } from '../nearest.js'
import { operation, type OperationContext } from '../operation.js'
import { recordData, recordSchema } from '../record-data.js'
import { scopeHere } from '../scopes.js'

const args = z.object({
  kinds: z.array(z.string()).optional(),
  scope: z.array(z.string()).optional(),
  grep: z.string().optional().describe('contained in the record, whatever the case'),
  since: z.number().optional().describe('wall clock in ms'),
  until: z.number().optional().describe('wall clock in ms'),
  limit: z.number().int().positive().optional().describe('only the newest so many'),
  behind: z.string().max(64).optional().describe('a whole record id: only what stands behind it, for reading in pages'),
  page: z.number().int().positive().optional().describe('only the oldest so many'),
  all: z.boolean().optional().describe('also what hosts write about themselves: renewals, receipts, profiles'),
  after: z.string().max(64).optional().describe('the cursor of the answer before: what came since, in the order it came'),
  wait_ms: z.number().int().nonnegative().max(LIMITS.followMs).optional().describe('wait so long for something to come')
})

type LogArgs = z.infer<typeof args>

const data = z.object({
  records: z.array(recordSchema),
  total: z.number().int().describe('how many there are, those left out included'),
  cursor: z.string().describe('for `after`; means something to this daemon only'),
  lost: z.boolean().describe('the cursor is of another daemon or too old: ask again without one')
})

export type LogData = z.infer<typeof data>

const checkKinds = (kinds: readonly string[]): Result<true> => {
  const wrong = kinds.find(kind => !KIND_NAMES.includes(kind) && kind !== 'invalid' && !/^unknown:[a-z][a-z0-9-]{0,31}$/.test(kind))
  if (wrong === undefined) return success(true)
  const meant = nearest(wrong, KIND_NAMES)
  const ask = meant === null ? '' : `; did you mean ${meant}?`
  return failure('KIND_UNKNOWN', `there is no kind ${JSON.stringify(wrong.slice(0, LIMITS.nameChars))}${ask}`, { field: 'kind', details: { kind: wrong.slice(0, LIMITS.nameChars), kinds: KIND_NAMES, meant }, next: meant === null ? ['skein log --help'] : [`skein log --kind ${meant}`] })
}

const filterOf = async (context: OperationContext, { kinds, scope, grep, since, until, all = false }: LogArgs): Promise<Result<TimelineFilter>> => {
  const checked = checkKinds(kinds ?? [])
  if (!checked.ok) return checked
  const here = scope === undefined || scope.length === 0 ? null : await scopeHere(context, scope)
  if (here?.ok === false) return here
  const { replica } = context.host
  return success({
    talkOnly: !all && kinds === undefined,
    lookup: id => replica.view.record(id as RecordId),
    ...(kinds === undefined ? {} : { kinds }),
    ...(grep === undefined ? {} : { text: grep }),
    ...(since === undefined ? {} : { since: replica.meshTime(since) }),
    ...(until === undefined ? {} : { until: replica.meshTime(until) }),
    ...(here === null ? {} : { scope: { repo: here.value.repo ?? '', items: here.value.scope } })
  })
}

const lifeOf = (host: Host): string => String(host.daemonSince ?? 0)

const cursorText = (host: Host, cursor: number): string => `${lifeOf(host)}.${cursor}`

/** The number in a cursor of this daemon's life; -1 for any other. */
const cursorNumber = (host: Host, text: string): number => {
  const [life, number] = text.split('.')
  return life === lifeOf(host) && /^\d{1,15}$/.test(number ?? '') ? Number(number) : -1
}

const following = new WeakMap<Host, number>()

/** What came after the cursor and passes; waits up to `waitMs` while there is nothing. */
const arrived = async (host: Host, after: string, passes: (entry: Entry) => boolean, waitMs: number): Promise<{ readonly entries: readonly Entry[]; readonly cursor: number; readonly lost: boolean }> => {
  const { arrivals } = host.replica.view
  const until = host.now().mono + waitMs
  for (let cursor = cursorNumber(host, after); ; ) {
    const found = arrivals.since(cursor)
    const entries = found.entries.filter(entry => passes(entry) && host.replica.view.record(entry.id) === entry)
    const leftMs = until - host.now().mono
    if (found.lost || entries.length > 0 || leftMs <= 0) return { ...found, entries }
    cursor = found.cursor
    await host.runtime.waitFor(event => event.type === 'viewChanged', leftMs)
  }
}

const follow = async (host: Host, after: string, passes: (entry: Entry) => boolean, waitMs: number): Promise<Result<LogData>> => {
  const followers = following.get(host) ?? 0
  if (host.daemonSince === null && waitMs > 0) return failure('NO_DAEMON', 'only a daemon hears of something new', { next: ['skein up'] })
  if (followers >= LIMITS.followers) return failure('REQUEST_REFUSED', `${followers} others follow already`, { next: ['try again'] })
  following.set(host, followers + 1)
  try {
    const { entries, cursor, lost } = await arrived(host, after, passes, waitMs)
    const records = entries.map(entry => recordData(host, entry))
    return success({ records, total: records.length, cursor: cursorText(host, cursor), lost })
  } finally {
    following.set(host, (following.get(host) ?? 1) - 1)
  }
}

/** Every record that passes, oldest first; or, after a cursor, what came since. */
export const log = operation({
  name: 'log',
  args,
  data,
  tells: false,
  // a follower asks again and again, whether or not anybody works there
  renewsLeases: false,
  run: async (context, given) => {
    const { host } = context
    const filter = await filterOf(context, given)
    if (!filter.ok) return filter
    if (given.after !== undefined) {
      const followed = await follow(host, given.after, accepts(filter.value), given.wait_ms ?? 0)
      return followed.ok ? { ok: true, data: followed.value } : followed
    }
    const { cursor } = host.replica.view.arrivals
    const last = given.behind === undefined ? null : host.replica.view.record(given.behind as RecordId)
    const found = host.replica.view.timeline.select(filter.value).filter(entry => last === null || compareEntries(entry, last) > 0)
    const newest = given.limit === undefined ? found : found.slice(-given.limit)
    const shown = given.page === undefined ? newest : newest.slice(0, given.page)
    return { ok: true, data: { records: shown.map(entry => recordData(host, entry)), total: found.length, cursor: cursorText(host, cursor), lost: false } }
  }
})

