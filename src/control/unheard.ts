import { z } from 'zod'
import { LIMITS } from '../core/limits.js'
import type { Host } from '../host/host.js'
import { heardAt } from './freshness.js'
import { iso } from './words.js'

export const unheardSchema = z.array(
  z.object({ host: z.string(), since: z.string().nullable().describe('when it was last heard; null: never'), silent_ms: z.number().int().nullable() })
)

/** Hosts of which there is no news: what they may have said since is missing here, which is not the same as their silence. */
export type Unheard = z.infer<typeof unheardSchema>

/** Members that were not heard within three beats, by name. */
export const unheardOf = (host: Host): Unheard => {
  const { wall } = host.now()
  const found: Unheard = []
  for (const [key, { state }] of host.replica.acts.roster().members) {
    const heard = heardAt(host, key)
    if (state !== 'member' || (heard !== null && wall - heard <= LIMITS.silentMs)) continue
    found.push({ host: host.nameOf(key), since: heard === null ? null : iso(heard), silent_ms: heard === null ? null : wall - heard })
  }
  return found.sort((left, right) => (left.host < right.host ? -1 : 1))
}
