import { z } from 'zod'
import { droppedIn } from '../core/replica/standing/dropped.js'
import { authorParts, keyOf } from '../core/replication/author.js'
import type { Host } from '../host/host.js'
import { iso } from './age.js'

/** Epochs and records named in one answer; what is beyond is counted. */
const LISTED = 16
const SCOPES_LISTED = 32

export const withheldSchema = z.object({
  host: z.string(),
  id: z.string(),
  epoch: z.number().int(),
  why: z.enum(['forked', 'left', 'retired', 'revoked', 'rotated']).describe('two histories of it were shown; or an act ended its key, and the log that stays is not held here yet'),
  scope: z.array(z.string()).nullable().describe('what its claims cover, as far as they are known here; null: nothing of it is held')
})

export type WithheldRow = z.infer<typeof withheldSchema>

/** Whose claims are in no view, and may stand all the same (rules E5): in these repositories, or in all. */
export const withheldRows = (host: Host, repositories?: readonly string[]): WithheldRow[] => {
  const rows: WithheldRow[] = []
  for (const { author, key, hostId, why, claims } of host.replica.withheld(host.meshNow())) {
    const about = claims?.filter(({ repo }) => repositories === undefined || repo === '' || repositories.includes(repo)) ?? null
    if (about?.length === 0) continue
    const scope = about === null ? null : [...new Set(about.flatMap(claim => [...claim.scope]))].slice(0, SCOPES_LISTED)
    rows.push({ host: host.nameOf(key), id: `h-${hostId.slice(0, 8)}`, epoch: authorParts(author).epoch.counter, why, scope })
  }
  return rows.slice(0, LISTED)
}

export const droppedSchema = z.object({
  host: z.string(),
  epoch: z.number().int(),
  from: z.number().int(),
  to: z.number().int().describe('first and last frame that fell off'),
  count: z.number().int().describe('records that counted here and count no more'),
  at: z.string().describe('when this host learnt of the act'),
  records: z.array(z.object({ record: z.string(), kind: z.string(), prose: z.string() })).describe('the first of them, what others wrote quoted')
})

export type DroppedRow = z.infer<typeof droppedSchema>

/** What fell off a log because an act named an earlier head of it. */
export const droppedRows = (host: Host): DroppedRow[] =>
  droppedIn(host.replica.notes).slice(0, LISTED).map(({ author, from, to, count, at, records }) => ({
    host: host.nameOf(keyOf(author)),
    epoch: authorParts(author).epoch.counter,
    from,
    to,
    count,
    at: iso(at),
    records: records.map(({ id, kind, prose }) => ({ record: id, kind, prose }))
  }))
