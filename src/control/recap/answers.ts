import type { Delivery, Owed } from '../../core/coordination/delivery/delivery.js'
import { kindShown, type Entry } from '../../core/coordination/records/entry.js'
import type { Host } from '../../host/host.js'
import { addresseeText } from '../addressees.js'
import type { OperationContext } from '../operation.js'
import { reachOf } from '../reach.js'
import { addresseeOf, recordData } from '../record-data.js'
import type { RecapClass, RecapItem } from './sheet.js'
import { saidText, scopeText, sessionText, sinceText } from './words.js'

const dueText = (host: Host, deadline: string | null, overdue: boolean): string => (deadline === null ? '' : `, ${overdue ? 'overdue since' : 'due'} ${sinceText(host, Date.parse(deadline))}`)

const aboutText = (scope: readonly string[] | null): string => (scope === null ? '' : `, on ${scopeText(scope)}`)

/** `q-8k2f0mqx question from box/codex-2b`, or `to box`. */
const named = (host: Host, entry: Entry, whom: string): string => `${host.replica.view.shortId(entry)} ${kindShown(entry)} ${whom}`

const wholeText = (host: Host, entry: Entry, whom: string, overdue: boolean): string => {
  const { deadline, scope, text, prose } = recordData(host, entry)
  return `${named(host, entry, whom)}, ${sinceText(host, entry.wall)}${aboutText(scope)}${dueText(host, deadline, overdue)}: ${saidText(text ?? prose)}`
}

/** Answers that others wait for from this session, the oldest first. */
export const owedByMe = ({ host, session }: OperationContext): RecapClass => ({
  name: 'owe',
  title: 'I owe an answer',
  command: 'skein pending',
  items: host.replica.view.deliveries.owing({ host: host.replica.hostId, session }, reachOf(host)).map(({ entry, delivery }): RecapItem => {
    const whom = `from ${sessionText(host, entry)}`
    return { id: host.replica.view.shortId(entry), full: () => wholeText(host, entry, whom, delivery.overdue), short: () => named(host, entry, whom) }
  })
})

const NAMED = 3

const recipientText = (host: Host, { recipient, state }: Delivery): string => `${host.replica.view.names().host(recipient.host)}${recipient.session === null ? '' : `/${recipient.session}`} (${state})`

const byRecord = (owed: readonly Owed[]): Map<Entry, Delivery[]> => {
  const found = new Map<Entry, Delivery[]>()
  for (const { entry, delivery } of owed) found.set(entry, [...(found.get(entry) ?? []), delivery])
  return found
}

/** What this session said and waits for, the oldest first: each record once, with those who still owe. */
export const owedToMe = ({ host, session }: OperationContext): RecapClass => ({
  name: 'owed',
  title: 'owed to me',
  command: 'skein pending',
  items: Array.from(byRecord(host.replica.view.deliveries.owed({ host: host.replica.hostId, session }, reachOf(host))), ([entry, deliveries]): RecapItem => {
    const to = addresseeOf(entry)
    const whom = to === null ? 'to nobody' : `to ${addresseeText(host, to)}`
    const more = deliveries.length > NAMED ? ` and ${deliveries.length - NAMED} more` : ''
    const by = `, waiting for ${deliveries.slice(0, NAMED).map(each => recipientText(host, each)).join(', ')}${more}`
    return {
      id: host.replica.view.shortId(entry),
      full: () => wholeText(host, entry, `${whom}${by}`, deliveries.some(({ overdue }) => overdue)),
      short: () => named(host, entry, whom)
    }
  })
})
