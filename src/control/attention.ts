import { z } from 'zod'
import type { HostId, Millis } from '../core/brand.js'
import { isKindOf } from '../core/coordination/records/entry.js'
import { responders } from '../core/coordination/responders.js'
import { HOST_SESSION, type Host } from '../host/host.js'
import { iso } from './age.js'

export const attentionSchema = z.object({
  session: z.string(),
  at: z.string().describe('when it last wrote something, or had something put before it'),
  ms: z.number().int()
})

export const responderSchema = z.object({
  session: z.string(),
  state: z.enum(['online', 'offline', 'oauth_locked', 'rate_limited', 'degraded']),
  at: z.string(),
  reason: z.string().nullable()
})

/** What is known of the agents of one host, apart from its link: when one of them last looked, and which of them say that they cannot answer. */
export interface AgentsOfHost {
  readonly attention: z.infer<typeof attentionSchema> | null
  readonly responders: readonly z.infer<typeof responderSchema>[]
}

/** By host; a host of whose agents nothing is known is not in it. Receipts count: who is shown something looks. */
export const agentsByHost = (host: Host): ReadonlyMap<HostId, AgentsOfHost> => {
  const now = host.meshNow()
  const found = new Map<HostId, AgentsOfHost>()
  const of = (id: HostId): AgentsOfHost => found.get(id) ?? { attention: null, responders: [] }
  const newest = new Map<HostId, { readonly session: string; readonly wall: Millis }>()
  for (const entry of host.replica.view.records()) {
    if (entry.session === null || entry.session === HOST_SESSION || isKindOf(entry, 'handoff')) continue
    if (entry.wall > (newest.get(entry.host)?.wall ?? 0)) newest.set(entry.host, { session: entry.session, wall: entry.wall })
  }
  for (const [id, { session, wall }] of newest) found.set(id, { ...of(id), attention: { session, at: iso(wall), ms: Math.max(0, Math.round(now - wall)) } })
  for (const entry of responders(host.replica.view, now)) {
    const { fields, session } = entry.parsed.record
    const { state, reason = null } = fields
    found.set(entry.host, { ...of(entry.host), responders: [...of(entry.host).responders, { session, state, at: iso(entry.wall), reason }] })
  }
  return found
}
