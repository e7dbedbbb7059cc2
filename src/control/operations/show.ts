import { z } from 'zod'
import type { AuthorId } from '../../core/brand.js'
import { letterOf, textHash, type Entry } from '../../core/coordination/records/entry.js'
import type { Deliveries } from '../../core/coordination/delivery/deliveries.js'
import { View } from '../../core/coordination/view.js'
import type { Directive } from '../../core/coordination/membership/directives.js'
import { toHex } from '../../core/encoding/bytes.js'
import { success, type Result } from '../../core/result.js'
import { LIMITS } from '../../core/limits.js'
import { directiveAnswers, directiveHash, directiveRecord, directiveRow, directiveSchema, wordNamed } from '../directives.js'
import { Told } from '../history.js'
import { operation, type OperationContext } from '../operation.js'
import { reachOf } from '../reach.js'
import { recordData, recordSchema, referencesOf, tallyData, tallySchema } from '../record-data.js'
import { reachability, recipientsData, recordNamed, saidSchema } from '../talk/speech.js'
import { isForCaller, isUnread } from './inbox.js'

const data = recordSchema.extend({
  directive: directiveSchema.nullable().describe("an operator's: how far it has come with how many hosts; then `raw` is the act in hex, `hash` that of its text, and `stamp` the operator's"),
  raw: z.string().describe("the record's own text, byte for byte as its author wrote and signed it"),
  bytes: z.number().int(),
  hash: z.string().describe('SHA-256 of it: what an ack names'),
  reason_invalid: z.string().nullable().describe('why it says nothing, where it is invalid'),
  stamp: z.object({ wall_ms: z.number(), count: z.number(), offset_ms: z.number() }).nullable().describe('hybrid clock of its author, and how far that was ahead of mesh time'),
  version: z.number().int().nullable().describe('of the record schema that its author wrote by'),
  withdrawn: z.boolean(),
  superseded_by: z.string().nullable().describe('what its author said in its place: an ack of that one is none of this'),
  history: z.boolean().describe('it has ended and left its author\'s document: told from the log on disk'),
  recipients: saidSchema.shape.recipients,
  tally: tallySchema,
  replies: z.array(recordSchema).describe('what answers it, oldest first; receipts left out'),
  unread: z.boolean().describe('addressed to the caller and not put before it until now')
})

export type ShowData = z.infer<typeof data>

const versionOf = (entry: Entry): number | null => {
  const found = /^\{"v":(\d{1,6}),/.exec(entry.text)
  return found === null ? null : Number(found[1])
}

interface Found {
  readonly entry: Entry
  readonly deliveries: Deliveries
  readonly isHistory: boolean
}

const WRITTEN_ID = /^(?:([a-z]{1,2})-)?([0-9a-hjkmnp-tv-z]{8,32})$/

/** Looked for on disk, newest first, with what was said about it since: an id of eight characters or more, as every listing shows it. */
const inHistory = async ({ host }: OperationContext, text: string): Promise<Found | null> => {
  const [, letter, prefix] = WRITTEN_ID.exec(text.toLowerCase()) ?? []
  if (prefix === undefined) return null
  const { view, mesh } = host.replica
  const about: Entry[] = []
  for await (const entry of new Told(host, 'newest first', {}).entries()) {
    if (entry.id.startsWith(prefix) && (letter === undefined || letterOf(entry) === letter)) {
      const past = new View({ crypto: host.adapters.crypto, mesh })
      past.setRoster(view.members())
      for (const each of [...about, entry]) past.changeAuthor(`${each.hostKey}/${'0'.repeat(24)}` as AuthorId, each.hostKey, { set: [[each.id, each.text]], removed: [] })
      return { entry, deliveries: past.deliveries, isHistory: true }
    }
    if (referencesOf(entry).some(id => id.startsWith(prefix))) about.push(entry)
  }
  return null
}

const find = async (context: OperationContext, id: string): Promise<Result<Found>> => {
  const found = recordNamed(context, id)
  if (found.ok) return success({ entry: found.value, deliveries: context.host.replica.view.deliveries, isHistory: false })
  const past = found.failure.code === 'NO_SUCH_RECORD' ? await inHistory(context, id.slice(0, LIMITS.nameChars)) : null
  return past === null ? found : success(past)
}

/** An operator's act in the same shape. */
const directiveWhole = (context: OperationContext, directive: Directive): ShowData => {
  const { host } = context
  const { view, acts } = host.replica
  const bytes = acts.bytes(directive.act) ?? new Uint8Array(0)
  const replies = view.deliveries.answersTo(directive.act).filter(({ parsed }) => parsed.type !== 'valid' || parsed.record.kind !== 'receipt')
  const row = directiveRow(context, directive)
  const reached = reachability(context)
  return {
    ...directiveRecord(host, directive),
    directive: row,
    raw: toHex(bytes),
    bytes: bytes.length,
    hash: directiveHash(host, directive),
    reason_invalid: null,
    stamp: { wall_ms: directive.stamp.wall, count: directive.stamp.count, offset_ms: 0 },
    version: null,
    withdrawn: directive.withdrawn !== null,
    superseded_by: null,
    tally: null,
    history: false,
    recipients: Array.from(directiveAnswers(host, directive), ([id, answer]) => ({ ...answer, ...reached(id) })),
    replies: replies.map(reply => recordData(host, reply)),
    unread: row.unread
  }
}

/** One record whole: what it says, who wrote it, how far it has come, what was answered, and its bytes. */
export const show = operation({
  name: 'show',
  args: z.object({ id: z.string() }),
  data,
  tells: false,
  run: async (context, { id }) => {
    const { host } = context
    const word = wordNamed(context, id)
    if (word.ok && 'act' in word.value) return { ok: true, data: directiveWhole(context, word.value) }
    const found = word.ok || word.failure.code === 'NO_SUCH_RECORD' ? await find(context, id) : word
    if (!found.ok) return found
    const { entry, deliveries, isHistory } = found.value
    const header = entry.parsed.type === 'valid' ? entry.parsed.record : entry.parsed.header
    const superseding = deliveries.supersededBy(entry)
    const replies = deliveries.answersTo(entry.id).filter(({ parsed }) => parsed.type !== 'valid' || parsed.record.kind !== 'receipt')
    return {
      ok: true,
      data: {
        ...recordData(host, entry),
        directive: null,
        raw: entry.text,
        bytes: Buffer.byteLength(entry.text),
        hash: textHash(host.adapters.crypto, entry),
        reason_invalid: entry.parsed.type === 'invalid' ? entry.parsed.reason : null,
        stamp: header === null ? null : { wall_ms: header.stamp[0], count: header.stamp[1], offset_ms: header.offset },
        version: versionOf(entry),
        withdrawn: deliveries.withdrawn(entry),
        superseded_by: superseding === null ? null : host.replica.view.names().record(superseding.id),
        history: isHistory,
        recipients: recipientsData(context, entry, deliveries),
        tally: tallyData(deliveries.tally(entry, reachOf(host))),
        replies: replies.map(reply => recordData(host, reply)),
        unread: !isHistory && isForCaller(context, entry) && isUnread(context, entry)
      }
    }
  }
})
