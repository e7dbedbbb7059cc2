import { failureReply, type Reply } from '../../control/envelope.js'
import type { ExportData } from '../../control/operations/export.js'
import { listOption, type Command, type Terminal, type Typed } from '../command.js'
import { jsonLine } from '../json-line.js'
import { readSpan } from '../span-options.js'

interface Counted {
  acts: number
  frames: number
  records: number
}

const argsOf = (typed: Typed): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries([['kinds', listOption(typed, 'kind')] as const, ['scope', listOption(typed, 'scope')] as const].filter(([, values]) => values.length > 0))

const printLines = (terminal: Terminal, { lines }: ExportData, counted: Counted): void => {
  for (const line of lines) {
    terminal.item(line)
    terminal.say(jsonLine(line))
    if (line.type === 'act') counted.acts += 1
    if (line.type !== 'frame') continue
    counted.frames += 1
    counted.records += line.records.length
  }
}

/** One page after the other, as fast as the reader takes them: no more than one is in memory. */
const printAll = async (terminal: Terminal, args: Readonly<Record<string, unknown>>, counted: Counted): Promise<Reply> => {
  for (let after: string | null = null; ; ) {
    const reply = await terminal.call('export', { ...args, ...(after === null ? {} : { after }) })
    if (!reply.envelope.ok) return reply
    const page = reply.envelope.data as ExportData
    printLines(terminal, page, counted)
    after = page.next
    if (!(await terminal.flushed()) || after === null) return { ...reply, envelope: { ...reply.envelope, data: counted } }
  }
}

export const exportCommand: Command = {
  name: 'export',
  group: 'queries',
  summary: 'everything signed, one frame a line with the records read from it: can be checked without skein',
  options: [
    { flags: '--since <when>', description: 'only frames with a record since then: a time or an age' },
    { flags: '--until <when>', description: 'the same until then' },
    { flags: '--kind <kind...>', description: 'only frames with a record of these kinds', many: true },
    { flags: '--scope <scope...>', description: 'only frames with a record that overlaps this', many: true }
  ],
  examples: [
    { line: 'skein export > mesh.jsonl', does: 'acts, then every frame with header, signature, payload and records' },
    { line: 'skein export --kind decision --json', does: 'only what was decided; the envelope last' }
  ],
  notes: 'Acts are always there, so that each signature can be laid to a member. docs/export.md says how a line is checked; test/vectors/reader.py does it with the standard library of Python alone.',
  run: async (terminal, typed) => {
    const span = readSpan(typed, ['since', 'until'])
    if (!span.ok) return terminal.print(failureReply(span.failure), () => '')
    return terminal.print(await printAll(terminal, { ...argsOf(typed), ...span.value }, { acts: 0, frames: 0, records: 0 }), () => '')
  }
}
