import { z } from 'zod'
import type { Millis, RecordId } from '../core/brand.js'
import { stateOf, type Claim } from '../core/coordination/claims/claim.js'
import { isKindOf, type EntryOf } from '../core/coordination/records/entry.js'
import { overlap } from '../core/coordination/scope/overlap.js'
import { scopeOf } from '../core/coordination/scope/cache.js'
import type { View } from '../core/coordination/view.js'
import { visible } from '../core/coordination/records/visible.js'
import { LIMITS } from '../core/limits.js'
import { hasPast } from '../host/telling.js'
import type { Warning } from './envelope.js'
import { historyOf, Told } from './history.js'
import type { OperationContext } from './operation.js'
import { holderText, iso } from './words.js'

/** Who had a path last: claims are all that is known of it, each part of one that grew with what was written (rules E3) being a claim of its own. */
export const touchSchema = z.object({
  claim: z.string(),
  holder: z.string(),
  host: z.string(),
  session: z.string(),
  mine: z.boolean(),
  /** What was claimed; `exact`: this very path. */
  item: z.string(),
  exact: z.boolean(),
  reason: z.string().nullable(),
  since: z.string(),
  /** When it was released; null where it lapsed, still stands, or is told from history. */
  ended: z.string().nullable(),
  state: z.enum(['not-yet', 'live', 'stale', 'released'])
})

export type Touch = z.infer<typeof touchSchema>

const touchOf = ({ host, session }: OperationContext, entry: EntryOf<'claim'>, item: string, path: string, { state, ended }: { readonly state: Touch['state']; readonly ended: Millis | null }): Touch => {
  const { fields, session: by } = entry.parsed.record
  return {
    claim: host.replica.view.shortId(entry),
    holder: holderText(host, { hostKey: entry.hostKey, session: by }),
    host: host.nameOf(entry.hostKey),
    session: by,
    mine: entry.host === host.replica.hostId && by === session,
    item,
    exact: item === path,
    reason: fields.reason ?? null,
    since: iso(entry.wall),
    ended: ended === null ? null : iso(ended),
    state
  }
}

/** From the records that still stand, beside the claims in `except`. */
export const touchIn = (context: OperationContext, { view, now }: { readonly view: View; readonly now: Millis }, repo: string, path: string, except: ReadonlySet<RecordId>): Touch | null => {
  const last = view.claims.lastOver(repo, path, now, except)
  if (last === null) return null
  const claim: Claim = last.claim
  return touchOf(context, claim.entry, last.other, path, { state: claim.scope.includes(last.other) ? stateOf(claim, now) : 'released', ended: view.claims.endedAt(claim) })
}

const itemOver = ({ repositories }: View, entry: EntryOf<'claim'>, repo: string, path: string): string | null => {
  if (!repositories.same(entry.parsed.record.fields.repo ?? '', repo)) return null
  const asked = scopeOf(path)
  const found = entry.parsed.record.fields.scope.find(text => {
    const scope = scopeOf(text)
    return asked.ok && scope.ok && overlap(scope.value, asked.value) !== null
  })
  return found ?? null
}

/**
 * Looks for later ones among what has left the documents, on this host's disk, for `LIMITS.touchMs`; what is found takes the place of `last`. The
 * answer names those of which it was not looked far enough back to say that nobody had them.
 */
export const touchesBefore = async (context: OperationContext, repo: string, paths: readonly { readonly path: string; readonly scope: string; last: Touch | null }[]): Promise<Warning[]> => {
  const { host } = context
  if (paths.length === 0 || !hasPast(historyOf(host))) return []
  const until = host.now().mono + LIMITS.touchMs
  const open = new Set(paths)
  let told = 0
  for await (const entry of new Told(host, 'newest first', {}).entries()) {
    if (open.size === 0) return []
    if (host.replica.view.record(entry.id) !== null) continue
    told += 1
    if (told > LIMITS.historyReadFrames && host.now().mono > until) return cut([...open].filter(({ last }) => last === null), entry.wall)
    for (const path of open) {
      if (path.last !== null && Date.parse(path.last.since) >= entry.wall) open.delete(path)
      const item = isKindOf(entry, 'claim') && open.has(path) ? itemOver(host.replica.view, entry, repo, path.scope) : null
      if (item === null || !isKindOf(entry, 'claim')) continue
      open.delete(path)
      path.last = touchOf(context, entry, item, path.scope, { state: 'released', ended: null })
    }
  }
  return []
}

const cut = (paths: readonly { readonly path: string }[], at: Millis): Warning[] =>
  paths.length === 0 ? [] : [{ code: 'HISTORY_CUT', text: `who had ${paths.length === 1 ? visible(paths[0]?.path ?? '') : `${paths.length} of these`} before ${iso(at)} was not looked for`, details: { until: iso(at), paths: paths.map(({ path }) => path) } }]
