import type { Reply } from '../../control/envelope.js'
import type { Check, DoctorData } from '../../control/operations/doctor.js'
import type { Command } from '../command.js'
import type { Style } from '../style.js'
import { alignRows } from '../table.js'

const MARKS: Readonly<Record<Check['state'], (style: Style) => string>> = { ok: style => style.good('ok'), note: style => style.warn('note'), wrong: style => style.bad('wrong') }

const render = (style: Style, { checks }: DoctorData): string => {
  const rows = checks.flatMap(({ name, state, text, next }) => [[name, MARKS[state](style), text], ...next.map(step => ['', '', `try: ${step}`])])
  return alignRows(rows)
}

/** Which part of the home keeps it from being opened. */
const PLACES: ReadonlyMap<string, string> = new Map([
  ['KEY_MODE', 'key'], ['HOME_DAMAGED', 'home'], ['HOME_UNWRITABLE', 'home'], ['HOME_NEWER', 'home'], ['STORE_DAMAGED', 'store'], ['STORE_LOCKED', 'store'],
  ['FENCED', 'store'], ['DISK_FULL', 'disk'], ['DAEMON_HUNG', 'daemon'], ['DAEMON_NEWER', 'daemon']
])

/** A home that cannot be opened is what a doctor is asked about: the failure is its finding. */
const asFinding = (reply: Reply): Reply => {
  const { envelope } = reply
  if (envelope.ok) return reply
  const name = PLACES.get(envelope.error.code)
  if (name === undefined) return reply
  const checks: Check[] = [{ name, state: 'wrong', text: `${envelope.error.message} (${envelope.error.code})`, next: [...envelope.next] }]
  return { exit: 1, envelope: { schema_version: envelope.schema_version, ok: true, data: { sound: false, daemon: null, checks }, warnings: [], freshness: {}, next: envelope.next } }
}

export const doctor: Command = {
  name: 'doctor',
  group: 'queries',
  summary: 'look this host over: home, key, store, witness, disk, clock, links, and what to do about what is wrong',
  examples: [{ line: 'skein doctor', does: 'asks every linked peer for an answer; exit 1 when something is wrong. Without a daemon it looks at the home alone' }],
  run: async terminal => {
    const reply = asFinding(await terminal.call('doctor', {}))
    return terminal.print<DoctorData>(reply, data => render(terminal.style, data))
  }
}
