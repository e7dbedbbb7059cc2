import { textArgument, textOption, type Command } from '../command.js'
import { ACK, DEADLINE, reasonOf, REASON, SCOPE, speakAs } from '../speech.js'
import { ID } from './propose.js'

export const decide: Command = {
  name: 'decide',
  group: 'records',
  summary: 'record something that is settled, and why',
  arguments: [{ name: '<text>', description: 'what is decided, or - for standard input' }],
  options: [...REASON, { flags: '--to <to>', description: 'whom it concerns: host, host/session, role:R, all' }, SCOPE, ACK, DEADLINE],
  examples: [{ line: "skein decide 'sessions are JWTs' --reason 'no shared store' --to all --scope src/auth", does: 'stands in everybody\'s timeline' }],
  run: async (terminal, typed) => {
    const to = textOption(typed, 'to')
    const reason = reasonOf(typed)
    return speakAs(terminal, 'decide', typed, { ...(to === undefined ? {} : { to }), ...(reason === undefined ? {} : { reason }) }, textArgument(typed, 0))
  }
}

export const withdraw: Command = {
  name: 'withdraw',
  group: 'records',
  summary: 'take back something that this session said: it is owed no more',
  arguments: [ID],
  options: REASON,
  examples: [{ line: "skein withdraw q-8k2f --reason 'found it myself'", does: 'what was shown stays shown' }],
  run: async (terminal, typed) => speakAs(terminal, 'withdraw', typed, { id: textArgument(typed, 0) ?? '' }, reasonOf(typed))
}
