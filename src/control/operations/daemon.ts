import { z } from 'zod'
import { doubtText, isNews } from '../doubt.js'
import { operation } from '../operation.js'
import { iso } from '../words.js'

const running = z.object({
  pid: z.number().int().nullable(),
  since: z.string().nullable(),
  listening: z.string().nullable(),
  /** How long it took to open the store and to read all of it, waiting for its lock not counted. */
  opened_ms: z.number(),
  /** Of that, what the processor worked for it: what a busy machine does not change. */
  opened_cpu_ms: z.number(),
  /** Links that are open now. */
  links: z.number().int(),
  /** What its owner must know of its store, in words, for a day; null: nothing. */
  doubt: z.string().nullable(),
  /** Nobody would miss this home's mesh: `join` may put another in its place. */
  untouched: z.boolean()
})

export type DaemonData = z.infer<typeof running>

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
        listening: listening === null ? null : `${listening.host}:${listening.port}`,
        opened_ms: host.opened.ms,
        opened_cpu_ms: host.opened.cpuMs,
        links: [...host.replica.links].filter(({ phase }) => phase === 'open').length,
        doubt: host.replica.doubt !== null && isNews(host) ? doubtText(host.replica.doubt) : null,
        untouched: host.isUntouched
      }
    }
  }
})
