import type { ClaimsData, ListedClaim } from '../../control/operations/claims.js'
import { visible } from '../../control/visible.js'
import { failureReply } from '../../control/envelope.js'
import { branchText, leaseText, reasonText, scopeText, silenceLines, waitersText } from '../claim-text.js'
import { flagOption, listArgument, textOption, type Command, type Terminal } from '../command.js'
import { readSpan } from '../span-options.js'
import { wrapWords } from '../wrapping.js'

const LISTED = 200
const LISTED_AT_MOST = 5_000

const details = ({ style }: Terminal, here: string | null, claim: ListedClaim): string[] => {
  const { mode, reason, repository, crossings, lead, reclaimed, reclaimed_by, offered, same_tree } = claim
  const first = crossings.find(({ settled }) => settled === null) ?? crossings[0]
  const mark = first?.settled === null ? style.warn : style.faint
  const crossing =
    first === undefined
      ? ''
      : mark(`${lead === false ? 'follows' : 'leads'} ${visible(first.holder)} (${first.claim})${crossings.length > 1 ? ` and ${crossings.length - 1} more` : ''} on ${scopeText([first.witness])}${first.settled === null ? '' : `, settled (${first.settled.how}) by ${visible(first.settled.by)}`}`)
  return [
    leaseText(claim),
    reasonText(reason),
    mode === 'shared' ? 'to read' : '',
    branchText(claim),
    same_tree === true && !claim.mine ? style.warn('this work tree') : '',
    repository === (here ?? '') ? '' : repository === '' ? 'in no repository' : `in ${visible(repository)}`,
    claim.overridden.length > 0 ? style.warn(`overridden by ${claim.overridden.join(', ')}`) : '',
    reclaimed > 0 ? style.warn(`taken over by ${reclaimed_by.map(visible).join(', ')}`) : '',
    offered.length === 0 ? '' : `offered to ${offered.map(({ to, offer }) => `${visible(to)} (${offer})`).join(', ')}`,
    crossing,
    claim.waiting.length === 0 ? '' : style.warn(waitersText(claim.waiting))
  ].filter(part => part !== '')
}

const render = (terminal: Terminal, { repository, claims, total, left_off }: ClaimsData): string => {
  const { style, columns } = terminal
  const holders = claims.map(({ host, session }) => visible(`${host}/${session}`))
  const width = Math.min(28, Math.max(0, ...holders.map(({ length }) => length)))
  const rows = claims.map((claim, index) => {
    const holder = holders[index] ?? ''
    const name = claim.mine ? style.strong(holder.padEnd(width)) : holder.padEnd(width)
    const state = claim.state === 'live' ? '' : ` ${style.faint(`(${claim.state})`)}`
    const scope = wrapWords(scopeText(claim.scope), Math.max(24, columns - width - 14), 0).replaceAll('\n', `\n${' '.repeat(width + 14)}`)
    return `${claim.id.padEnd(10)}  ${name}  ${scope}${state}\n${' '.repeat(12)}${wrapWords(details(terminal, repository, claim).join(' · '), columns - 12).replaceAll('\n', `\n${' '.repeat(12)}`)}`
  })
  if (total === 0) return 'no claims'
  return [...rows, ...(left_off === 0 ? [] : [`… and ${left_off} more of ${total}: skein claims SCOPE, or --limit`])].join('\n')
}

export const claims: Command = {
  name: 'claims',
  group: 'claims',
  summary: 'list who holds what, on every host',
  arguments: [{ name: '[scope...]', description: 'only claims that overlap these paths, patterns or names' }],
  options: [
    { flags: '--mine', description: "only this session's" },
    { flags: '--at <when>', description: 'as it was then: a time or an age' },
    { flags: '--limit <count>', description: `how many to list (${LISTED}; with --json ${LISTED_AT_MOST})` }
  ],
  examples: [
    { line: 'skein claims', does: 'every claim that stands, of every repository, live ones first' },
    { line: "skein claims 'src/**' --json", does: 'those that overlap, with their crossings, for a program' }
  ],
  run: async (terminal, typed) => {
    const given = textOption(typed, 'limit')
    const limit = given === undefined ? (terminal.json ? LISTED_AT_MOST : LISTED) : Number(given)
    if (!Number.isInteger(limit) || limit < 1 || limit > LISTED_AT_MOST) return terminal.print(failureReply({ code: 'FIELD_INVALID', message: `--limit takes a whole number from 1 to ${LISTED_AT_MOST}`, field: '--limit' }), () => '')
    const at = readSpan(typed, ['at'])
    if (!at.ok) return terminal.print(failureReply(at.failure), () => '')
    const reply = await terminal.call('claims', { scope: listArgument(typed, 0), mine: flagOption(typed, 'mine'), limit, ...at.value })
    return terminal.print<ClaimsData>(reply, data => [render(terminal, data), ...silenceLines(reply).map(line => terminal.style.warn(line))].join('\n'))
  }
}
