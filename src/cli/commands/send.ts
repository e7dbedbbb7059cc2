import { failureReply } from '../../control/envelope.js'
import { listOption, textArgument, textOption, type Command, type Typed } from '../command.js'
import { ACK, DEADLINE, EXPIRES, QUORUM, SCOPE, speakAs } from '../speech.js'

export const TO = { name: '<to>', description: 'host, host/session (a unique beginning is enough), role:R, or all' } as const

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** `name=value`; the value is read as JSON where it is that, else as text. */
const furtherFields = (given: readonly string[]): Readonly<Record<string, unknown>> | string => {
  const fields = new Map<string, unknown>()
  for (const each of given) {
    const at = each.indexOf('=')
    if (at < 1) return each
    fields.set(each.slice(0, at), parsed(each.slice(at + 1)))
  }
  return Object.fromEntries(fields)
}

/** Whom it is for and the text. Of another kind than a message one thing alone is the text: what it says may be for nobody in particular. */
const whomAndWhat = (typed: Typed, kind: string | undefined): readonly [string | undefined, string | undefined] => {
  const [first, second] = [textArgument(typed, 0), textArgument(typed, 1)]
  return second === undefined && kind !== undefined && kind !== 'message' ? [undefined, first] : [first, second]
}

export const send: Command = {
  name: 'send',
  group: 'records',
  summary: 'say something to a host, a session, a role or all',
  arguments: [{ ...TO, name: '[to]' }, { name: '[text]', description: 'what to say, or - for standard input' }],
  options: [
    { flags: '--kind <kind>', description: 'status, note, task, result, … instead of a message' },
    { flags: '--re <id>', description: 'the record that it is about' },
    { flags: '--field <name=value>', description: 'a further field of the kind, such as outcome=failed; again for more', many: true },
    { flags: '--again <id>', description: 'say a word of this session once more in its place, to the same; the text is all that may change, and an ack of the earlier one does not count for it' },
    ACK,
    QUORUM,
    DEADLINE,
    ...EXPIRES,
    SCOPE
  ],
  examples: [
    { line: 'skein send box "I pushed the schema; pull before you test"', does: 'free text to whoever works on box' },
    { line: "skein send role:worker 'freeze until 16:00' --ack --deadline 30m", does: 'each host of that role owes an ack' },
    { line: "skein send all 'who can review?' --ack --quorum 2", does: 'pending until two have acked' },
    { line: "skein send --kind responder 'too many requests' --field state=rate_limited", does: 'the others see that this session cannot answer now; state=online ends it' },
    { line: 'skein send --again m-8k2f', does: 'the same words once more, as the second attempt' },
    { line: 'npm test 2>&1 | tail -20 | skein send mac/claude-7f3a -', does: 'the text from standard input' },
    { line: "skein send box 'login done' --kind result --re j-4kq2 --field outcome=claimed-done", does: 'a result; done needs evidence' }
  ],
  notes: 'A scope that another session has claimed is warned of. Nothing is queued for somebody unknown: exit 3, with who was meant.',
  run: async (terminal, typed) => {
    const fields = furtherFields(listOption(typed, 'field'))
    if (typeof fields === 'string') return terminal.print(failureReply({ code: 'FIELD_INVALID', message: `--field takes name=value, not ${JSON.stringify(fields)}`, field: 'field', next: ['--field outcome=failed'] }), () => '')
    const again = textOption(typed, 'again')
    if (again !== undefined) return speakAs(terminal, 'send', typed, { again }, textArgument(typed, 0))
    const kind = textOption(typed, 'kind')
    const re = textOption(typed, 're')
    const [to, text] = whomAndWhat(typed, kind)
    if (kind === undefined && text === undefined) return terminal.print(failureReply({ code: 'USAGE', message: `send needs ${to === undefined ? 'somebody and a text' : 'a text'}`, field: to === undefined ? 'to' : 'text', next: ['skein send TO TEXT'] }), () => '')
    const args = { ...(to === undefined ? {} : { to }), ...(kind === undefined ? {} : { kind }), ...(re === undefined ? {} : { re }), ...(Object.keys(fields).length === 0 ? {} : { fields }) }
    return speakAs(terminal, 'send', typed, args, text)
  }
}
