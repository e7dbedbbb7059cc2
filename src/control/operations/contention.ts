import { z } from 'zod'
import { Contention, flagsOf, waitRateOf, type ItemStrain, type Strain } from '../../core/coordination/waiting/contention.js'
import { LIMITS } from '../../core/limits.js'
import { Told } from '../history.js'
import { operation } from '../operation.js'
import { shownItem } from '../scopes.js'
import { iso } from '../words.js'

const strainSchema = z.object({
  tries: z.number().int().describe('scope items that were claimed'),
  overlaps: z.number().int().describe("of those, claimed over another session's live claim"),
  waits: z.number().int(),
  wait_rate: z.number().nullable().describe('waits to tries; null where nothing was tried'),
  mutex_waits: z.number().int(),
  waited_ms: z.number().int(),
  longest_ms: z.number().int(),
  most_a_day: z.number().int().describe('waits of the worst day, UTC'),
  agents: z.number().int().describe('most sessions at one moment that held it or waited for it; 0: none ever met another'),
  flags: z.array(z.enum(['rate', 'daily', 'longest', 'agents'])).describe('over 5 %, over 20 a day, over 10 min, over 3 at once: worth a review')
})

const data = z.object({
  since: z.string(),
  total: strainSchema,
  scopes: z.array(strainSchema.extend({ repository: z.string(), scope: z.string() })).describe('where somebody waited or met another, the most waits first'),
  left_off: z.number().int()
})

export type ContentionData = z.infer<typeof data>
export type StrainRow = z.infer<typeof strainSchema>

const DAY_MS = 24 * 60 * 60_000
const SHOWN = 50

const rowOf = (strain: Strain, leastTries: number): StrainRow => ({
  tries: strain.tries,
  overlaps: strain.overlaps,
  waits: strain.waits,
  wait_rate: waitRateOf(strain),
  mutex_waits: strain.mutexWaits,
  waited_ms: Math.round(strain.waitedMs),
  longest_ms: Math.round(strain.longestMs),
  most_a_day: strain.mostADay,
  agents: strain.agents,
  flags: flagsOf(strain, leastTries)
})

const worstFirst = (left: ItemStrain, right: ItemStrain): number =>
  right.waits - left.waits || right.overlaps - left.overlaps || right.tries - left.tries || (`${left.repo}\n${left.item}` < `${right.repo}\n${right.item}` ? -1 : 1)

/** How much the sessions of all hosts stood in each other's way: from records, also those that have left the documents. */
export const contention = operation({
  name: 'contention',
  args: z.object({ since: z.number().optional().describe('wall clock in ms; a day ago when left out') }),
  data,
  tells: false,
  run: async ({ host, meshNow }, { since: given }) => {
    const since = given === undefined ? meshNow - DAY_MS : Math.min(Math.max(0, host.replica.meshTime(given)), meshNow)
    const told = new Told(host, 'oldest first', { since: since - LIMITS.leaseAgentMaxMs, until: meshNow })
    const found = new Contention({ crypto: host.adapters.crypto, mesh: host.replica.mesh, repositories: host.replica.view.repositories, since })
    for await (const entry of told.entries()) found.take(entry)
    found.close(meshNow)
    const strained = [...found.byItem.values()].filter(({ waits, overlaps }) => waits + overlaps > 0).sort(worstFirst)
    const scopes = strained.slice(0, SHOWN).map(strain => ({ ...rowOf(strain, LIMITS.contentionTries), repository: strain.repo, scope: shownItem(strain.item) }))
    return { ok: true, data: { since: iso(since), total: rowOf(found.total, 1), scopes, left_off: strained.length - scopes.length }, warnings: await told.warnings() }
  }
})
