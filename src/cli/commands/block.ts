import { textArgument, textOption, type Command } from '../command.js'
import { ACK, DEADLINE, SCOPE, speakAs } from '../speech.js'
import { ID } from './propose.js'

export const block: Command = {
  name: 'block',
  group: 'records',
  summary: 'say that this session cannot go on, and what it lacks',
  arguments: [{ name: '<text>', description: 'what is lacking, or - for standard input' }],
  options: [
    { flags: '--to <to>', description: 'who could help: host, host/session, role:R, all' },
    { flags: '--re <id>', description: 'the record that stands in the way' },
    SCOPE,
    ACK,
    DEADLINE
  ],
  examples: [{ line: "skein block 'the migration must land first' --to mac --scope db/", does: 'open until somebody unblocks it' }],
  run: async (terminal, typed) => {
    const to = textOption(typed, 'to')
    const re = textOption(typed, 're')
    return speakAs(terminal, 'block', typed, { ...(to === undefined ? {} : { to }), ...(re === undefined ? {} : { re }) }, textArgument(typed, 0))
  }
}

export const unblock: Command = {
  name: 'unblock',
  group: 'records',
  summary: 'say that what a block lacked is there',
  arguments: [ID, { name: '[text]', description: 'how' }],
  examples: [{ line: "skein unblock b-8k2f 'landed as 9ac1e2'", does: 'tells whoever was blocked' }],
  run: async (terminal, typed) => speakAs(terminal, 'unblock', typed, { id: textArgument(typed, 0) ?? '' }, textArgument(typed, 1))
}
