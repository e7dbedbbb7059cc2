import type { TakeData } from '../../control/operations/take.js'
import { visible } from '../../control/visible.js'
import { clock, reasonText, scopeText } from '../claim-text.js'
import { flagOption, textArgument, type Command, type Terminal } from '../command.js'
import { LEASE_OPTIONS, leaseOption, REASON_OPTIONS, reasonOption } from '../lease-option.js'
import { wrapWords } from '../wrapping.js'

const render = ({ style, columns }: Terminal, { how, from, took, claims, until, record }: TakeData): string => {
  const done = how === 'handed' ? `taken from ${visible(from)}, who had offered ${took.join(', ')}` : `taken over from ${visible(from)}, whose ${took.join(', ')} stands behind (${record})`
  const rows = claims.map(({ id, scope, reason, until: end }) => wrapWords(`${style.strong(id)}  ${scopeText(scope)}, until ${clock(end)}${reason === null ? '' : ` ${reasonText(reason)}`}`, columns, 12))
  return [wrapWords(`${done}; yours until ${clock(until)}`, columns, 2), ...rows].join('\n')
}

export const take: Command = {
  name: 'take',
  group: 'claims',
  summary: 'take what was offered, or take over a claim whose lease has ended',
  arguments: [{ name: '<id>', description: 'of an offer (o-…) or of a claim (c-…)' }],
  options: [...LEASE_OPTIONS, ...REASON_OPTIONS, { flags: '--force', description: 'take over a claim that is live: its holder sees that' }],
  examples: [
    { line: 'skein take o-8k2f', does: 'the claim that was offered is ended, and this session holds one of the same scope' },
    { line: "skein take c-8k2f --reason 'not heard since noon'", does: 'exit 1 while its lease runs, whether its host can be reached or not' }
  ],
  notes: 'A claim that is taken over is not ended: it stands behind the new one, its holder is told who and why,\nand takes the lead back with skein renew.',
  run: async (terminal, typed) => {
    const lease = leaseOption(typed)
    if (!lease.ok) return terminal.print(lease.reply, () => '')
    const reason = reasonOption(typed)
    const reply = await terminal.call('take', {
      id: textArgument(typed, 0) ?? '',
      force: flagOption(typed, 'force'),
      ...(lease.forMs === undefined ? {} : { for_ms: lease.forMs }),
      ...(reason === undefined ? {} : { reason })
    })
    return terminal.print<TakeData>(reply, data => render(terminal, data))
  }
}
