import { z } from 'zod'
import { checkDraft } from '../../core/coordination/records/draft.js'
import { isKindOf, textHash, type Entry } from '../../core/coordination/records/entry.js'
import type { Directive } from '../../core/coordination/membership/directives.js'
import { directiveHash, directiveRecord, ownAnswer, wordNamed } from '../directives.js'
import { operation, type OperationContext, type Outcome } from '../operation.js'
import { recordData, recordSchema } from '../record-data.js'
import { mayAnswer } from '../talk/answering.js'
import { attemptOf } from '../talk/again.js'

const data = recordSchema.extend({
  answers: recordSchema.describe('what was acked or refused'),
  already: z.boolean().describe('this session had said so before; nothing new was written')
})

export type AckData = z.infer<typeof data>

/** The same answer that this session gave last, if it did. */
const givenBefore = ({ host, session }: OperationContext, about: Entry, kind: 'ack' | 'nack', hash: string): Entry | undefined => {
  const mine = host.replica.view.deliveries.answersTo(about.id).filter(entry => entry.host === host.replica.hostId && entry.session === session)
  const last = mine.filter(entry => isKindOf(entry, 'ack') || isKindOf(entry, 'nack')).at(-1)
  return last !== undefined && isKindOf(last, kind) && last.parsed.record.fields.hash === hash ? last : undefined
}

/** Every session may ack or refuse what an operator told everybody. */
const heed = async (context: OperationContext, kind: 'ack' | 'nack', directive: Directive, words: Readonly<Record<string, string | undefined>>): Promise<Outcome<AckData>> => {
  const { host, session } = context
  const answers = directiveRecord(host, directive)
  const before = ownAnswer(context, directive)
  if (before !== undefined && kind === 'ack' && isKindOf(before, 'ack')) return { ok: true, data: { ...recordData(host, before), answers, already: true } }
  const written = await host.write(session, [{ kind, fields: { re: directive.act, hash: directiveHash(host, directive), ...words } }])
  if (!written.ok) return written
  const entry = written.value[0] === undefined ? null : host.replica.view.record(written.value[0].id)
  if (entry === null) throw new Error('a record that was written is not in the view')
  return { ok: true, data: { ...recordData(host, entry), answers, already: false } }
}

const respond = async (context: OperationContext, kind: 'ack' | 'nack', id: string, words: Readonly<Record<string, string | undefined>>): Promise<Outcome<AckData>> => {
  const about = wordNamed(context, id)
  if (!about.ok) return about
  if ('act' in about.value) return heed(context, kind, about.value, words)
  return answered(context, kind, { id, about: about.value, words })
}

interface Answering {
  /** As typed. */
  readonly id: string
  readonly about: Entry
  readonly words: Readonly<Record<string, string | undefined>>
}

const answered = async (context: OperationContext, kind: 'ack' | 'nack', { id, about, words }: Answering): Promise<Outcome<AckData>> => {
  const { host, session } = context
  const { view } = host.replica
  const hash = textHash(host.adapters.crypto, about)
  const attempt = attemptOf(about)
  const fields = { re: about.id, hash, ...(attempt === null ? {} : { attempt }), ...words }
  const checked = checkDraft(kind, fields, each => view.kindOf(each))
  if (!checked.ok) return { ok: false, failure: { ...checked.failure, message: checked.failure.message.replaceAll(about.id, view.shortId(about)), ...(checked.failure.code === 'FIELD_MISSING' ? { next: [`skein nack ${id} --reason TEXT`] } : {}) } }
  const may = mayAnswer(context, about)
  if (!may.ok) return may
  const before = givenBefore(context, about, kind, hash)
  if (before !== undefined && kind === 'ack') return { ok: true, data: { ...recordData(host, before), answers: recordData(host, about), already: true } }
  const written = await host.write(session, [{ kind, fields }])
  if (!written.ok) return written
  const entry = written.value[0] === undefined ? null : view.record(written.value[0].id)
  if (entry === null) throw new Error('a record that was written is not in the view')
  return { ok: true, data: { ...recordData(host, entry), answers: recordData(host, about), already: false } }
}

/** Read, and will be heeded. Names the hash of the text that this host holds, so that it can be laid to no other. */
export const ack = operation({
  name: 'ack',
  args: z.object({ id: z.string(), text: z.string().optional() }),
  data,
  tells: true,
  run: async (context, { id, text }) => respond(context, 'ack', id, { text })
})

/** Read, and will not be heeded; the reason is part of it. */
export const nack = operation({
  name: 'nack',
  args: z.object({ id: z.string(), reason: z.string().optional() }),
  data,
  tells: true,
  run: async (context, { id, reason }) => respond(context, 'nack', id, { reason })
})
