import { textArgument, type Command } from '../command.js'
import { ACK, DEADLINE, SCOPE, speakAs } from '../speech.js'
import { ID } from './propose.js'
import { TO } from './send.js'

export const ask: Command = {
  name: 'ask',
  group: 'records',
  summary: 'ask somebody; the answer closes it',
  arguments: [TO, { name: '<text>', description: 'the question, or - for standard input' }],
  options: [DEADLINE, SCOPE],
  examples: [{ line: 'skein ask mac/claude-7f3a "may I rename LoginForm?" --scope src/auth', does: 'pending until somebody on mac answers, acks or refuses' }],
  run: async (terminal, typed) => speakAs(terminal, 'ask', typed, { to: textArgument(typed, 0) ?? '' }, textArgument(typed, 1))
}

export const answer: Command = {
  name: 'answer',
  group: 'records',
  summary: 'answer a question, or whatever else was said',
  arguments: [ID, { name: '<text>', description: 'the answer, or - for standard input' }],
  options: [ACK, DEADLINE],
  examples: [{ line: 'skein answer q-8k2f "yes, after 15:00"', does: 'goes to whoever asked' }],
  run: async (terminal, typed) => speakAs(terminal, 'answer', typed, { id: textArgument(typed, 0) ?? '' }, textArgument(typed, 1))
}
