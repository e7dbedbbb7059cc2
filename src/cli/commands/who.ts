import { ageText } from '../../control/age.js'
import type { OpenIntent } from '../../control/open-intents.js'
import type { Holder, WhoData } from '../../control/operations/who.js'
import type { Touch } from '../../control/touches.js'
import { quoted, visible } from '../../control/visible.js'
import { branchText, clock, leaseText, reasonText, scopeText, silenceLines, waitersText } from '../claim-text.js'
import { listArgument, type Command, type Terminal } from '../command.js'
import { failureReply } from '../../control/envelope.js'
import { readSpan } from '../span-options.js'
import { wrapWords } from '../wrapping.js'

/** A longer path stands on a line of its own. */
const PATH_COLUMN = 32

const treeText = ({ same_tree, root, branch, base }: Holder, env: NodeJS.ProcessEnv): string => {
  const where = root === null ? '' : `: ${visible(env.HOME !== undefined && root.startsWith(`${env.HOME}/`) ? `~${root.slice(env.HOME.length)}` : root)}`
  const tree = same_tree === null ? '' : same_tree ? 'same tree' : `other tree${where}`
  return [tree, branchText({ branch, base })].filter(part => part !== '').join(' ')
}

const heardText = ({ host, heard_ms }: Holder): string => {
  if (heard_ms === 0) return 'this host'
  return heard_ms === null ? `${visible(host)} never heard here` : `${visible(host)} heard ${ageText(heard_ms)} ago`
}

const holderLines = ({ style, env, columns }: Terminal, claim: Holder, scope: string, room: number): string[] => {
  const { holder, reason, mode, state } = claim
  const name = claim.mine ? style.good('yours') : style.strong(visible(holder))
  const how = `${mode === 'shared' ? ' (reading)' : ''}${state === 'stale' ? ' (stale)' : ''}`
  const via = claim.scope.includes(scope) ? '' : `${scopeText(claim.scope.slice(0, 3))}${claim.scope.length > 3 ? ' …' : ''}`
  const why = [via, reasonText(reason)].filter(part => part !== '').join(': ')
  const place = [treeText(claim, env), heardText(claim)].filter(part => part !== '').join(' · ')
  const width = Math.min(columns, 100) - room
  return [`${name}${how}, ${leaseText(claim)}`, ...(why === '' ? [] : [why]), place, waitersText(claim.waiting)].filter(line => line !== '').flatMap(line => wrapWords(line, width).split('\n'))
}

const INTENT_CHARS = 80

/** `last mac/claude-7f3a, 14:02Z until 14:20Z (2 h ago): "rewrite"`; with what was claimed, where that was more than this path. */
const touchText = (touch: Touch): string => {
  const { since, ended, state, item, exact, reason, mine } = touch
  const when = ended === null ? `${clock(since)} (${ageText(Date.now() - Date.parse(since))} ago)${state === 'stale' ? ', lapsed' : ''}` : `${clock(since)} until ${clock(ended)} (${ageText(Date.now() - Date.parse(ended))} ago)`
  return `last ${mine ? 'yours' : visible(touch.holder)}, ${when}${exact ? '' : `, as ${scopeText([item])}`}${reason === null ? '' : `: ${reasonText(reason)}`}`
}

const intentText = ({ holder, mine, age_ms, text }: OpenIntent): string => `${mine ? 'your intent' : `intent of ${visible(holder)}`} ${ageText(age_ms)} ago: ${quoted(text, INTENT_CHARS)}`

const render = (terminal: Terminal, { paths }: WhoData): string => {
  const names = paths.map(({ path }) => visible(path))
  const wide = Math.max(...names.map(({ length }) => length))
  const column = wide > PATH_COLUMN ? 2 : wide + 3
  return paths
    .flatMap(({ scope, state, holders, last, intents, intent_count, policy, directives }, index) => {
      const holding = state === 'free' ? [terminal.style.good('free')] : holders.flatMap(each => holderLines(terminal, each, scope, column))
      const also = [...(last === null || state !== 'free' ? [] : [touchText(last)]), ...intents.map(intentText), ...(intent_count > intents.length ? [`and ${intent_count - intents.length} more: skein intents`] : [])]
      const orders = directives.map(({ id, by, stop, text }) => `${terminal.style.warn(stop ? 'stopped' : 'overridden')} by ${id} of ${by}: ${quoted(text, 80)}`)
      const lines = [...orders.flatMap(line => wrapWords(line, Math.min(terminal.columns, 100) - column).split('\n')), ...holding, ...also.flatMap(line => wrapWords(line, Math.min(terminal.columns, 100) - column).split('\n')), ...(policy === null ? [] : wrapWords(`policy: ${policy.text}`, Math.min(terminal.columns, 100) - column).split('\n'))]
      const name = names[index] ?? ''
      const [first = '', ...rest] = lines.map(line => `${' '.repeat(column)}${line}`)
      return column === 2 ? [name, first, ...rest] : [`${name.padEnd(column)}${first.slice(column)}`, ...rest]
    })
    .join('\n')
}

export const who: Command = {
  name: 'who',
  group: 'claims',
  summary: 'who holds these files: exit 0 when nobody or this session, 1 when another',
  arguments: [{ name: '<path...>', description: 'paths, quoted patterns, or names' }],
  options: [{ flags: '--at <when>', description: 'as it was then: a time or an age' }],
  examples: [
    { line: 'skein who src/auth/login.ts', does: 'holder, since when, until when, why, in which tree, and when its host was heard; of a free one who had it last; what others said that they are about to do there' },
    { line: 'skein who $(git diff --name-only)', does: 'the same for each file; exit 1 if one of them is held by another session' }
  ],
  run: async (terminal, typed) => {
    const at = readSpan(typed, ['at'])
    if (!at.ok) return terminal.print(failureReply(at.failure), () => '')
    const reply = await terminal.call('who', { paths: listArgument(typed, 0), ...at.value })
    return terminal.print<WhoData>(reply, data => [render(terminal, data), ...silenceLines(reply).map(line => terminal.style.warn(line))].join('\n'))
  }
}
