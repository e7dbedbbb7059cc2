import { z } from 'zod'
import type { HostId, Millis } from '../../core/brand.js'
import type { Addressee } from '../../core/coordination/records/addressee.js'
import type { Entry } from '../../core/coordination/records/entry.js'
import { kindSpec } from '../../core/coordination/records/kinds.js'
import type { RecordFields } from '../../core/coordination/records/record.js'
import { LIMITS } from '../../core/limits.js'
import { failure, success, type Result } from '../../core/result.js'
import { resolveAddressee } from '../addressees.js'
import type { Warning } from '../envelope.js'
import { heardAt } from '../freshness.js'
import type { OperationContext, Outcome } from '../operation.js'
import { proposalOverlaps } from '../agreement/proposals.js'
import { overlapWarnings } from '../overlaps.js'
import { reachOf } from '../reach.js'
import { deliveryData, deliverySchema, recordData, recordSchema, tallyData, tallySchema } from '../record-data.js'
import { scopeHere, type ScopeHere } from '../scopes.js'
import { iso } from '../words.js'
import { recipientWarnings } from './recipients.js'

/** What every verb that says something may be given. Bounds are those of the record; the schema only keeps nonsense out. */
export const speechArgs = {
  text: z.string().optional(),
  scope: z.array(z.string()).optional().describe('as typed; made canonical in the caller\'s folder'),
  ack: z.boolean().optional().describe('an ack is wanted'),
  deadline_ms: z.number().optional().describe('from now until the ack or the work is due'),
  expires_ms: z.number().optional().describe('from now until it is owed no more'),
  quorum: z.number().optional().describe('how many acks are enough')
}

/** Something that a session wants said, as it was asked for. */
export interface Speech {
  readonly kind: string
  /** `skein propose`: what `next` suggests to type again. */
  readonly command: string
  readonly text?: string | undefined
  readonly scope?: readonly string[] | undefined
  readonly ack?: boolean | undefined
  readonly deadline_ms?: number | undefined
  readonly expires_ms?: number | undefined
  readonly quorum?: number | undefined
  /** A reply counts as the ack. */
  readonly implicit?: boolean
  readonly to?: string | undefined
  /** What it answers or is about; unless `to` is given its author is whom it is for. */
  readonly about?: Entry | undefined
  /** Further fields by name. */
  readonly fields?: RecordFields | undefined
}

export const saidSchema = recordSchema.extend({
  recorded: z.literal(true),
  recipients: z.array(deliverySchema.extend({ linked: z.boolean(), heard: z.string().nullable().describe('when the host was last heard; null: never') })),
  tally: tallySchema
})

/** What was written, and how far it has come with each recipient at this moment. */
export type SaidData = z.infer<typeof saidSchema>

const authorOf = ({ host, session }: OperationContext, entry: Entry): Addressee | null => {
  if (entry.host === host.replica.hostId && (entry.session === session || entry.session === null)) return null
  return entry.session === null ? { host: entry.host } : { host: entry.host, session: entry.session }
}

const addresseeFor = (context: OperationContext, { to, about, command }: Speech): Result<Addressee | null> => {
  if (to !== undefined) return resolveAddressee(context, to, command)
  return success(about === undefined ? null : authorOf(context, about))
}

const timeAt = (meshNow: Millis, ms: number | undefined, field: 'deadline' | 'for'): Result<Millis | null> => {
  if (ms === undefined) return success(null)
  return Number.isFinite(ms) && ms > 0 ? success(Math.round(meshNow + ms)) : failure('FIELD_INVALID', `--${field} names a time that is over already`, { field, next: [`--${field} 2h`] })
}

const fieldsFor = (context: OperationContext, speech: Speech, here: ScopeHere | null): Result<RecordFields> => {
  const to = addresseeFor(context, speech)
  if (!to.ok) return to
  const deadline = timeAt(context.meshNow, speech.deadline_ms, 'deadline')
  if (!deadline.ok) return deadline
  const expires = timeAt(context.meshNow, speech.expires_ms, 'for')
  if (!expires.ok) return expires
  const known = kindSpec(speech.kind)?.fields ?? {}
  const words = Object.hasOwn(known, 'text') || !Object.hasOwn(known, 'reason') ? 'text' : 'reason'
  return success({
    ...speech.fields,
    ...(to.value === null ? {} : { to: to.value }),
    ...(speech.about === undefined ? {} : { re: speech.about.id }),
    ...(here === null ? {} : { ...(here.repo === null ? {} : { repo: here.repo }), scope: here.scope }),
    ...(speech.text === undefined ? {} : { [words]: speech.text }),
    ...(speech.ack === true ? { ack: true } : {}),
    ...(speech.implicit === true && to.value !== null ? { implicit: true } : {}),
    ...(speech.quorum === undefined ? {} : { quorum: speech.quorum }),
    ...(deadline.value === null ? {} : { deadline: deadline.value }),
    ...(expires.value === null ? {} : { expires: expires.value })
  })
}

const linkedHosts = ({ host }: OperationContext): ReadonlySet<HostId> => {
  const linked = new Set<HostId>([host.replica.hostId])
  const { members } = host.replica.acts.roster()
  for (const link of host.replica.links) {
    const member = link.phase === 'open' && link.peer !== null ? members.get(link.peer.key) : undefined
    if (member !== undefined) linked.add(member.hostId)
  }
  return linked
}

/** Whether a host can be reached now, and when it was last heard. */
export const reachability = (context: OperationContext): ((id: HostId) => { readonly linked: boolean; readonly heard: string | null }) => {
  const linked = linkedHosts(context)
  const { members } = context.host.replica.acts.roster()
  return id => {
    const heard = Array.from(members, ([key, member]) => (member.hostId === id ? heardAt(context.host, key) : null)).reduce<Millis | null>((last, at) => (at !== null && at > (last ?? 0) ? at : last), null)
    return { linked: linked.has(id), heard: heard === null ? null : iso(heard) }
  }
}

/** How far a record has come with each of its recipients, and whether they can be reached now. */
export const recipientsData = (context: OperationContext, entry: Entry, deliveries = context.host.replica.view.deliveries): SaidData['recipients'] => {
  const { host } = context
  const reached = reachability(context)
  return deliveries.of(entry, reachOf(host)).map(delivery => ({ ...deliveryData(host, delivery), ...reached(delivery.recipient.host) }))
}

/** How `next` helps with a field that is wrong. */
const hints = ({ command, to }: Speech): ReadonlyMap<string, readonly string[]> =>
  new Map([
    ['scope', [`${command} ${to === undefined ? '' : 'TO '}TEXT --scope PATH…`]],
    ['to', [`${command} TO TEXT`]],
    ['ack', [`${command} TO TEXT --ack --quorum 2`]],
    ['outcome', [`${command} TO TEXT --field outcome=claimed-done`]],
    ['evidence', [`${command} TO TEXT --field outcome=done --field 'evidence=[{"command":"npm test","exit":0}]'`]]
  ])

/** The record that was written for a speech, and what to warn of at the time of sending: live claims and proposals of others that its scope overlaps, and recipients that may not answer. */
export const say = async (context: OperationContext, speech: Speech): Promise<Result<{ readonly entry: Entry; readonly warnings: readonly Warning[]; readonly here: ScopeHere | null }>> => {
  const { host, session } = context
  const typed = speech.scope ?? []
  const here = typed.length === 0 ? null : await scopeHere(context, typed, true)
  if (here?.ok === false) return here
  const scoped = here === null ? null : here.value
  const fields = fieldsFor(context, speech, scoped)
  if (!fields.ok) return fields
  const written = await host.write(session, [{ kind: speech.kind, fields: fields.value }])
  if (!written.ok) {
    const { field, next } = written.failure
    const hint = field === undefined || next !== undefined ? undefined : hints(speech).get(field)
    return hint === undefined ? written : { ok: false, failure: { ...written.failure, next: hint } }
  }
  const [record] = written.value
  const entry = record === undefined ? null : host.replica.view.record(record.id)
  if (entry === null) throw new Error('a record that was written is not in the view')
  const overlaps = scoped === null ? [] : await overlapWarnings(context, { repo: scoped.repo, scope: scoped.scope, where: scoped.place?.where ?? null })
  // an answer is sent whatever its reader owes
  const recipients = speech.about === undefined ? recipientWarnings(context, entry) : []
  return success({ entry, warnings: [...overlaps, ...proposalOverlaps(context, entry), ...recipients], here: scoped })
}

export const saidData = (context: OperationContext, entry: Entry): SaidData => ({
  ...recordData(context.host, entry),
  recorded: true,
  recipients: recipientsData(context, entry),
  tally: tallyData(context.host.replica.view.deliveries.tally(entry, reachOf(context.host)))
})

/** Says it, and answers with what was written. */
export const speak = async (context: OperationContext, speech: Speech): Promise<Outcome<SaidData>> => {
  const said = await say(context, speech)
  if (!said.ok) return said
  const { entry, warnings, here } = said.value
  const data: SaidData = saidData(context, entry)
  return { ok: true, data, warnings, ...(here?.repo === null || here?.repo === undefined ? {} : { repositories: [here.repo] }) }
}

/** The record that an id means; the failure names the argument. `NO_SUCH_RECORD`, `ID_AMBIGUOUS`. */
export const recordNamed = ({ host }: OperationContext, id: string): Result<Entry> => {
  const found = host.replica.view.find(id.slice(0, LIMITS.nameChars))
  if (found.ok) return found
  const next = found.failure.code === 'ID_AMBIGUOUS' ? [] : ['skein inbox --all', 'skein log']
  return { ok: false, failure: { ...found.failure, field: 'id', next } }
}
