import type { RenewData } from '../../control/operations/renew.js'
import { visible } from '../../control/visible.js'
import { clock, scopeText } from '../claim-text.js'
import type { Command } from '../command.js'
import { LEASE_OPTIONS, leaseOption } from '../lease-option.js'
import { alignRows } from '../table.js'

export const renew: Command = {
  name: 'renew',
  group: 'claims',
  summary: "move the leases of all of this session's claims",
  options: LEASE_OPTIONS,
  examples: [{ line: 'skein renew --for 2h', does: 'holds everything of this session for two more hours, lapsed claims included' }],
  notes: "Any command of a session renews its claims by itself, once a third of the lease has passed; of one that lapsed more than four hours ago, or that\nanother session has taken over, it is told once instead who claimed what since.",
  run: async (terminal, typed) => {
    const lease = leaseOption(typed)
    if (!lease.ok) return terminal.print(lease.reply, () => '')
    const reply = await terminal.call('renew', lease.forMs === undefined ? {} : { for_ms: lease.forMs })
    return terminal.print<RenewData>(reply, ({ claims, again, back }) =>
      claims.length === 0
        ? 'this session holds no claims'
        : [alignRows(claims.map(({ id, scope, until }) => [terminal.style.strong(id), scopeText(scope), `until ${clock(until)}${again.includes(id) ? ', held again behind whoever claimed since' : ''}`])), ...(back.length === 0 ? [] : [`taken back from ${back.map(visible).join(', ')}`])].join('\n')
    )
  }
}
