import { failureReply } from '../../control/envelope.js'
import type { Signing } from '../../control/operator.js'
import type { OperatorsData } from '../../control/operations/operators.js'
import type { Result } from '../../control/result.js'
import type { EndingOperator } from '../../control/revoking.js'
import { textArgument, textOption, type Command, type Terminal, type Typed } from '../command.js'
import { confirmed, YES } from '../confirmation.js'
import { operatorPassphrase, PASSPHRASE_FILE, passphraseFor, RECOVERY_FILE, recoveryCode } from '../passphrase.js'
import { alignRows } from '../table.js'

const NAME = { flags: '--name <name>', description: 'what the operator is called' } as const

/** With the recovery code where one was given, else with the operator key of this home. */
const signingOf = async (terminal: Terminal, typed: Typed, line: string): Promise<Result<Signing>> => {
  const code = recoveryCode(typed)
  if (code !== null) {
    if (!code.ok) return code
    const { readRecovery } = await import('../../control/recovery.js')
    const signer = readRecovery(code.value)
    return signer.ok ? { ok: true, value: { home: terminal.home, passphrase: null, signer: signer.value } } : signer
  }
  const passphrase = await operatorPassphrase(terminal.home, typed, line)
  if (passphrase !== null && !passphrase.ok) return passphrase
  return { ok: true, value: { home: terminal.home, passphrase: passphrase === null ? null : passphrase.value } }
}

const list: Command = {
  name: 'list',
  group: 'mesh',
  summary: 'print the operators of this mesh by rank',
  examples: [{ line: 'skein operator list', does: 'key, name and rank; only a higher-ranked one revokes another' }],
  run: async terminal => {
    const reply = await terminal.call('operator-list', {})
    return terminal.print<OperatorsData>(reply, ({ operators, recovery }) => {
      const rows = operators.map(({ key, name, rank, revoked, here }) => [String(rank), name ?? '(founder)', key.slice(0, 16), revoked ? 'revoked' : here ? 'key in this home' : ''])
      return `${alignRows(rows)}\n${recovery ? 'above them: the recovery code that skein init printed' : 'this mesh has no recovery code'}`
    })
  }
}

const key: Command = {
  name: 'key',
  group: 'mesh',
  summary: 'make an operator key in this home and print it for an operator to add',
  options: [{ flags: '--no-passphrase', description: 'leave the operator key without a passphrase' }, PASSPHRASE_FILE],
  examples: [{ line: 'skein operator key', does: 'on the second operator\'s own host; asks for a passphrase (12+ characters)' }],
  run: async (terminal, typed) => {
    const passphrase = typed.options.get('passphrase') === false ? null : await passphraseFor(typed, 'operator passphrase (12+ characters): ', 'skein operator key')
    if (passphrase !== null && !passphrase.ok) return terminal.print(failureReply(passphrase.failure), () => '')
    const { makeOperatorKey } = await import('../../control/revoking.js')
    const reply = await makeOperatorKey(terminal.home, passphrase === null ? null : passphrase.value)
    return terminal.print<{ readonly key: string }>(reply, data => `operator key ${data.key}\n        no operator's yet: one of them types skein operator add with it`)
  }
}

const add: Command = {
  name: 'add',
  group: 'mesh',
  summary: 'make another key an operator\'s',
  arguments: [{ name: '<key>', description: 'as skein operator key printed it on the other host' }],
  options: [NAME, RECOVERY_FILE, PASSPHRASE_FILE],
  examples: [
    { line: 'skein operator add 3f1c… --name paul', does: 'signed by the operator of this home; ranks below it' },
    { line: 'skein operator add 3f1c… --name paul --recovery-file code.txt', does: 'when the last operator key is lost: with the code that skein init printed' }
  ],
  run: async (terminal, typed) => {
    const added = textArgument(typed, 0) ?? ''
    const name = textOption(typed, 'name')
    if (name === undefined) return terminal.print(failureReply({ code: 'FIELD_MISSING', message: 'an operator needs a name', field: '--name', next: [`skein operator add ${added} --name NAME`] }), () => '')
    const signing = await signingOf(terminal, typed, `skein operator add ${added} --name ${name}`)
    if (!signing.ok) return terminal.print(failureReply(signing.failure), () => '')
    const { addOperator } = await import('../../control/revoking.js')
    const reply = await addOperator(signing.value, { key: added.toLowerCase(), name }, (op, args) => terminal.call(op, args))
    return terminal.print<{ readonly name: string }>(reply, data => `${data.name} is an operator of this mesh`)
  }
}

const revoke: Command = {
  name: 'revoke',
  group: 'mesh',
  summary: 'end an operator\'s word: what it signed until now stays, nothing later counts',
  arguments: [{ name: '<operator>', description: 'its name, or the beginning of its key' }],
  options: [{ flags: '--reason <text>', description: 'why' }, YES, RECOVERY_FILE, PASSPHRASE_FILE],
  examples: [{ line: 'skein operator revoke paul', does: 'by a higher-ranked operator, or with --recovery-file; the key never comes back' }],
  run: async (terminal, typed) => {
    const text = textArgument(typed, 0) ?? ''
    const line = `skein operator revoke ${text}`
    const prepared = await terminal.call('operator-ending', { operator: text })
    if (!prepared.envelope.ok) return terminal.print(prepared, () => '')
    const ending = prepared.envelope.data as EndingOperator
    const word = ending.name ?? ending.key.slice(0, 8)
    const agreed = await confirmed(typed, { question: `${word} will be no operator any more; its key cannot come back.`, word, line })
    if (!agreed.ok) return terminal.print(failureReply(agreed.failure), () => '')
    const signing = await signingOf(terminal, typed, line)
    if (!signing.ok) return terminal.print(failureReply(signing.failure), () => '')
    const { revokeOperator } = await import('../../control/revoking.js')
    const reply = await revokeOperator(signing.value, textOption(typed, 'reason') ?? '', ending, (op, args) => terminal.call(op, args))
    return terminal.print<EndingOperator>(reply, data => `${data.name ?? data.key.slice(0, 8)} is no operator any more`)
  }
}

export const operator: Command = {
  name: 'operator',
  group: 'mesh',
  summary: 'who may sign for the mesh: list, add, revoke',
  commands: [list, key, add, revoke],
  examples: [
    { line: 'skein operator list', does: 'the operators by rank' },
    { line: 'skein operator key', does: 'on another host: the first step to a second operator' }
  ],
  notes: 'When every operator key is lost: make one with skein operator key, then skein operator add it with --recovery-file. Without the recovery code no one can be let in or put out any more: found a new mesh with skein init in another home, invite the hosts anew, and take over what is wanted; the old homes stay readable.',
  run: list.run
}
