import type { AckData } from '../../control/operations/acks.js'
import { textArgument, type Command, type Terminal } from '../command.js'
import { authorText } from '../records.js'
import { reasonOf, REASON } from '../speech.js'
import { ID } from './propose.js'

const said = (terminal: Terminal, { id, kind, answers, already }: AckData): string => {
  const done = kind === 'ack' ? 'acked' : 'refused'
  return already ? `${answers.id} was ${done} by this session before (${id})` : `${terminal.style.strong(id)}  ${done} ${answers.id} of ${authorText(answers)}`
}

export const ack: Command = {
  name: 'ack',
  group: 'records',
  summary: 'say that a record was read and will be heeded',
  arguments: [ID, { name: '[text]', description: 'a word with it' }],
  examples: [{ line: 'skein ack m-8k2f', does: 'its author no longer waits; any session of the asked host may' }],
  notes: 'Reading never acks. An ack names the text that was shown, and needs no ack itself.',
  run: async (terminal, typed) => {
    const text = textArgument(typed, 1)
    const reply = await terminal.call('ack', { id: textArgument(typed, 0) ?? '', ...(text === undefined ? {} : { text }) })
    return terminal.print<AckData>(reply, data => said(terminal, data))
  }
}

export const nack: Command = {
  name: 'nack',
  group: 'records',
  summary: 'say that a record was read and will not be heeded, and why',
  arguments: [ID],
  options: REASON,
  examples: [{ line: "skein nack m-8k2f --reason 'the release is frozen'", does: 'its author is told, with the reason' }],
  run: async (terminal, typed) => {
    const reason = reasonOf(typed)
    const reply = await terminal.call('nack', { id: textArgument(typed, 0) ?? '', ...(reason === undefined ? {} : { reason }) })
    return terminal.print<AckData>(reply, data => said(terminal, data))
  }
}
