import { failureReply } from '../../control/envelope.js'
import type { Revocation, RevokedData } from '../../control/revoking.js'
import { textArgument, textOption, type Command } from '../command.js'
import { confirmed, YES } from '../confirmation.js'
import { operatorPassphrase, PASSPHRASE_FILE } from '../passphrase.js'

const counted = (count: number): string => `${count} record${count === 1 ? '' : 's'}`

const render = ({ host, records, held_back }: RevokedData): string =>
  held_back ? `${host} is kept out for good` : `${host} is revoked for good · its ${counted(records)} held here stay, whatever it or a thief writes from now on counts nowhere`

export const revoke: Command = {
  name: 'revoke',
  group: 'mesh',
  summary: 'put a host out of the mesh for good: what it wrote until now stays, nothing later counts',
  arguments: [{ name: '<host>', description: 'as skein peers shows it, or the beginning of its id' }],
  options: [{ flags: '--reason <text>', description: 'why, for whoever reads the acts later' }, YES, PASSPHRASE_FILE],
  examples: [
    { line: 'skein revoke box --reason "stolen laptop"', does: 'asks for the host\'s name and the operator\'s passphrase' },
    { line: 'skein revoke pi-8k2f0mqx --yes', does: 'without asking; also for a host that is held back' }
  ],
  notes: 'What stays is what this host holds of it: skein sync first, if it may hold too little. What other hosts hold beyond that they drop, and list. A revoked key never comes back; the machine can join as a new host.',
  run: async (terminal, typed) => {
    const host = textArgument(typed, 0) ?? ''
    const line = `skein revoke ${host}`
    const prepared = await terminal.call('revocation', { host })
    if (!prepared.envelope.ok) return terminal.print(prepared, () => '')
    const named = prepared.envelope.data as Revocation
    const agreed = await confirmed(typed, { question: `${named.host} will be out of the mesh for good; ${named.held_back ? 'it was not let in yet' : `its ${counted(named.records)} held here stay`}.`, word: named.host, line })
    if (!agreed.ok) return terminal.print(failureReply(agreed.failure), () => '')
    const passphrase = await operatorPassphrase(terminal.home, typed, line)
    if (passphrase !== null && !passphrase.ok) return terminal.print(failureReply(passphrase.failure), () => '')
    const { revokeHost } = await import('../../control/revoking.js')
    const reply = await revokeHost({ home: terminal.home, passphrase: passphrase === null ? null : passphrase.value }, textOption(typed, 'reason') ?? '', named, (op, args) => terminal.call(op, args))
    return terminal.print<RevokedData>(reply, render)
  }
}
