import { z } from 'zod'
import { isRecordId } from '../../core/coordination/records/reference.js'
import { isKindOf, type Entry } from '../../core/coordination/records/entry.js'
import { kindSpec } from '../../core/coordination/records/kinds.js'
import type { RecordId } from '../../core/brand.js'
import { LIMITS } from '../../core/limits.js'
import { directiveSchema, liveDirectives, unreadDirectives } from '../directives.js'
import { operation, type OperationContext } from '../operation.js'
import { reachOf } from '../reach.js'
import { recordData, recordSchema, referencesOf } from '../record-data.js'
import { unheardOf, unheardSchema } from '../unheard.js'

const item = recordSchema.extend({
  unread: z.boolean().describe('not yet put before this session'),
  answer: z.enum(['wanted', 'given', 'refused', 'expired']).nullable().describe('the ack that this host owes; null: none is wanted'),
  withdrawn: z.boolean(),
  superseded_by: z.string().nullable().describe('what its author said in its place'),
  overdue: z.boolean(),
  age_ms: z.number().int()
})

const data = z.object({
  session: z.string(),
  directives: z.array(directiveSchema).describe('of operators, that stand: they come before everything else'),
  unread: z.number().int(),
  owed: z.number().int().describe('wanted answers that are still open'),
  total: z.number().int().describe('everything that was ever addressed to this session, its host, its role or all'),
  items: z.array(item).describe('unread first, then what is still owed an answer; oldest first'),
  more: z.number().int().describe('left out by the limit'),
  unheard: unheardSchema
})

export type InboxData = z.infer<typeof data>
export type InboxItem = z.infer<typeof item>

const SHOWN = 20

/** A verdict on this session's own word is for it, whoever it names. An ack is not news: it shows in what is pending. */
const isAnswerToMine = ({ host, session }: OperationContext, entry: Entry): boolean => {
  if (entry.parsed.type !== 'valid' || isKindOf(entry, 'ack') || kindSpec(entry.parsed.record.kind)?.quiet === true) return false
  return referencesOf(entry).some(id => {
    const about = host.replica.view.record(id as RecordId)
    if (about === null || about.host !== host.replica.hostId || about.session === null) return false
    const { deliveries } = host.replica.view
    const author = { host: about.host, session: about.session }
    return about.session === session || (deliveries.speaksFor({ host: about.host, session }, author) && !deliveries.wasShown(entry, author))
  })
}

/** What a session left that this one came after. */
const isLeftToMe = ({ host, session }: OperationContext, entry: Entry): boolean =>
  isKindOf(entry, 'handoff') && entry.host === host.replica.hostId && host.replica.view.deliveries.successions.takerOf(entry) === session

/** What others said to this session, its host, its role or all. */
export const isForCaller = (context: OperationContext, entry: Entry): boolean => {
  const { host, session } = context
  if (entry.host === host.replica.hostId && entry.session === session) return false
  return host.replica.view.deliveries.isFor(entry, { host: host.replica.hostId, session }) || isLeftToMe(context, entry) || isAnswerToMine(context, entry)
}

export const isUnread = ({ host, session }: OperationContext, entry: Entry): boolean =>
  !host.replica.view.deliveries.wasShown(entry, { host: host.replica.hostId, session })

const ANSWERS = { acked: 'given', refused: 'refused', expired: 'expired' } as const

const itemOf = (context: OperationContext, entry: Entry, reach: ReturnType<typeof reachOf>): InboxItem => {
  const { host, session, meshNow } = context
  const { deliveries } = host.replica.view
  const mine = deliveries.of(entry, reach).find(({ recipient, heir }) => {
    const asked = heir === null ? recipient.session : heir.session
    return recipient.host === host.replica.hostId && (asked === null || asked === session)
  })
  const record = recordData(host, entry)
  const withdrawn = deliveries.withdrawn(entry)
  const superseding = deliveries.supersededBy(entry)
  const state = mine?.state ?? 'ended'
  const answered = state === 'acked' || state === 'refused' || state === 'expired' ? ANSWERS[state] : 'wanted'
  const isClosed = withdrawn || superseding !== null || mine?.open !== true
  return {
    ...record,
    unread: isUnread(context, entry),
    answer: !record.ack || mine === undefined || (isClosed && answered === 'wanted') ? null : answered,
    withdrawn,
    superseded_by: superseding === null ? null : host.replica.view.shortId(superseding),
    overdue: mine?.overdue === true,
    age_ms: Math.max(0, Math.round(meshNow - entry.wall))
  }
}

const rank = ({ unread, answer }: InboxItem): number => (unread ? 0 : answer === 'wanted' ? 1 : 2)

/** What is addressed to the caller. Asking changes nothing: what was shown is noted by `surfaced`, once the output is out. */
export const inbox = operation({
  name: 'inbox',
  args: z.object({ all: z.boolean().optional().describe('also what was read and answered'), limit: z.number().int().positive().optional() }),
  data,
  tells: true,
  run: async (context, { all = false, limit = SHOWN }) => {
    const { host, session } = context
    const reach = reachOf(host)
    const items = host.replica.view.timeline.entries().filter(entry => isForCaller(context, entry)).map(entry => itemOf(context, entry, reach))
    const wanted = items.filter(each => all || rank(each) < 2).sort((left, right) => rank(left) - rank(right))
    return {
      ok: true,
      data: {
        session,
        directives: liveDirectives(context),
        unread: items.filter(({ unread }) => unread).length,
        owed: items.filter(({ answer }) => answer === 'wanted').length,
        total: items.length,
        items: wanted.slice(0, limit),
        more: Math.max(0, wanted.length - limit),
        unheard: unheardOf(host)
      }
    }
  }
})

/**
 * Notes that records, or directives by the ids of their acts, were put before the caller's session: one `receipt` for those that are for it and were not yet, and
 * one for directives. Never an ack.
 */
export const surfaced = operation({
  name: 'surfaced',
  args: z.object({ records: z.array(z.string()).max(LIMITS.idsPerRecord) }),
  data: z.object({ receipt: z.string().nullable(), records: z.number().int() }),
  tells: false,
  renewsLeases: false,
  run: async (context, { records }) => {
    const { host, session } = context
    const { view } = host.replica
    const fresh = [...new Set(records)].filter(isRecordId).filter(id => {
      const entry = view.record(id)
      return entry !== null && isForCaller(context, entry) && isUnread(context, entry)
    })
    const told = unreadDirectives(context, records).map(({ act }) => act)
    const groups = [fresh, told].filter(ids => ids.length > 0)
    if (groups.length === 0) return { ok: true, data: { receipt: null, records: 0 } }
    const written = await host.write(session, groups.map(re => ({ kind: 'receipt', fields: { re } })))
    if (!written.ok) return written
    const entry = written.value[0] === undefined ? null : view.record(written.value[0].id)
    return { ok: true, data: { receipt: entry === null ? null : view.shortId(entry), records: fresh.length + told.length } }
  }
})

