import { ageText } from '../../control/age.js'
import type { OpenData, PendingData } from '../../control/operations/pending.js'
import { quoted } from '../../control/visible.js'
import { flagOption, type Command, type Terminal } from '../command.js'
import { directivesHead } from '../directive-text.js'
import { authorText, clockText, unheardLines } from '../records.js'
import { tallyText } from '../speech.js'
import { alignRows } from '../table.js'

const counted = (counts: PendingData['out'], preposition: string): string =>
  counts.map(({ host, count, oldest_ms }) => `${count} ${preposition} ${host}, oldest ${ageText(oldest_ms)}`).join('; ')

const dueText = ({ deadline, delivery }: OpenData): string => (deadline === null ? '' : delivery.overdue ? `overdue since ${clockText(deadline)}` : `by ${clockText(deadline)}`)

const words = ({ text, prose }: OpenData, terminal: Terminal): string => (text === null ? prose : quoted(text, Math.max(16, terminal.columns - 58)))

/** `box/codex-2b, ended: box/codex-9z`: who was asked, and who has it since that session ended. */
const nameOf = ({ delivery: { host, session, heir } }: OpenData): string => {
  const named = session === null ? host : `${host}/${session}`
  return heir === null ? named : `${named}, ended: ${heir === host ? `any session of ${host}` : heir}`
}

/** `at-peer`, and of what was said to several how many have answered. */
const stateText = ({ delivery, tally }: OpenData): string => [delivery.state, ...(tallyText(tally) === null ? [] : [tallyText(tally) ?? ''])].join(', ')

const render = (terminal: Terminal, { directives, owed, owe, out, in: incoming, elsewhere, unheard, session }: PendingData): string => {
  const whose = session === null ? 'this host' : session
  const summary = owed.length + owe.length === 0 ? `nothing pending for ${whose}` : `${out.length === 0 ? '0 out' : counted(out, 'out to')}; ${incoming.length === 0 ? '0 in' : counted(incoming, 'in from')}`
  const lines = [...directivesHead(terminal, directives), summary]
  if (owed.length > 0) lines.push('waited for', alignRows(owed.map(each => [`  ${each.id}`, nameOf(each), stateText(each), ageText(each.age_ms), dueText(each), words(each, terminal)])))
  if (owe.length > 0) lines.push('owed', alignRows(owe.map(each => [`  ${each.id}`, authorText(each), each.delivery.state, ageText(each.age_ms), dueText(each), words(each, terminal)])))
  if (elsewhere.owed + elsewhere.owe > 0) lines.push(terminal.style.faint(`other sessions of this host: ${elsewhere.owed} out, ${elsewhere.owe} in (--all)`))
  return [...lines, ...unheardLines(terminal.style, unheard)].join('\n')
}

export const pending: Command = {
  name: 'pending',
  group: 'queries',
  summary: 'who still owes whom an answer, both ways, and how far it has come',
  options: [{ flags: '--all', description: 'of every session of this host' }],
  examples: [{ line: 'skein pending', does: '2 out to box, oldest 47 min; 3 in from mac, …' }],
  notes: 'States: written (here), at-peer (on its disk), surfaced (put before its session). What was sent to a session that ended goes to the next one in its checkout, else to any of its host, and is surfaced once it was put before that one.',
  run: async (terminal, typed) => {
    const reply = await terminal.call('pending', flagOption(typed, 'all') ? { all: true } : {})
    return terminal.print<PendingData>(reply, data => render(terminal, data))
  }
}
