import type { Millis } from '../brand.js'
import type { Actor } from './claims/actor.js'
import { compareEntries, isKindOf, type EntryOf } from './records/entry.js'
import type { View } from './view.js'

/** What a session last said of whether it can answer; null where it said nothing, or said until when and that is over. */
export const responderOf = (view: View, { host, session }: Actor, now: Millis): EntryOf<'responder'> | null => {
  let newest: EntryOf<'responder'> | null = null
  for (const entry of view.ofKind('responder')) {
    if (!isKindOf(entry, 'responder') || entry.host !== host || entry.session !== session) continue
    if (newest === null || compareEntries(newest, entry) < 0) newest = entry
  }
  const until = newest?.parsed.record.fields.until
  return until !== undefined && now > until ? null : newest
}
