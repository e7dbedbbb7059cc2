import { textArgument, textOption, type Command } from '../command.js'
import { ACK, DEADLINE, EXPIRES, QUORUM, reasonOf, REASON, SCOPE, speakAs } from '../speech.js'
import { TO } from './send.js'

export const propose: Command = {
  name: 'propose',
  group: 'records',
  summary: 'propose work on a scope to somebody, who accepts or rejects it',
  arguments: [TO, { name: '<text>', description: 'what is proposed, or - for standard input' }],
  options: [SCOPE, { flags: '--supersedes <id>', description: 'a proposal of this session that this one stands for from now on' }, ACK, QUORUM, DEADLINE, ...EXPIRES],
  examples: [{ line: "skein propose box 'you take the parser, I keep the API' --scope 'src/parse/**' --ack", does: 'pending until box accepts, rejects, acks or refuses' }],
  notes: 'A scope is required. With --ack, accepting or rejecting counts as the ack.',
  run: async (terminal, typed) => {
    const supersedes = textOption(typed, 'supersedes')
    return speakAs(terminal, 'propose', typed, { to: textArgument(typed, 0) ?? '', ...(supersedes === undefined ? {} : { supersedes }) }, textArgument(typed, 1))
  }
}

export const ID = { name: '<id>', description: 'p-8k2f0mqx, or any unique beginning of it' } as const

export const accept: Command = {
  name: 'accept',
  group: 'records',
  summary: 'accept a proposal, or take what was offered',
  arguments: [ID, { name: '[text]', description: 'on what understanding' }],
  examples: [{ line: 'skein accept p-8k2f', does: 'tells its author; counts as the ack it wanted' }],
  run: async (terminal, typed) => speakAs(terminal, 'accept', typed, { id: textArgument(typed, 0) ?? '' }, textArgument(typed, 1))
}

export const reject: Command = {
  name: 'reject',
  group: 'records',
  summary: 'reject a proposal or an offer',
  arguments: [ID],
  options: REASON,
  examples: [{ line: "skein reject p-8k2f --reason 'I am in the middle of that file'", does: 'tells its author why' }],
  run: async (terminal, typed) => speakAs(terminal, 'reject', typed, { id: textArgument(typed, 0) ?? '' }, reasonOf(typed))
}
