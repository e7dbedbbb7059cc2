import { z } from 'zod'
import { stateOf } from '../../core/coordination/claims/claim.js'
import { authorText } from '../../core/coordination/records/entry.js'
import { LIMITS } from '../../core/limits.js'
import { notHeldAgain } from '../held-again.js'
import { leaseFor } from '../lease.js'
import { operation } from '../operation.js'
import { repositoryHere } from '../place.js'
import { seenReclaims } from '../passing/told.js'
import { renewalDraft } from '../renewal.js'
import { claimData, claimSchema, iso } from '../words.js'

const args = z.object({ for_ms: z.number().int().optional() })

const data = z.object({
  until: z.string().nullable(),
  claims: z.array(claimSchema),
  /** Those that had lapsed and are held again, behind whoever claimed in between. */
  again: z.array(z.string()),
  /** Who had taken claims of this session over, and was shown to it before: these are led again by nobody but their turn. */
  back: z.array(z.string())
})

export type RenewData = z.infer<typeof data>

/** Moves the lease of every claim of this session, lapsed ones included, which take a new turn. */
export const renew = operation({
  name: 'renew',
  args,
  data,
  tells: true,
  renewsLeases: false,
  run: async (context, { for_ms }) => {
    const { host, session, caller, cwd, meshNow } = context
    const { view, hostId } = host.replica
    const lease = leaseFor(for_ms, caller.person)
    if (!lease.ok) return lease
    const all = view.claims.ofSession(hostId, session, meshNow)
    const refused = all.flatMap(claim => {
      const why = notHeldAgain(context, claim, meshNow)
      return why === null ? [] : [{ claim, why }]
    })
    const own = all.filter(claim => !refused.some(each => each.claim === claim))
    const [first] = refused
    if (own.length === 0 && first !== undefined) return { ok: false, failure: { ...first.why, next: ['skein claims'] } }
    if (own.length === 0) return { ok: true, data: { until: null, claims: [], again: [], back: [] } }
    const until = meshNow + lease.value
    const parts = Math.ceil(own.length / LIMITS.idsPerRecord)
    const drafts = Array.from({ length: parts }, (_, part) => renewalDraft(all, own.slice(part * LIMITS.idsPerRecord, (part + 1) * LIMITS.idsPerRecord), until, meshNow))
    const seen = seenReclaims(context, own)
    const back = seen.length === 0 ? {} : { back: seen.slice(0, LIMITS.idsPerRecord).map(({ id }) => id) }
    const written = await host.write(session, drafts.map(({ kind, fields: { except, ...fields } }, part) => ({ kind, fields: { ...fields, ...(parts > 1 || except === undefined ? {} : { except }), ...(part === 0 ? back : {}) } })))
    if (!written.ok) return written
    const here = await repositoryHere(host, cwd)
    const from = { host: hostId, session, where: here.ok ? here.value.where : null }
    const now = host.meshNow()
    return {
      ok: true,
      data: {
        until: iso(until),
        claims: view.claims.ofSession(hostId, session, now).map(claim => claimData(host, claim, now, from)),
        again: own.filter(claim => stateOf(claim, meshNow) === 'stale').map(({ entry }) => view.shortId(entry)),
        back: [...new Set(seen.map(entry => authorText(entry, view.names())))]
      },
      warnings: refused.map(({ why: { code, message, details = {} } }) => ({ code, text: message, details })),
      repositories: [...new Set(own.map(({ repo }) => repo))]
    }
  }
})
