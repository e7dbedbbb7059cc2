import { isKindOf, type EntryOf } from '../../core/coordination/records/entry.js'
import { quoted, visible } from '../../core/coordination/records/visible.js'
import { LIMITS } from '../../core/limits.js'
import { findCheckout } from '../../host/repository/checkout.js'
import { noteWork, workOf, type SessionWork } from '../../host/session/work.js'
import { ageText } from '../age.js'
import type { Warning } from '../envelope.js'
import { oneAtATime } from '../one-at-a-time.js'
import type { OperationContext } from '../operation.js'
import { repositoryHere } from '../place.js'
import { reachOf } from '../reach.js'
import { shownItem } from '../scopes.js'
import { endGone } from './ending.js'

/** Where the caller works, remembered for the day it ends. The work tree is looked for at each command, its key only where that is another. */
const notePlace = async ({ host, session, cwd }: OperationContext): Promise<SessionWork['place']> => {
  const { place: known, ...rest } = workOf(host, session)
  const checkout = findCheckout(cwd)
  if (!checkout.ok || checkout.value.root === known?.root) return checkout.ok ? known : undefined
  const here = await repositoryHere(host, cwd)
  if (!here.ok || !here.value.enrolled) return undefined
  const place = { root: checkout.value.root, repo: here.value.repository.key, checkout: here.value.where.checkout }
  noteWork(host, session, { ...rest, place })
  return place
}

/** It has never asked before. */
const isNew = ({ host, session }: OperationContext): boolean => {
  const known = host.sessions.get(session)
  return known !== undefined && known.firstSeen === known.lastSeen
}

/**
 * The next one there comes after it: who was at work beside it before is no successor, and one who only looks in from a terminal takes
 * nothing over from an agent.
 */
const mayTake = (context: OperationContext, { session: from, stamp: [endedAt] }: EntryOf<'handoff'>['parsed']['record']): boolean => {
  const { host, caller, session } = context
  const isNext = isNew(context) || (host.sessions.get(session)?.firstSeen ?? 0) > endedAt
  return isNext && from !== session && (caller.kind !== 'terminal' || from.startsWith('term-'))
}

const comeBack = async ({ host, session }: OperationContext): Promise<void> => {
  const end = host.replica.view.deliveries.successions.endOf({ host: host.replica.hostId, session })
  // what cannot be written now is written at the next command
  if (end !== null) await host.write(session, [{ kind: 'withdraw', fields: { re: end.id } }])
}

/** What somebody left, in words: the first line of a successor's day. */
export const handoffText = ({ host, meshNow }: OperationContext, handoff: EntryOf<'handoff'>): string => {
  const { view, hostId } = host.replica
  const { fields, session } = handoff.parsed.record
  const intent = fields.intent === undefined ? null : view.record(fields.intent)
  const plan = intent !== null && isKindOf(intent, 'intent') ? intent.parsed.record.fields.text : null
  const waiting = view.deliveries.owing({ host: hostId }, reachOf(host)).filter(({ delivery }) => delivery.recipient.session === session).length
  const dirty = (fields.scope ?? []).map(item => visible(shownItem(item)))
  const parts = [
    ...(fields.failure === undefined ? [] : [`What failed last: ${quoted(fields.failure, LIMITS.failureChars)}.`]),
    ...(plan === null ? [] : [`It was about to: ${quoted(plan, LIMITS.foreignTextChars)}.`]),
    ...(dirty.length === 0 ? [] : [`Uncommitted here: ${dirty.slice(0, SHOWN).join(', ')}${dirty.length > SHOWN ? ` and ${dirty.length - SHOWN} more` : ''}.`]),
    ...(fields.transcript === undefined ? [] : [`Its transcript: ${quoted(fields.transcript, LIMITS.foreignTextChars)}.`]),
    ...(waiting === 0 ? [] : [`${waiting === 1 ? 'One still waits' : `${waiting} still wait`} for its answer, now yours: skein inbox.`])
  ]
  const took = `${view.names().host(hostId)}/${session} ${fields.cause} ${ageText(meshNow - handoff.wall)} ago in this checkout; you come after it.`
  return [took, ...parts].join(' ')
}

const SHOWN = 5

const leavesSomething = ({ host }: OperationContext, { parsed: { record } }: EntryOf<'handoff'>): boolean => {
  const { failure, intent, scope, transcript } = record.fields
  if (failure !== undefined || intent !== undefined || scope !== undefined || transcript !== undefined) return true
  return host.replica.view.deliveries.owing({ host: host.replica.hostId }, reachOf(host)).some(({ delivery }) => delivery.recipient.session === record.session)
}

const takeOver = async (context: OperationContext, checkout: string): Promise<Warning[]> => {
  const { host, session } = context
  const { view, hostId } = host.replica
  const left = view.deliveries.successions.untaken(hostId).filter(({ parsed: { record } }) => record.fields.where?.checkout === checkout && mayTake(context, record))
  if (left.length === 0) return []
  const worth = left.filter(handoff => leavesSomething(context, handoff))
  const written = await host.write(session, left.map(({ id }) => ({ kind: 'take', fields: { re: id } })))
  if (!written.ok) return []
  return worth.slice(-LIMITS.holdersListed).map(handoff => ({
    code: 'HANDOFF',
    text: handoffText(context, handoff),
    details: { handoff: view.shortId(handoff), session: handoff.session, cause: handoff.parsed.record.fields.cause }
  }))
}

/**
 * What is seen to before a session is answered: that one which was taken for ended is back, in which checkout it works, and that it comes
 * after those who ended there. What they left is told once, by the record that takes it.
 */
export const arrive = async (context: OperationContext): Promise<Warning[]> => {
  const { host } = context
  if (host.replica.fenced !== null || host.replica.hasLeft) return []
  // so that who begins a moment after a death finds what is left
  if (host.daemonSince === null || isNew(context)) await endGone(host)
  await comeBack(context)
  const place = await notePlace(context)
  return place === undefined ? [] : oneAtATime(host, `take/${place.checkout}`, () => takeOver(context, place.checkout))
}
