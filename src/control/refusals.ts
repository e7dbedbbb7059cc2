import { z } from 'zod'
import type { Host } from '../host/host.js'
import { iso } from './age.js'

export const refusalRowSchema = z.object({
  code: z.string(),
  count: z.number().int(),
  /** The peer that it came from, by name; an address where the peer had not proved who it is. */
  from: z.string(),
  /** The newest one, in words. */
  text: z.string(),
  at: z.string()
})

export type RefusalRow = z.infer<typeof refusalRowSchema>

/** What was refused since start, by code and by whom it came from, as people know them. */
export const refusalRows = (host: Host): RefusalRow[] => {
  const named = new Map<string, string>(Array.from(host.replica.acts.roster().members.keys(), key => [key, host.nameOf(key)]))
  return host.replica.refusals.list().map(({ code, count, from, text, at }) => ({ code, count, from: named.get(from) ?? from, text, at: iso(at) }))
}
