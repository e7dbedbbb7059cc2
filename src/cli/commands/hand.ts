import type { HandData } from '../../control/operations/hand.js'
import { failureReply } from '../../control/envelope.js'
import { scopeText } from '../claim-text.js'
import { textArgument, textOption, type Command } from '../command.js'
import { saidText, spokenText } from '../speech.js'
import { TO } from './send.js'

export const hand: Command = {
  name: 'hand',
  group: 'claims',
  summary: "offer one of this session's claims to somebody, who takes it or does not",
  arguments: [{ name: '<id>', description: 'of a claim of this session' }, TO],
  options: [{ flags: '--text <text>', description: 'what they should know, or - for standard input' }],
  examples: [{ line: "skein hand c-8k2f box --text 'the parser is done, the tests are not'", does: 'pending until a session of box takes it (skein take) or rejects it; of several the first has it' }],
  notes: 'The claim stays yours until it is taken. skein withdraw takes an offer back that nobody has taken.',
  run: async (terminal, typed) => {
    const text = await spokenText(textOption(typed, 'text'))
    if (!text.ok) return terminal.print(failureReply(text.failure), () => '')
    const reply = await terminal.call('hand', { id: textArgument(typed, 0) ?? '', to: textArgument(typed, 1) ?? '', ...(text.value === undefined ? {} : { text: text.value }) })
    return terminal.print<HandData>(reply, data => `${saidText(terminal, data)}\n${data.claim} (${scopeText(data.offered)}) is yours until it is taken`)
  }
}
