import { z } from 'zod'
import { textHash, type Entry } from '../../core/coordination/records/entry.js'
import { operation } from '../operation.js'
import { recordData, recordSchema } from '../record-data.js'
import { recipientsData, recordNamed, saidSchema } from '../talk/speech.js'
import { isForCaller, isUnread } from './inbox.js'

const data = recordSchema.extend({
  raw: z.string().describe("the record's own text, byte for byte as its author wrote and signed it"),
  bytes: z.number().int(),
  hash: z.string().describe('SHA-256 of it: what an ack names'),
  reason_invalid: z.string().nullable().describe('why it says nothing, where it is invalid'),
  stamp: z.object({ wall_ms: z.number(), count: z.number(), offset_ms: z.number() }).nullable().describe('hybrid clock of its author, and how far that was ahead of mesh time'),
  version: z.number().int().nullable().describe('of the record schema that its author wrote by'),
  withdrawn: z.boolean(),
  recipients: saidSchema.shape.recipients,
  replies: z.array(recordSchema).describe('what answers it, oldest first; receipts left out'),
  unread: z.boolean().describe('addressed to the caller and not put before it until now')
})

export type ShowData = z.infer<typeof data>

const versionOf = (entry: Entry): number | null => {
  const found = /^\{"v":(\d{1,6}),/.exec(entry.text)
  return found === null ? null : Number(found[1])
}

/** One record whole: what it says, who wrote it, how far it has come, what was answered, and its bytes. */
export const show = operation({
  name: 'show',
  args: z.object({ id: z.string() }),
  data,
  tells: false,
  run: async (context, { id }) => {
    const { host } = context
    const { view } = host.replica
    const found = recordNamed(context, id)
    if (!found.ok) return found
    const entry = found.value
    const header = entry.parsed.type === 'valid' ? entry.parsed.record : entry.parsed.header
    const replies = view.deliveries.answersTo(entry.id).filter(({ parsed }) => parsed.type !== 'valid' || parsed.record.kind !== 'receipt')
    return {
      ok: true,
      data: {
        ...recordData(host, entry),
        raw: entry.text,
        bytes: Buffer.byteLength(entry.text),
        hash: textHash(host.adapters.crypto, entry),
        reason_invalid: entry.parsed.type === 'invalid' ? entry.parsed.reason : null,
        stamp: header === null ? null : { wall_ms: header.stamp[0], count: header.stamp[1], offset_ms: header.offset },
        version: versionOf(entry),
        withdrawn: view.deliveries.withdrawn(entry),
        recipients: recipientsData(context, entry),
        replies: replies.map(reply => recordData(host, reply)),
        unread: isForCaller(context, entry) && isUnread(context, entry)
      }
    }
  }
})
