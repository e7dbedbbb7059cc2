import { flagOption, listOption, textArgument, textOption, type Command, type Terminal, type Typed } from '../command.js'
import { failureReply } from '../../control/envelope.js'
import type { InvitationsData } from '../../control/operations/invitations.js'
import { parseDuration } from '../duration.js'
import { operatorPassphrase, PASSPHRASE_FILE } from '../passphrase.js'
import { alignRows } from '../table.js'

interface InviteData {
  readonly token: string
  readonly uses: number
  readonly expires: string
  readonly via: string
  readonly dials: readonly string[]
}

const MOST_USES = 64

const list: Command = {
  name: 'list',
  group: 'mesh',
  summary: 'print every invitation of this mesh and what became of it',
  examples: [{ line: 'skein invite list', does: 'id, role, uses left, expiry and state; the tokens themselves are kept nowhere' }],
  run: async terminal => {
    const reply = await terminal.call('invitations', {})
    return terminal.print<InvitationsData>(reply, ({ invitations }) => {
      if (invitations.length === 0) return 'no invitation has been made: skein invite'
      const rows = invitations.map(({ id, role, ephemeral, uses, uses_left, expires, state, used_by }) => [
        id,
        ephemeral ? `${role}, ephemeral` : role,
        `${uses_left} of ${uses} left`,
        `${state === 'expired' ? 'expired' : 'until'} ${expires.slice(0, 16)}Z`,
        state,
        used_by.join(', ')
      ])
      return alignRows(rows)
    })
  }
}

const revoke: Command = {
  name: 'revoke',
  group: 'mesh',
  summary: 'cancel an invitation: nobody comes in by it any more',
  arguments: [{ name: '<id>', description: 'as skein invite list prints it, or any unique beginning' }],
  options: [PASSPHRASE_FILE],
  examples: [{ line: 'skein invite revoke i-1a2b3c4d', does: 'needs the operator; hosts that came by it stay' }],
  run: async (terminal, typed) => {
    const { cancelInvitation } = await import('../../control/inviting.js')
    const id = textArgument(typed, 0) ?? ''
    const passphrase = await operatorPassphrase(terminal.home, typed, `skein invite revoke ${id}`)
    if (passphrase !== null && !passphrase.ok) return terminal.print(failureReply(passphrase.failure), () => '')
    const reply = await cancelInvitation({ home: terminal.home, passphrase: passphrase === null ? null : passphrase.value, id }, (op, args) => terminal.call(op, args))
    return terminal.print<InvitationsData['invitations'][number]>(reply, data => `${data.id} is ${data.state}${data.used_by.length === 0 ? '' : `; used by ${data.used_by.join(', ')}`}`)
  }
}

const admit = async (terminal: Terminal, typed: Typed, host: string): Promise<number> => {
  const { admitHost } = await import('../../control/inviting.js')
  const passphrase = await operatorPassphrase(terminal.home, typed, `skein invite --admit ${host}`)
  if (passphrase !== null && !passphrase.ok) return terminal.print(failureReply(passphrase.failure), () => '')
  const reply = await admitHost({ home: terminal.home, passphrase: passphrase === null ? null : passphrase.value, host, role: textOption(typed, 'role') ?? 'worker' }, (op, args) => terminal.call(op, args))
  return terminal.print<{ readonly host: string; readonly role: string }>(reply, data => `${data.host} is let in as ${data.role}`)
}

export const invite: Command = {
  name: 'invite',
  group: 'mesh',
  summary: 'make an invitation for another host',
  options: [
    { flags: '--role <role>', description: 'role of the newcomer: planner, standby-planner, worker, viewer (worker)' },
    { flags: '--uses <count>', description: `for how many hosts, 1 to ${MOST_USES} (1)` },
    { flags: '--for <duration>', description: 'how long it holds (24h)' },
    { flags: '--ttl <duration>', description: 'as --for', hidden: true },
    { flags: '--expires <duration>', description: 'as --for', hidden: true },
    { flags: '--ephemeral', description: 'for CI and containers' },
    { flags: '--via <host>', description: 'the member that lets the newcomer in (this host)' },
    { flags: '--dial <address>', description: 'where that member can be dialled, in place of what it tells of itself; again for more', many: true },
    { flags: '--admit <host>', description: 'let in a host that is held back, since its invitation was used too often' },
    PASSPHRASE_FILE
  ],
  commands: [list, revoke],
  examples: [
    { line: 'skein invite', does: 'prints the line to type on the other host; good for one host and 24 h' },
    { line: 'skein invite --uses 4 --for 7d', does: 'one line for four hosts, good for a week' },
    { line: 'skein invite --admit pi-8k2f0mqx', does: 'lets in a host that skein peers shows as held back; skein revoke keeps it out' },
    { line: 'skein invite --via box', does: 'for a newcomer that can reach box, but not this host' }
  ],
  run: async (terminal, typed) => {
    const admitted = textOption(typed, 'admit')
    if (admitted !== undefined) return admit(terminal, typed, admitted)
    const { invite: make } = await import('../../control/inviting.js')
    const forMs = parseDuration(textOption(typed, 'for') ?? textOption(typed, 'ttl') ?? textOption(typed, 'expires') ?? '24h')
    const uses = Number(textOption(typed, 'uses') ?? 1)
    if (forMs === null || forMs <= 0) return terminal.print(failureReply({ code: 'FIELD_INVALID', message: '--for takes a duration such as 30m, 24h or 3d', field: '--for' }), () => '')
    if (!Number.isInteger(uses) || uses < 1 || uses > MOST_USES) return terminal.print(failureReply({ code: 'FIELD_INVALID', message: `--uses takes a whole number from 1 to ${MOST_USES}`, field: '--uses' }), () => '')
    const passphrase = await operatorPassphrase(terminal.home, typed, 'skein invite')
    if (passphrase !== null && !passphrase.ok) return terminal.print(failureReply(passphrase.failure), () => '')
    const reply = await make(
      {
        home: terminal.home,
        passphrase: passphrase === null ? null : passphrase.value,
        role: textOption(typed, 'role') ?? 'worker',
        uses,
        forMs,
        ephemeral: flagOption(typed, 'ephemeral'),
        via: textOption(typed, 'via'),
        dial: listOption(typed, 'dial')
      },
      (op, args) => terminal.call(op, args)
    )
    const places = (urls: readonly string[]): string => urls.map(url => url.replace(/^wss?:\/\//, '')).join(', ')
    return terminal.print<InviteData>(reply, data => `skein join ${data.token}\n        ${data.uses === 1 ? 'one host' : `${data.uses} hosts`}, until ${data.expires.slice(0, 16)}Z · dials ${data.via} at ${places(data.dials)}`)
  }
}
