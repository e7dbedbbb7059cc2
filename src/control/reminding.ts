import type { HostId, Millis } from '../core/brand.js'
import type { Owed } from '../core/coordination/delivery/delivery.js'
import { authorText } from '../core/coordination/records/entry.js'
import { LIMITS } from '../core/limits.js'
import { ageText } from './age.js'
import type { Warning } from './envelope.js'
import { addresseeText } from './addressees.js'
import { heardText } from './words.js'
import type { OperationContext } from './operation.js'
import { reachOf } from './reach.js'
import { keepTold, toldOf } from './told.js'

/** How many reminders are due by this age: after 10, 30, 70, 150 and 310 minutes. From the record's age alone, so nothing is sent for them. */
export const remindersDue = (ageMs: Millis): number => {
  let due = 0
  while (due < LIMITS.reminders && ageMs >= LIMITS.reminderMs * (2 ** (due + 1) - 1)) due += 1
  return due
}

const SHOWN = 3

/** What the caller still owes and has not been reminded of since it fell due again: one line for all. */
const remindMe = (context: OperationContext, owing: readonly Owed[]): Warning[] => {
  const { host, session } = context
  const { view } = host.replica
  const told = toldOf(host, session, 'reminded')
  const due = owing.map(owed => ({ owed, key: `${owed.entry.id} ${remindersDue(owed.ageMs)}`, level: remindersDue(owed.ageMs) })).filter(({ level }) => level > 0)
  const fresh = due.filter(({ key }) => !told.has(key))
  keepTold(host, session, 'reminded', due.map(({ key }) => key))
  if (fresh.length === 0) return []
  const named = fresh.slice(0, SHOWN).map(({ owed: { entry, ageMs } }) => `${view.shortId(entry)} of ${authorText(entry, view.names())} (${ageText(ageMs)})`)
  const more = fresh.length > SHOWN ? ` and ${fresh.length - SHOWN} more` : ''
  return [{ code: 'REMINDER', text: `still waiting for your answer: ${named.join(', ')}${more}. skein inbox shows them.`, details: { records: fresh.map(({ owed }) => view.shortId(owed.entry)) } }]
}

/** Hosts that have let every reminder pass, each told once, with all that it owes, for as long as it stays silent. */
const silentPeers = (context: OperationContext, owed: readonly Owed[]): Warning[] => {
  const { host, session } = context
  const told = toldOf(host, session, 'silent')
  const overdue = new Map<HostId, Owed[]>()
  for (const each of owed) {
    const { host: id } = each.delivery.recipient
    if (remindersDue(each.ageMs) === LIMITS.reminders) overdue.set(id, [...(overdue.get(id) ?? []), each])
  }
  keepTold(host, session, 'silent', overdue.keys())
  return [...overdue].filter(([id]) => !told.has(id)).map(([id, items]) => {
    const [member] = [...host.replica.acts.roster().members].filter(([, { hostId }]) => hostId === id)
    const oldest = Math.max(...items.map(({ ageMs }) => ageMs))
    const name = addresseeText(host, { host: id })
    const heard = member === undefined ? '' : `; ${heardText(host, member[0])}`
    return {
      code: 'PEER_SILENT',
      text: `${name} has not answered ${items.length === 1 ? 'what you asked' : `${items.length} things that you asked`}, the oldest ${ageText(oldest)} ago, after ${LIMITS.reminders} reminders${heard}. A late answer still counts: skein pending.`,
      details: { host: name, count: items.length, oldest_ms: Math.round(oldest), records: items.map(({ entry }) => host.replica.view.shortId(entry)) }
    }
  })
}

/** What is told of answers that are long in coming: to who owes them a few times, then once to who waits. */
export const reminders = (context: OperationContext): Warning[] => {
  const { host, session } = context
  const { deliveries } = host.replica.view
  const reach = reachOf(host)
  const actor = { host: host.replica.hostId, session }
  return [...remindMe(context, deliveries.owing(actor, reach)), ...silentPeers(context, deliveries.owed(actor, reach))]
}
