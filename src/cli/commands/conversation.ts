import { failureReply } from '../../control/envelope.js'
import type { ConversationData } from '../../control/operations/conversation.js'
import type { RecordData } from '../../control/record-data.js'
import { flagOption, textArgument, textOption, type Command, type Terminal } from '../command.js'
import { hanging } from '../paragraph.js'
import { unheardLines } from '../records.js'
import { readSpan } from '../span-options.js'

/** `14:02Z m-8k2f0mqx mac/claude-7f3a says to box: "…"` under its day. */
export const timelineText = (records: readonly RecordData[], columns: number, before: string | null = null): string => {
  let day = before
  const lines: string[] = []
  for (const { at, id, prose } of records) {
    if (at.slice(0, 10) !== day) lines.push(`— ${at.slice(0, 10)} —`)
    day = at.slice(0, 10)
    lines.push(hanging(`${at.slice(11, 16)}Z ${id} `, prose, columns))
  }
  return lines.join('\n')
}

const render = (terminal: Terminal, { title, records, markdown, more, unheard }: ConversationData): string => {
  if (markdown !== null) return markdown.replace(/\n$/, '')
  const head = more ? `${title} (the newest ${records.length})` : title
  return [terminal.style.strong(head), records.length === 0 ? 'nothing was said' : timelineText(records, terminal.columns), ...unheardLines(terminal.style, unheard)].join('\n')
}

export const conversation: Command = {
  name: 'conversation',
  group: 'queries',
  summary: 'what was said in both directions, oldest first, from the own store',
  arguments: [{ name: '[peer]', description: 'a host, or a session of it (everybody)' }],
  options: [
    { flags: '--since <when>', description: 'a time or an age' },
    { flags: '--limit <count>', description: 'only the newest so many' },
    { flags: '--md', description: 'markdown: the same bytes on every host that holds the same records' }
  ],
  examples: [
    { line: 'skein conversation box --since 2h', does: 'this host and box, across sessions; needs no peer to be reachable' },
    { line: 'skein conversation box --md > retro.md', does: 'whole texts, for a file' }
  ],
  run: async (terminal, typed) => {
    const span = readSpan(typed, ['since'])
    if (!span.ok) return terminal.print(failureReply(span.failure), () => '')
    const limit = textOption(typed, 'limit')
    const peer = textArgument(typed, 0)
    const args = { markdown: flagOption(typed, 'md'), ...(peer === undefined ? {} : { peer }), ...span.value, ...(limit === undefined ? {} : { limit: Number(limit) }) }
    return terminal.print<ConversationData>(await terminal.call('conversation', args), data => render(terminal, data))
  }
}
