import { z } from 'zod'
import type { Millis } from '../core/brand.js'
import { isKindOf, type EntryOf } from '../core/coordination/records/entry.js'
import { scopeOf } from '../core/coordination/scope/cache.js'
import { overlap } from '../core/coordination/scope/overlap.js'
import type { View } from '../core/coordination/view.js'
import { LIMITS } from '../core/limits.js'
import type { OperationContext } from './operation.js'
import { holderText, iso } from './words.js'

/** What a session said that it is about to do, and did not withdraw. */
export const openIntentSchema = z.object({ id: z.string(), holder: z.string(), host: z.string(), session: z.string(), mine: z.boolean(), text: z.string(), since: z.string(), age_ms: z.number().int() })

export type OpenIntent = z.infer<typeof openIntentSchema>

/** Those of a repository that name a scope, newest first; after a day they are of yesterday. */
export const openIntents = (view: View, repo: string | null, now: Millis): EntryOf<'intent'>[] => {
  const found: EntryOf<'intent'>[] = []
  for (const entry of view.ofKind('intent')) {
    if (!isKindOf(entry, 'intent') || entry.wall > now || now - entry.wall > LIMITS.sessionRecentMs) continue
    const { repo: its, scope } = entry.parsed.record.fields
    if (scope !== undefined && view.repositories.same(its ?? '', repo ?? '') && !view.deliveries.withdrawn(entry)) found.push(entry)
  }
  return found.sort((left, right) => right.wall - left.wall || right.count - left.count || (left.id < right.id ? -1 : 1))
}

const isOver = (entry: EntryOf<'intent'>, item: string): boolean => {
  const asked = scopeOf(item)
  return (entry.parsed.record.fields.scope ?? []).some(text => {
    const scope = scopeOf(text)
    return asked.ok && scope.ok && overlap(scope.value, asked.value) !== null
  })
}

/** Those that overlap an item: the newest, and how many there are. */
export const intentsOver = ({ host, session, meshNow }: OperationContext, open: readonly EntryOf<'intent'>[], item: string): { readonly intents: OpenIntent[]; readonly intent_count: number } => {
  const over = open.filter(entry => isOver(entry, item))
  const intents = over.slice(0, LIMITS.intentsListed).map(entry => {
    const { session: by, fields } = entry.parsed.record
    return {
      id: host.replica.view.shortId(entry),
      holder: holderText(host, { hostKey: entry.hostKey, session: by }),
      host: host.nameOf(entry.hostKey),
      session: by,
      mine: entry.host === host.replica.hostId && by === session,
      text: fields.text,
      since: iso(entry.wall),
      age_ms: Math.max(0, Math.round(meshNow - entry.wall))
    }
  })
  return { intents, intent_count: over.length }
}
