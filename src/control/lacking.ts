import { z } from 'zod'
import type { HostKey } from '../core/brand.js'
import { keyOf } from '../core/replication/author.js'
import type { Host } from '../host/host.js'

/** Frames behind the newest snapshots that this host does not hold, and in how many logs; nothing that counts depends on them. */
export const lackingSchema = z.object({ frames: z.number().int(), logs: z.number().int() })

/** @param key of whose logs; null: of everybody's */
export const lackingOf = (host: Host, key: HostKey | null): z.infer<typeof lackingSchema> => {
  const lacking = Array.from(host.replica.logs.logs())
    .filter(({ author }) => key === null || keyOf(author) === key)
    .map(({ chain }) => chain.lacking)
    .filter(count => count > 0)
  return { frames: lacking.reduce((sum, count) => sum + count, 0), logs: lacking.length }
}
