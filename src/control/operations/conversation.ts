import { z } from 'zod'
import type { RecordId } from '../../core/brand.js'
import { conversationMarkdown } from '../../core/coordination/timeline/conversation.js'
import type { TimelineFilter } from '../../core/coordination/timeline/filter.js'
import { success, type Result } from '../../core/result.js'
import type { Host } from '../../host/host.js'
import { findPeer } from '../addressees.js'
import { operation } from '../operation.js'
import { recordData, recordSchema } from '../record-data.js'
import { unheardOf, unheardSchema } from '../unheard.js'

const data = z.object({
  title: z.string(),
  records: z.array(recordSchema).describe('oldest first; empty where markdown was asked for'),
  markdown: z.string().nullable().describe('the same bytes on every host that holds the same records'),
  total: z.number().int(),
  unheard: unheardSchema
})

export type ConversationData = z.infer<typeof data>

interface Subject {
  readonly title: string
  readonly between: Pick<TimelineFilter, 'between'>
}

/** Titles do not say from whose side it is told, so that both sides write the same. */
const subjectOf = (host: Host, peer: string | undefined): Result<Subject> => {
  if (peer === undefined) return success({ title: `Conversation in mesh ${host.settings.meshName}`, between: {} })
  const found = findPeer(host, peer, 'skein conversation')
  if (!found.ok) return found
  const { host: id, session } = found.value
  const names = host.replica.view.names()
  const theirs = `${names.host(id)}${session === null ? '' : `/${session}`}`
  const title = `Conversation of ${[names.host(host.replica.hostId), theirs].sort().join(' and ')}`
  return success({ title, between: { between: [{ host: host.replica.hostId }, session === null ? { host: id } : { host: id, session }] } })
}

/** What was said in both directions, across sessions, from this host's own store: it needs no peer. */
export const conversation = operation({
  name: 'conversation',
  args: z.object({
    peer: z.string().optional().describe('a host, or a session of it; everybody when left out'),
    since: z.number().optional().describe('wall clock in ms'),
    markdown: z.boolean().optional(),
    limit: z.number().int().positive().optional().describe('only the newest so many')
  }),
  data,
  tells: false,
  run: async ({ host }, { peer, since, markdown = false, limit }) => {
    const { view } = host.replica
    const subject = subjectOf(host, peer)
    if (!subject.ok) return subject
    const { title, between } = subject.value
    const found = view.timeline.select({
      ...between,
      talkOnly: true,
      lookup: id => view.record(id as RecordId),
      ...(since === undefined ? {} : { since: host.replica.meshTime(since) })
    })
    const shown = limit === undefined ? found : found.slice(-limit)
    return {
      ok: true,
      data: {
        title,
        records: markdown ? [] : shown.map(entry => recordData(host, entry)),
        markdown: markdown ? conversationMarkdown(shown, view.names(), title) : null,
        total: found.length,
        unheard: unheardOf(host)
      }
    }
  }
})
