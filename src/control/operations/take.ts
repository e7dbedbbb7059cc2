import { z } from 'zod'
import { isKindOf } from '../../core/coordination/records/entry.js'
import { leaseFor } from '../lease.js'
import { claimsOf, oneAtATime } from '../one-at-a-time.js'
import { operation } from '../operation.js'
import { claimNamed } from '../passing/named.js'
import { reclaim, takeOffer } from '../passing/taking.js'
import { recordNamed } from '../talk/speech.js'
import { claimData, claimSchema, holderText, iso } from '../words.js'

const data = z.object({
  how: z.enum(['reclaimed', 'handed']).describe('reclaimed: the other claim stands behind; handed: its holder had offered it, and it is ended'),
  record: z.string().describe('the reclaim or the take that says so'),
  from: z.string().describe('whose it was: host/session'),
  took: z.array(z.string()).describe('the claims that were taken'),
  repository: z.string().nullable(),
  scope: z.array(z.string()),
  until: z.string(),
  claims: z.array(claimSchema).describe("this session's own claims of that scope")
})

export type TakeData = z.infer<typeof data>

/** Takes what was offered, or takes over a claim whose lease has ended; a live one only with `force`. */
export const take = operation({
  name: 'take',
  args: z.object({
    id: z.string().describe('of a claim, or of an offer'),
    reason: z.string().optional(),
    force: z.boolean().default(false).describe('also a live claim; its holder sees that'),
    for_ms: z.number().int().optional().describe('length of the lease in milliseconds')
  }),
  data,
  tells: true,
  run: async (context, { id, reason, force, for_ms }) => {
    const { host, session, caller } = context
    const lease = leaseFor(for_ms, caller.person)
    if (!lease.ok) return lease
    const about = recordNamed(context, id)
    if (!about.ok) return about
    const entry = about.value
    const taken = await oneAtATime(host, claimsOf(session), async () => {
      if (isKindOf(entry, 'offer')) return takeOffer(context, entry, { leaseMs: lease.value, reason, text: reason })
      const claim = claimNamed(context, id)
      return claim.ok ? reclaim(context, claim.value, force, { leaseMs: lease.value, reason }) : claim
    })
    if (!taken.ok) return taken
    const { how, record, took, claims, place, warnings } = taken.value
    const { view, hostId } = host.replica
    const from = { host: hostId, session, where: place?.where ?? null }
    const repo = took[0]?.repo ?? ''
    return {
      ok: true,
      data: {
        how,
        record: view.shortId(record),
        from: took[0] === undefined ? '' : holderText(host, took[0]),
        took: took.map(claim => view.shortId(claim.entry)),
        repository: repo === '' ? null : repo,
        scope: took.flatMap(({ scope }) => [...scope]),
        until: iso(Math.max(...claims.map(claim => claim.until))),
        claims: claims.map(claim => claimData(host, claim, host.meshNow(), from))
      },
      warnings,
      ...(repo === '' ? {} : { repositories: [repo] })
    }
  }
})
