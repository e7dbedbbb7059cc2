import { z } from 'zod'
import type { Hash, HostId, HostKey, RecordId, SessionName } from '../core/brand.js'
import { compareEntries, isKindOf, type Entry, type EntryOf } from '../core/coordination/records/entry.js'
import type { Directive } from '../core/coordination/membership/directives.js'
import { overriding, isLive } from '../core/coordination/policy/directive.js'
import type { Spot } from '../core/coordination/membership/area.js'
import { listed } from '../core/coordination/records/families/shared.js'
import { LAST_MILLIS } from '../core/coordination/records/values.js'
import { quoted, visible } from '../core/coordination/records/visible.js'
import { toHash, utf8 } from '../core/encoding/bytes.js'
import { LIMITS } from '../core/limits.js'
import { failure, success, type Result } from '../core/result.js'
import type { Host } from '../host/host.js'
import { actMeant, shortActId } from './act-ids.js'
import { decreesOf } from './decrees.js'
import type { OperationContext } from './operation.js'
import { operatorText } from './policies.js'
import { recordData, type DeliveryData, type RecordData } from './record-data.js'
import { recordNamed } from './talk/speech.js'
import { iso, shownHostId } from './words.js'

export const directiveSchema = z.object({
  id: z.string(),
  /** The whole id of the operator's act. */
  act: z.string(),
  text: z.string().describe("the operator's own words: signed with an operator key, and to be followed"),
  /** The operator. */
  by: z.string(),
  since: z.string(),
  /** Null: until it is withdrawn. */
  until: z.string().nullable(),
  /** Null with a null scope: everywhere. */
  repository: z.string().nullable(),
  /** Null: on everything there. */
  scope: z.array(z.string()).nullable(),
  stop: z.boolean().describe('nothing is claimed there while it stands'),
  state: z.enum(['live', 'expired', 'withdrawn']),
  withdrawn_by: z.string().nullable(),
  /** Hosts of which a session acked it, refused it, or was shown it, of so many hosts. */
  acked: z.number().int(),
  refused: z.number().int(),
  seen: z.number().int(),
  hosts: z.number().int(),
  mine: z.boolean().describe('this session has acked it'),
  unread: z.boolean().describe('not yet put before this session')
})

export type DirectiveRow = z.infer<typeof directiveSchema>

const actsOf = (host: Host): readonly string[] => decreesOf(host).directives.map(({ act }) => act)

export const directiveId = (host: Host, { act }: Pick<Directive, 'act'>): string => shortActId('d', actsOf(host), act)

/** What an ack of it names: SHA-256 of its text. */
export const directiveHash = (host: Host, { text }: Directive): Hash => toHash(host.adapters.crypto.sha256(utf8(text)))

/** When it was signed, by its signer's clock. */
const wallOf = ({ stamp }: Pick<Directive, 'stamp'>): number => Math.min(stamp.wall, LAST_MILLIS)

/** The directive that a person means by `d-1a2b3c4d`, any unique beginning of it, or the whole id. */
export const directiveMeant = (host: Host, text: string): Result<Directive> => {
  const meant = actMeant('d', actsOf(host), text.slice(0, LIMITS.nameChars), { code: 'NO_SUCH_RECORD', what: 'directive', next: 'skein log --kind directive' })
  if (!meant.ok) return meant
  const found = decreesOf(host).directives.find(({ act }) => act === meant.value)
  if (found === undefined) throw new Error('a directive that was found is gone')
  return success(found)
}

/** The record or directive that an id means; both begin with `d-` where the record is a decision. */
export const wordNamed = (context: OperationContext, id: string): Result<Entry | Directive> => {
  const { host } = context
  const record = recordNamed(context, id)
  const directive = directiveMeant(host, id)
  if (!directive.ok || (!record.ok && record.failure.code !== 'NO_SUCH_RECORD')) return record
  if (!record.ok) return directive
  const candidates = [host.replica.view.shortId(record.value), directiveId(host, directive.value)]
  return failure('ID_AMBIGUOUS', `"${id}" may be ${candidates.join(' or ')}`, { field: 'id', details: { candidates } })
}

type Answer = EntryOf<'ack'> | EntryOf<'nack'>

const isAnswer = (host: Host, directive: Directive) => {
  const hash = directiveHash(host, directive)
  return (entry: Entry): entry is Answer => (isKindOf(entry, 'ack') || isKindOf(entry, 'nack')) && entry.parsed.record.fields.hash === hash
}

/** What every host of the mesh has said of it: the last answer of any session of it, else that it was shown there. Signed records, of which each names the act. */
export const directiveAnswers = (host: Host, directive: Directive): ReadonlyMap<HostId, DeliveryData> => {
  const { view, acts } = host.replica
  const said = view.deliveries.answersTo(directive.act)
  const answers = said.filter(isAnswer(host, directive))
  const hosts = new Set<HostId>([...acts.roster().members.values()].flatMap(({ state, hostId }) => (state === 'member' ? [hostId] : [])))
  const stated = (id: HostId): DeliveryData => {
    const answer = answers.findLast(entry => entry.host === id)
    const by = answer ?? said.find(entry => entry.host === id && isKindOf(entry, 'receipt')) ?? null
    const state = answer === undefined ? (by === null ? 'written' : 'surfaced') : isKindOf(answer, 'nack') ? 'refused' : 'acked'
    return {
      host: view.names().host(id),
      host_id: shownHostId(id),
      session: null,
      heir: null,
      state,
      by: by === null ? null : view.shortId(by),
      by_session: by?.session ?? null,
      at: by === null ? null : iso(by.wall),
      reason: state === 'refused' && by !== null ? recordData(host, by).text : null,
      implicit: false,
      overdue: false
    }
  }
  return new Map(Array.from(hosts, id => [id, stated(id)]))
}

/** The last answer of the caller's session. */
export const ownAnswer = ({ host, session }: OperationContext, directive: Directive): Answer | undefined =>
  host.replica.view.deliveries.answersTo(directive.act).filter(isAnswer(host, directive)).findLast(entry => entry.host === host.replica.hostId && entry.session === session)

const isUnread = ({ host, session }: OperationContext, { act }: Directive): boolean =>
  !host.replica.view.deliveries.answersTo(act).some(entry => entry.host === host.replica.hostId && entry.session === session)

export const directiveRow = (context: OperationContext, directive: Directive): DirectiveRow => {
  const { host, meshNow } = context
  const answers = [...directiveAnswers(host, directive).values()]
  const count = (...states: readonly DeliveryData['state'][]): number => answers.filter(({ state }) => states.includes(state)).length
  const { act, text, by, repo, scope, stop, expires, withdrawn } = directive
  const answer = ownAnswer(context, directive)
  return {
    id: directiveId(host, directive),
    act,
    text,
    by: operatorText(host, by),
    since: iso(wallOf(directive)),
    until: expires === null ? null : iso(expires),
    repository: repo ?? null,
    scope: scope === undefined ? null : [...scope],
    stop,
    state: withdrawn !== null ? 'withdrawn' : isLive(directive, meshNow) ? 'live' : 'expired',
    withdrawn_by: withdrawn === null ? null : operatorText(host, withdrawn.by),
    acked: count('acked'),
    refused: count('refused'),
    seen: count('acked', 'refused', 'surfaced'),
    hosts: answers.length,
    mine: answer !== undefined && isKindOf(answer, 'ack'),
    unread: isUnread(context, directive)
  }
}

/** Those that stand now, the latest first: they come before everything else that a session is told. */
export const liveDirectives = (context: OperationContext): DirectiveRow[] => {
  const { directives } = decreesOf(context.host)
  return directives.filter(each => isLive(each, context.meshNow)).map(each => directiveRow(context, each))
}

/** Those that take the place of what is claimed on these items. */
export const directivesOn = (context: OperationContext, spots: readonly Spot[]): DirectiveRow[] =>
  overriding(decreesOf(context.host).directives, spots, context.meshNow).map(each => directiveRow(context, each))

/** Directives that the caller's session was not shown yet, of those that are named. */
export const unreadDirectives = (context: OperationContext, acts: readonly string[]): Directive[] =>
  decreesOf(context.host).directives.filter(each => acts.includes(each.act) && isUnread(context, each))

/** `the founding operator directs, stopping claims, on src/pay: "…"`, with absolute times. */
const proseOf = (host: Host, { by, scope, repo, stop, text, expires, withdrawn }: Directive): string => {
  const where = scope === undefined ? (repo === undefined ? '' : ` on ${visible(repo)}`) : ` on ${listed(scope)}`
  const until = expires === null ? '' : `, until ${iso(expires)}`
  const taken = withdrawn === null ? '' : `; withdrawn by ${operatorText(host, withdrawn.by)} ${iso(wallOf(withdrawn))}${withdrawn.reason === null || withdrawn.reason === '' ? '' : `: ${quoted(withdrawn.reason)}`}`
  return `${operatorText(host, by)} directs${stop ? ', stopping claims,' : ''}${where}${until}: ${quoted(text)}${taken}`
}

/** A directive as every listing of records gives it: the operator stands where the host of a record does. */
export const directiveRecord = (host: Host, directive: Directive): RecordData => ({
  id: directiveId(host, directive),
  record: directive.act,
  kind: 'directive',
  authority: 'operator',
  host: operatorText(host, directive.by),
  host_id: `o-${directive.by.slice(0, 8)}`,
  session: null,
  at: iso(wallOf(directive)),
  to: 'all',
  re: [],
  repository: directive.repo ?? null,
  scope: directive.scope === undefined ? null : [...directive.scope],
  text: directive.text,
  ack: false,
  deadline: null,
  prose: proseOf(host, directive)
})

const NOBODY = '0'.repeat(32)

/**
 * Directives in the shape of records, so that a timeline holds, filters and orders them among what hosts wrote: by the operator's stamp, and written by no
 * host. Only for that; `directiveRecord` says what they are.
 */
export const directiveEntries = (host: Host): ReadonlyMap<Entry, Directive> => {
  const entries = decreesOf(host).directives.map((directive): readonly [Entry, Directive] => {
    const { act, text, scope, repo, stamp } = directive
    const fields = { text, ...(scope === undefined ? {} : { scope }), ...(repo === undefined ? {} : { repo }) }
    const record = { kind: 'directive', session: NOBODY as SessionName, stamp: [wallOf(directive), stamp.count], offset: 0, fields } as const
    const entry: Entry = { id: act.slice(0, 32) as RecordId, host: NOBODY as HostId, hostKey: NOBODY as HostKey, text, parsed: { type: 'valid', record }, session: null, wall: wallOf(directive), count: stamp.count }
    return [entry, directive]
  })
  return new Map(entries.sort(([left], [right]) => compareEntries(left, right)))
}
