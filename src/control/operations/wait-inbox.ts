import { z } from 'zod'
import type { Entry } from '../../core/coordination/records/entry.js'
import { LIMITS } from '../../core/limits.js'
import { failure } from '../../core/result.js'
import { ageText } from '../age.js'
import { lineEnd } from '../caller-line.js'
import { operation, type OperationContext, type Outcome } from '../operation.js'
import { recordData } from '../record-data.js'
import { woken } from '../waiting/waking.js'
import { isForCaller, isUnread } from './inbox.js'

const args = z.object({ timeout_ms: z.number().int().positive().max(LIMITS.waitMaxMs).optional() })

const data = z.object({
  unread: z.number().int().describe('how much is addressed to this session and was not yet put before it'),
  items: z.array(z.object({ id: z.string(), kind: z.string(), from: z.string() })).describe('the oldest of it; skein inbox shows all'),
  waited_ms: z.number().int()
})

export type InboxWaitData = z.infer<typeof data>

const SHOWN = 8

const unreadOf = (context: OperationContext): Entry[] => context.host.replica.view.timeline.entries().filter(entry => isForCaller(context, entry) && isUnread(context, entry))

/** Returns when something that is addressed to the caller's session is here and unread; at once where it is already. Shows nothing, so nothing counts as read by it. */
export const waitInbox = operation({
  name: 'wait-inbox',
  args,
  data,
  tells: false,
  renewsLeases: false,
  holds: true,
  run: async (context, { timeout_ms: timeoutMs = LIMITS.waitMaxMs }): Promise<Outcome<InboxWaitData>> => {
    const { host, line } = context
    const begun = host.now().mono
    for (;;) {
      const { cursor } = host.replica.view.arrivals
      const unread = unreadOf(context)
      const waitedMs = Math.round(host.now().mono - begun)
      if (unread.length > 0) {
        const items = unread.slice(0, SHOWN).map(entry => {
          const { id, kind, host: from, session } = recordData(host, entry)
          return { id, kind, from: `${from}/${session ?? '?'}` }
        })
        return { ok: true, data: { unread: unread.length, items, waited_ms: waitedMs }, next: ['skein inbox'] }
      }
      if (line === null) return failure('NO_DAEMON', 'nothing arrives without a daemon', { next: ['skein up'] })
      const ended = lineEnd(line)
      if (ended === 'stopping') return failure('NO_DAEMON', 'the daemon ends', { next: ['skein up'] })
      if (ended === 'gone') return failure('LINK_CLOSED', 'nobody waits for this any more')
      if (waitedMs >= timeoutMs) return failure('TIMEOUT', `nothing came within ${ageText(waitedMs)}`, { details: { waited_ms: waitedMs } })
      await woken(host, line, cursor, timeoutMs - waitedMs, (_, from) => {
        const { entries, lost } = host.replica.view.arrivals.since(from)
        return lost || entries.some(entry => isForCaller(context, entry))
      })
    }
  }
})
