import { z } from 'zod'
import type { RecordId } from '../../core/brand.js'
import { conversationMarkdown } from '../../core/coordination/timeline/conversation.js'
import { accepts, type TimelineFilter } from '../../core/coordination/timeline/filter.js'
import { compareEntries, type Entry } from '../../core/coordination/records/entry.js'
import { LIMITS } from '../../core/limits.js'
import { success, type Result } from '../../core/result.js'
import type { Host } from '../../host/host.js'
import { findPeer } from '../addressees.js'
import type { Warning } from '../envelope.js'
import { Told } from '../history.js'
import { operation } from '../operation.js'
import { recordData, recordSchema, referencesOf } from '../record-data.js'
import { unheardOf, unheardSchema } from '../unheard.js'

const data = z.object({
  title: z.string(),
  records: z.array(recordSchema).describe('oldest first; empty where markdown was asked for'),
  markdown: z.string().nullable().describe('the same bytes on every host that holds the same records'),
  more: z.boolean().describe('more was said before what is listed'),
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

/**
 * The newest that pass, oldest first. An answer is met before what it answers: one whose target is in no view waits until that is met.
 */
const newest = async (told: Told, filter: TimelineFilter, lookup: (id: string) => Entry | null, limit: number): Promise<{ readonly shown: Entry[]; readonly more: boolean }> => {
  const shown: Entry[] = []
  const waiting = new Map<string, Entry[]>()
  let met: Entry | null = null
  const passes = accepts({ ...filter, lookup: id => (met?.id === id ? met : lookup(id)) })
  const parties = filter.between?.map(({ host }) => host) ?? []
  for await (const entry of told.entries()) {
    met = entry
    for (const answer of waiting.get(entry.id) ?? []) if (passes(answer)) shown.push(answer)
    waiting.delete(entry.id)
    if (passes(entry)) {
      if (shown.length >= limit) return { shown: shown.sort(compareEntries).slice(-limit), more: true }
      shown.push(entry)
    } else if (parties.includes(entry.host)) {
      for (const id of referencesOf(entry)) if (lookup(id) === null) waiting.set(id, [...(waiting.get(id) ?? []), entry])
    }
  }
  return { shown: shown.sort(compareEntries).slice(-limit), more: false }
}

/** A file does not show that it begins in the middle. */
const cutWarning = (count: number): Warning => ({ code: 'CONVERSATION_CUT', text: `more was said before: these are the newest ${count}`, details: { records: count } })

/** What was said in both directions, across sessions, from this host's own store: it needs no peer. */
export const conversation = operation({
  name: 'conversation',
  args: z.object({
    peer: z.string().optional().describe('a host, or a session of it; everybody when left out'),
    since: z.number().optional().describe('wall clock in ms'),
    markdown: z.boolean().optional(),
    limit: z.number().int().positive().max(LIMITS.conversationRecords).optional().describe('only the newest so many')
  }),
  data,
  tells: false,
  run: async ({ host }, { peer, since, markdown = false, limit = LIMITS.conversationRecords }) => {
    const { view } = host.replica
    const subject = subjectOf(host, peer)
    if (!subject.ok) return subject
    const { title, between } = subject.value
    const from = since === undefined ? undefined : host.replica.meshTime(since)
    const told = new Told(host, 'newest first', { since: from })
    const { shown, more } = await newest(told, { ...between, talkOnly: true }, id => view.record(id as RecordId), limit)
    return {
      ok: true,
      data: {
        title,
        records: markdown ? [] : shown.map(entry => recordData(host, entry)),
        markdown: markdown ? conversationMarkdown(shown, view.names(), title) : null,
        more,
        unheard: unheardOf(host)
      },
      warnings: [...(more && markdown ? [cutWarning(shown.length)] : []), ...(await told.warnings())]
    }
  }
})
