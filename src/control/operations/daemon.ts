import { z } from 'zod'
import { operation } from '../operation.js'
import { iso } from '../words.js'

const running = z.object({ pid: z.number().int().nullable(), since: z.string().nullable(), listening: z.string().nullable() })

/** What `skein up` tells of the daemon that answers. */
export const daemon = operation({
  name: 'daemon',
  args: z.object({}),
  data: running,
  tells: false,
  run: async ({ host }) => {
    const listening = host.network?.listening ?? null
    return {
      ok: true,
      data: {
        pid: host.daemonSince === null ? null : process.pid,
        since: host.daemonSince === null ? null : iso(host.daemonSince),
        listening: listening === null ? null : `${listening.host}:${listening.port}`
      }
    }
  }
})
