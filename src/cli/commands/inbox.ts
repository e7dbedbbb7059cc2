import { failureReply } from '../../control/envelope.js'
import type { InboxData, InboxItem } from '../../control/operations/inbox.js'
import { flagOption, textOption, type Command, type Terminal } from '../command.js'
import { directivesHead } from '../directive-text.js'
import { headline, quotation, unheardLines, clockText } from '../records.js'

const ANSWERING: ReadonlyMap<string, (id: string) => string> = new Map([
  ['question', id => `skein answer ${id} "…"`],
  ['proposal', id => `skein accept ${id}, or skein reject ${id} --reason "…"`]
])

const oweLine = ({ id, kind, answer, withdrawn, superseded_by, overdue, deadline }: InboxItem): string[] => {
  if (superseded_by !== null) return [`  said anew by its author: ${superseded_by}`]
  if (withdrawn) return ['  withdrawn by its author']
  if (answer !== 'wanted') return answer === null ? [] : [`  ack ${answer}`]
  const by = deadline === null ? '' : overdue ? `, overdue since ${clockText(deadline)}` : ` by ${clockText(deadline)}`
  return [`  ${kind === 'question' ? 'answer' : 'ack'} wanted${by}: ${ANSWERING.get(kind)?.(id) ?? `skein ack ${id}, or skein nack ${id} --reason "…"`}`]
}

const itemText = (terminal: Terminal, item: InboxItem): string => {
  const words = item.text === null ? (item.re.length > 0 ? [] : [`  ${item.prose}`]) : quotation(item.text, terminal.columns)
  return [`${item.unread ? '' : '(read) '}${headline(terminal.style, item, item.age_ms)}`, ...words, ...oweLine(item)].join('\n')
}

const render = (terminal: Terminal, data: InboxData): string => {
  const { session, directives, unread, owed, total, items, more, unheard } = data
  const summary = total === 0 ? `nothing was said to ${session}` : `${unread} unread for ${session}, ${owed} wait for an answer, ${total} in all`
  const tail = more === 0 ? [] : [`and ${more} more: skein inbox --limit ${items.length + more}`]
  return [...directivesHead(terminal, directives), summary, ...items.map(item => itemText(terminal, item)), ...tail, ...unheardLines(terminal.style, unheard)].join('\n')
}

/** Notes what was put before this session, once it is out; where its reader went away nothing was. */
export const noteSurfaced = async (terminal: Terminal, records: readonly string[]): Promise<void> => {
  if (records.length === 0 || !(await terminal.flushed())) return
  const { envelope } = await terminal.call('surfaced', { records: records.slice(0, 512) })
  if (!envelope.ok) process.stderr.write(`note: that this was shown could not be noted: ${envelope.error.message} (${envelope.error.code})\n`)
}

export const inbox: Command = {
  name: 'inbox',
  group: 'queries',
  summary: 'what others said to this session, its host, its role or all: unread first',
  options: [
    { flags: '--all', description: 'also what was read and answered' },
    { flags: '--limit <count>', description: 'how many (20)' },
    { flags: '--peek', description: 'do not note that it was shown' }
  ],
  examples: [
    { line: 'skein inbox', does: 'unread, and what still waits for an answer; the senders see "surfaced"' },
    { line: 'skein inbox --all --json', does: 'everything, for a script' }
  ],
  notes: 'Reading never acks: what wants an answer comes again until it has one. Lines after > are other people\'s words.',
  run: async (terminal, typed) => {
    const limit = textOption(typed, 'limit')
    if (limit !== undefined && !/^[1-9]\d{0,5}$/.test(limit)) return terminal.print(failureReply({ code: 'FIELD_INVALID', message: '--limit takes a whole number from 1 on', field: 'limit' }), () => '')
    const reply = await terminal.call('inbox', { ...(flagOption(typed, 'all') ? { all: true } : {}), ...(limit === undefined ? {} : { limit: Number(limit) }) })
    let shown: readonly string[] = []
    const exit = terminal.print<InboxData>(reply, data => render(terminal, data))
    if (reply.envelope.ok) {
      const { directives, items } = reply.envelope.data as InboxData
      shown = [...directives.filter(({ unread }) => unread).map(({ act }) => act), ...items.filter(({ unread }) => unread).map(({ record }) => record)]
    }
    if (!flagOption(typed, 'peek')) await noteSurfaced(terminal, shown)
    return exit
  }
}
