import { flagOption, textOption, type Command } from '../command.js'
import { failureReply } from '../../control/envelope.js'
import { parseDuration } from '../duration.js'
import { PASSPHRASE_FILE, passphraseFor } from '../passphrase.js'

interface InviteData {
  readonly token: string
  readonly uses: number
  readonly expires: string
  readonly dials: readonly string[]
}

export const invite: Command = {
  name: 'invite',
  group: 'mesh',
  summary: 'make an invitation for another host',
  options: [
    { flags: '--role <role>', description: 'role of the newcomer: planner, standby-planner, worker, viewer (worker)' },
    { flags: '--uses <count>', description: 'for how many hosts (1)' },
    { flags: '--for <duration>', description: 'how long it holds (24h)' },
    { flags: '--ephemeral', description: 'for CI and containers' },
    PASSPHRASE_FILE
  ],
  examples: [{ line: 'skein invite', does: 'prints the line to type on the other host; good for one host and 24 h' }],
  run: async (terminal, typed) => {
    const { invite: make, operatorHasPassphrase } = await import('../../control/inviting.js')
    const forMs = parseDuration(textOption(typed, 'for') ?? '24h')
    const uses = Number(textOption(typed, 'uses') ?? 1)
    if (forMs === null) return terminal.print(failureReply({ code: 'FIELD_INVALID', message: '--for takes a duration such as 30m, 24h or 3d', field: '--for' }), () => '')
    if (!Number.isInteger(uses) || uses < 1) return terminal.print(failureReply({ code: 'FIELD_INVALID', message: '--uses takes a whole number from 1 on', field: '--uses' }), () => '')
    const needed = await operatorHasPassphrase(terminal.home)
    const passphrase = needed ? await passphraseFor(terminal, typed, 'operator passphrase: ', 'skein invite') : null
    if (passphrase !== null && !passphrase.ok) return terminal.print(failureReply(passphrase.failure), () => '')
    const reply = await make(
      { home: terminal.home, passphrase: passphrase === null ? null : passphrase.value, role: textOption(typed, 'role') ?? 'worker', uses, forMs, ephemeral: flagOption(typed, 'ephemeral') },
      (op, args) => terminal.call(op, args)
    )
    const places = (urls: readonly string[]): string => urls.map(url => url.replace(/^wss?:\/\//, '')).join(', ')
    return terminal.print<InviteData>(reply, data => `skein join ${data.token}\n        ${data.uses === 1 ? 'one host' : `${data.uses} hosts`}, until ${data.expires.slice(0, 16)}Z · dials ${places(data.dials)}`)
  }
}
