import type { RotatedKeyData } from '../../control/rotating.js'
import { failureReply } from '../../control/envelope.js'
import { textOption, type Command } from '../command.js'
import { operatorPassphrase, PASSPHRASE_FILE } from '../passphrase.js'

const DAEMON = { 'up again': 'the daemon is up again with it', 'none ran': 'no daemon runs here: peers learn of it with skein up or skein sync', 'not up again': 'the daemon did not come up again' }

const render = ({ host, id, key, claims, daemon }: RotatedKeyData): string =>
  `${host} has a new key, ${key.slice(0, 16)} · it is still ${id}, and ${claims === 1 ? 'its claim is' : `its ${claims} claims are`} its own · ${DAEMON[daemon]}`

export const rotateKey: Command = {
  name: 'rotate-key',
  group: 'mesh',
  summary: 'give this host a new key: it stays the same host, with its claims, and the old key counts nowhere any more',
  options: [{ flags: '--reason <text>', description: 'why, for whoever reads the acts later' }, PASSPHRASE_FILE],
  examples: [
    { line: 'skein rotate-key --reason "backup of the home was lost"', does: 'asks for the operator\'s passphrase' },
    { line: 'skein operator key', does: 'first, on a host that has no operator key: then an operator adds it' }
  ],
  notes: 'Needs an operator key in this home, since an operator, the old key and the new one sign. The daemon is stopped for it and started again. What the old key wrote until now stays; what is written with a copy of it from now on is refused everywhere. A change that was cut short is finished or taken back at the next start, which says so. Invitations that name this host as the one to meet first end with PIN_MISMATCH: make new ones.',
  run: async (terminal, typed) => {
    const passphrase = await operatorPassphrase(terminal.home, typed, 'skein rotate-key')
    if (passphrase !== null && !passphrase.ok) return terminal.print(failureReply(passphrase.failure), () => '')
    const { rotateKey: rotate } = await import('../../control/rotating.js')
    const reply = await rotate({ home: terminal.home, passphrase: passphrase === null ? null : passphrase.value }, textOption(typed, 'reason') ?? '', (op, args) => terminal.call(op, args))
    return terminal.print<RotatedKeyData>(reply, render)
  }
}
