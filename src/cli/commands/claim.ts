import type { ClaimAnswer } from '../../control/operations/claim.js'
import { quoted, visible } from '../../control/visible.js'
import { clock, reasonText, scopeText } from '../claim-text.js'
import { flagOption, listArgument, listOption, type Command, type Terminal } from '../command.js'
import { LEASE_OPTIONS, leaseOption, REASON_OPTIONS, reasonOption } from '../lease-option.js'
import { alignRows } from '../table.js'
import { indented, wrapWords } from '../wrapping.js'

const render = ({ style, columns }: Terminal, { claims, items, repository, until }: ClaimAnswer): string => {
  const made = items.some(({ renewed }) => !renewed)
  const head = claims.map(({ id, scope, mode, reason, until: end }) => {
    const shared = mode === 'shared' ? ' to read' : ''
    return wrapWords(`${style.strong(id)}  ${scopeText(scope)}${shared}, until ${clock(end)}${reason === null ? '' : ` ${reasonText(reason)}`}`, columns, 12)
  })
  const what = `${made ? 'claimed' : 'held already, renewed'} until ${clock(until)}${repository === null ? '' : ` in ${visible(repository)}`}`
  const mixed = items.length > 1 && items.some(({ renewed, held_by }) => renewed || held_by.length > 0)
  const rows = items.map(({ scope, renewed, held_by, held_count }) => [
    scopeText([scope]),
    renewed ? 'renewed' : 'claimed',
    held_by.length === 0 ? '' : `also held by ${held_by.slice(0, 2).map(({ holder, reason }) => `${visible(holder)}${reason === null ? '' : ` ${quoted(reason, 40)}`}`).join(', ')}${held_count > 2 ? ` and ${held_count - 2} more` : ''}`
  ])
  return [what, ...head, ...(mixed ? [indented(alignRows(rows), 2)] : [])].join('\n')
}

export const claim: Command = {
  name: 'claim',
  group: 'claims',
  summary: 'say that this session works on files, so that others are warned',
  arguments: [{ name: '<scope...>', description: 'paths, quoted patterns, or names (@test-mutex, branch:main)' }],
  options: [
    ...LEASE_OPTIONS,
    ...REASON_OPTIONS,
    { flags: '--tag <tag>', description: 'what the work touches beside its files, such as auth or schema; again for more: who claims other files under one of them is told, at most once an hour', many: true },
    { flags: '--shared', description: 'only to read: two such claims do not overlap' },
    { flags: '--strict', description: 'record nothing and exit 1 where another session holds some of it' },
    { flags: '--strict-same-tree', description: 'the same only where one would overwrite the other: in this work tree, or a name' },
    { flags: '--all', description: 'all of the scopes or none: exit 1 where one of them is held' }
  ],
  examples: [
    { line: "skein claim 'src/auth/**' --reason 'rewrite the login flow'", does: 'holds it for 30 min, renewed while this session is at work' },
    { line: 'skein claim @test-mutex --strict --for 10m', does: 'a name instead of a path; exit 1 if another session has it' }
  ],
  notes: 'Claims are advisory: one that overlaps another succeeds, with a warning that names its holder: once for each file in the same work tree, where one\noverwrites the other; once for the whole claim in another, where the changes will have to be merged. Nobody is warned of what git ignores, nor of\nlock files, changelogs and snapshots (quiet in .skein.json: another list of patterns, in which @default stands for these).\nThe first claim in a repository enrols it (skein repo list). Claiming again renews.\nA host holds at most 1,024 live claims of all its sessions: the next is CLAIMS_FULL (exit 4), and names whose sessions hold most.',
  run: async (terminal, typed) => {
    const lease = leaseOption(typed)
    if (!lease.ok) return terminal.print(lease.reply, () => '')
    const reason = reasonOption(typed)
    const tags = listOption(typed, 'tag')
    const reply = await terminal.call('claim', {
      scope: listArgument(typed, 0),
      shared: flagOption(typed, 'shared'),
      strict: flagOption(typed, 'strict') || (flagOption(typed, 'strictSameTree') ? 'same-tree' : false),
      all: flagOption(typed, 'all'),
      ...(lease.forMs === undefined ? {} : { for_ms: lease.forMs }),
      ...(reason === undefined ? {} : { reason }),
      ...(tags.length === 0 ? {} : { tags })
    })
    return terminal.print<ClaimAnswer>(reply, data => render(terminal, data))
  }
}
