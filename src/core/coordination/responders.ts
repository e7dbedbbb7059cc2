import type { Millis } from '../brand.js'
import { actorKey, type Actor } from './claims/actor.js'
import { compareEntries, isKindOf, type EntryOf } from './records/entry.js'
import type { View } from './view.js'

/** The newest word of each session on whether it can answer; none where its time is over, or it has ended. */
export const responders = (view: View, now: Millis): EntryOf<'responder'>[] => {
  const newest = new Map<string, EntryOf<'responder'>>()
  for (const entry of view.ofKind('responder')) {
    if (!isKindOf(entry, 'responder')) continue
    const key = actorKey({ host: entry.host, session: entry.parsed.record.session })
    const before = newest.get(key)
    if (before === undefined || compareEntries(before, entry) < 0) newest.set(key, entry)
  }
  return [...newest.values()].filter(({ host, parsed: { record } }) => {
    const { until } = record.fields
    return (until === undefined || until > now) && view.deliveries.successions.endOf({ host, session: record.session }) === null
  })
}

/** What a session last said of whether it can answer, or null. */
export const responderOf = (view: View, { host, session }: Actor, now: Millis): EntryOf<'responder'> | null =>
  responders(view, now).find(entry => entry.host === host && entry.session === session) ?? null
