import type { Millis } from '../../core/brand.js'
import type { Delivery } from '../../core/coordination/delivery/delivery.js'
import type { Recipient } from '../../core/coordination/records/addressee.js'
import type { Entry } from '../../core/coordination/records/entry.js'
import { quoted } from '../../core/coordination/records/visible.js'
import { responderOf } from '../../core/coordination/responders.js'
import { LIMITS } from '../../core/limits.js'
import { HOST_SESSION } from '../../host/host.js'
import { addresseeText } from '../addressees.js'
import { ageText } from '../age.js'
import type { Warning } from '../envelope.js'
import type { OperationContext } from '../operation.js'
import { reachOf } from '../reach.js'

const nameOf = ({ host }: OperationContext, { host: id, session }: Recipient): string => addresseeText(host, { host: id, ...(session === null ? {} : { session }) })

/** It was said to a session that has ended: who has it now. */
const endedWarning = (context: OperationContext, { recipient, heir, state }: Delivery): Warning[] => {
  if (heir === null && state !== 'ended') return []
  const name = nameOf(context, recipient)
  const next = heir === null ? null : nameOf(context, { host: recipient.host, session: heir.session })
  const who = next === null ? 'nobody is left who could answer' : `${heir?.session === null ? `any session of ${next}` : next} has it now`
  return [{ code: 'SESSION_ENDED', text: `${name} has ended; ${who}.`, details: { to: name, heir: next } }]
}

/** Mesh time at which anybody of the recipient last wrote anything or was shown anything, as far as it is known here; null: never. */
const lastLooked = ({ host }: OperationContext, { host: id, session }: Recipient): Millis | null => {
  const { view } = host.replica
  for (const entry of view.timeline.entries().toReversed()) {
    if (entry.host === id && entry.session !== null && entry.session !== HOST_SESSION && (session === null || entry.session === session)) return entry.wall
  }
  return null
}

const inattention = (context: OperationContext, { recipient, heir }: Delivery): Warning[] => {
  const { host, session, meshNow } = context
  const asked = heir === null ? recipient : { host: recipient.host, session: heir.session }
  if (asked.host === host.replica.hostId && asked.session === session) return []
  const last = lastLooked(context, asked)
  const limit = host.settings.warn?.attentionMs ?? LIMITS.attentionMs
  if (last === null || meshNow - last <= limit) return []
  const name = nameOf(context, asked)
  return [{ code: 'NOT_LOOKING', text: `${name} has written and looked at nothing for ${ageText(meshNow - last)}, as far as is known here.`, details: { to: name, ms: Math.round(meshNow - last) } }]
}

/** It says of itself that it cannot answer now. */
const responderWarning = (context: OperationContext, { recipient, heir }: Delivery): Warning[] => {
  const { host, meshNow } = context
  const session = heir === null ? recipient.session : heir.session
  const said = session === null ? null : responderOf(host.replica.view, { host: recipient.host, session }, meshNow)
  if (said === null || said.parsed.record.fields.state === 'online') return []
  const { state, reason } = said.parsed.record.fields
  const name = nameOf(context, { host: recipient.host, session })
  return [{ code: 'RESPONDER', text: `${name} said ${ageText(meshNow - said.wall)} ago that it is ${state.replaceAll('_', ' ')}${reason === undefined ? '' : `: ${quoted(reason, LIMITS.foreignTextChars)}`}.`, details: { to: name, state } }]
}

/** What it owes this host already, where that is old. */
const owesWarning = (context: OperationContext, { recipient: { host: id } }: Delivery): Warning[] => {
  const { host } = context
  const { unackedMs = LIMITS.unackedMs, unackedCount = LIMITS.unackedCount } = host.settings.warn ?? {}
  const old = host.replica.view.deliveries.owed({ host: host.replica.hostId }, reachOf(host)).filter(({ delivery, ageMs }) => delivery.recipient.host === id && ageMs > unackedMs)
  if (old.length < unackedCount) return []
  const oldest = Math.max(...old.map(({ ageMs }) => ageMs))
  const name = nameOf(context, { host: id, session: null })
  return [{ code: 'PEER_OWES', text: `${name} has ${old.length} unacked older than ${ageText(unackedMs)}, the oldest ${ageText(oldest)}: skein pending.`, details: { host: name, count: old.length, oldest_ms: Math.round(oldest) } }]
}

/** What a sender should know of those whom it has just said something to: who is gone, who owes answers already, whose agent does not look. */
export const recipientWarnings = (context: OperationContext, entry: Entry): Warning[] => {
  const deliveries = context.host.replica.view.deliveries.of(entry, reachOf(context.host))
  const warnings = deliveries.flatMap(delivery => [...endedWarning(context, delivery), ...responderWarning(context, delivery), ...owesWarning(context, delivery), ...inattention(context, delivery)])
  if (deliveries.length <= LIMITS.recipientsWarned || warnings.length <= LIMITS.recipientsWarned) return [...warnings, ...quorumWarning(context, entry)]
  const text = `of ${deliveries.length} who were asked some may not answer: ${warnings.slice(0, LIMITS.recipientsWarned).map(warning => warning.text).join(' ')} And ${warnings.length - LIMITS.recipientsWarned} more of the kind.`
  return [{ code: 'RECIPIENTS', text, details: { warnings: warnings.length, asked: deliveries.length } }, ...quorumWarning(context, entry)]
}

/** Too many of those asked are viewers. */
const quorumWarning = ({ host }: OperationContext, entry: Entry): Warning[] => {
  const reach = reachOf(host)
  const { deliveries } = host.replica.view
  const quorum = deliveries.tally(entry, reach)?.quorum ?? null
  if (quorum === null) return []
  const voters = deliveries.of(entry, reach).filter(({ recipient }) => reach.isViewer?.(recipient.host) !== true).length
  return voters >= quorum.needs ? [] : [{ code: 'QUORUM_OUT_OF_REACH', text: `${quorum.needs} acks are needed, and only ${voters} of those asked count: viewers do not.`, details: { needs: quorum.needs, voters } }]
}
