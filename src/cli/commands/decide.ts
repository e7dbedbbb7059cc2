import { failureReply } from '../../control/envelope.js'
import type { DirectiveFound } from '../../control/operations/directive.js'
import { textArgument, textOption, type Command, type Terminal, type Typed } from '../command.js'
import { operatorPassphrase, PASSPHRASE_FILE } from '../passphrase.js'
import { ACK, DEADLINE, reasonOf, REASON, SCOPE, speakAs } from '../speech.js'
import { directiveText } from './directive.js'
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

/** A directive ends by an operator's act. Null where the id means none: then it is a record's. */
const withdrawnByOperator = async (terminal: Terminal, typed: Typed, id: string): Promise<number | null> => {
  const found = await terminal.call('directive-find', { id })
  if (!found.envelope.ok) return null
  const passphrase = await operatorPassphrase(terminal.home, typed, `skein withdraw ${id}`)
  if (passphrase !== null && !passphrase.ok) return terminal.print(failureReply(passphrase.failure), () => '')
  const { withdrawDirective } = await import('../../control/deciding.js')
  const reply = await withdrawDirective({ home: terminal.home, passphrase: passphrase === null ? null : passphrase.value }, reasonOf(typed), found.envelope.data as DirectiveFound, (op, args) => terminal.call(op, args))
  return terminal.print<DirectiveFound>(reply, data => directiveText(terminal, data))
}

export const withdraw: Command = {
  name: 'withdraw',
  group: 'records',
  summary: 'take back something that this session said: it is owed no more; or, as operator, a directive',
  arguments: [ID],
  options: [...REASON, PASSPHRASE_FILE],
  examples: [
    { line: "skein withdraw q-8k2f --reason 'found it myself'", does: 'what was shown stays shown' },
    { line: 'skein withdraw d-1a2b3c4d', does: 'a directive: needs the operator' }
  ],
  run: async (terminal, typed) => {
    const id = textArgument(typed, 0) ?? ''
    const ended = /^(d-)?[0-9a-f]{4,64}$/.test(id) ? await withdrawnByOperator(terminal, typed, id) : null
    return ended ?? speakAs(terminal, 'withdraw', typed, { id }, reasonOf(typed))
  }
}
