import { failureReply } from '../../control/envelope.js'
import type { DirectiveFound, DirectiveSetting } from '../../control/operations/directive.js'
import { visible } from '../../control/visible.js'
import { flagOption, listOption, textArgument, textOption, type Command, type Terminal } from '../command.js'
import { directiveLines } from '../directive-text.js'
import { parseDuration } from '../duration.js'
import { operatorPassphrase, PASSPHRASE_FILE } from '../passphrase.js'
import { spokenText } from '../speech.js'

/** The directive, and whose claims it takes the place of. */
export const directiveText = (terminal: Terminal, { directive: row, overridden, overridden_count }: DirectiveFound): string => {
  const holders = [...new Set(overridden.map(({ host, session }) => visible(`${host}/${session}`)))]
  const more = overridden_count > overridden.length ? ` and others` : ''
  const lines = overridden_count === 0 || row.state !== 'live' ? [] : [`  goes before ${overridden_count} ${overridden_count === 1 ? 'claim' : 'claims'} of ${holders.join(', ')}${more}: shown as overridden`]
  return [...directiveLines(terminal, row), ...lines].join('\n')
}

export const directive: Command = {
  name: 'directive',
  group: 'records',
  summary: 'tell every session what is wanted; signed by the operator, shown before everything else',
  arguments: [{ name: '<text>', description: 'what is wanted, or - for standard input' }],
  options: [
    { flags: '--scope <scope>', description: 'a path, a quoted pattern or a name; again for more; everything when left out', many: true },
    { flags: '--for <duration>', description: 'how long it stands (until it is withdrawn)' },
    { flags: '--ttl <duration>', description: 'as --for', hidden: true },
    { flags: '--expires <duration>', description: 'as --for', hidden: true },
    { flags: '--stop', description: 'no claim is made there while it stands' },
    PASSPHRASE_FILE
  ],
  examples: [
    { line: "skein directive 'the release is cut at 16:00Z: only fixes' --for 3h", does: 'heads status, inbox and pending of every host, also of those that join later' },
    { line: "skein directive --stop 'hands off the payment code' --scope 'src/pay/**'", does: 'claims there are refused, and those that stand are shown as overridden' },
    { line: 'skein show d-1a2b3c4d', does: 'which hosts have seen and acked it' }
  ],
  notes: "What a session relays or a person types in a prompt is a record (skein send all TEXT --kind directive) and shown as that: only this one carries an operator's signature.",
  run: async (terminal, typed) => {
    const lasting = textOption(typed, 'for') ?? textOption(typed, 'ttl') ?? textOption(typed, 'expires')
    const forMs = lasting === undefined ? null : parseDuration(lasting)
    if (lasting !== undefined && (forMs === null || forMs <= 0)) return terminal.print(failureReply({ code: 'FIELD_INVALID', message: '--for takes a duration such as 30m, 24h or 3d', field: '--for' }), () => '')
    const text = await spokenText(textArgument(typed, 0))
    if (!text.ok) return terminal.print(failureReply(text.failure), () => '')
    const prepared = await terminal.call('directive-setting', { text: text.value ?? '', scope: [...listOption(typed, 'scope')] })
    if (!prepared.envelope.ok) return terminal.print(prepared, () => '')
    const passphrase = await operatorPassphrase(terminal.home, typed, 'skein directive TEXT')
    if (passphrase !== null && !passphrase.ok) return terminal.print(failureReply(passphrase.failure), () => '')
    const { direct } = await import('../../control/deciding.js')
    const wanted = { ...(prepared.envelope.data as DirectiveSetting), forMs, stop: flagOption(typed, 'stop') }
    const reply = await direct({ home: terminal.home, passphrase: passphrase === null ? null : passphrase.value }, wanted, (op, args) => terminal.call(op, args))
    return terminal.print<DirectiveFound>(reply, found => directiveText(terminal, found))
  }
}
