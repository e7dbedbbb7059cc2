import { ageText } from '../../control/age.js'
import type { Holder, WhoData } from '../../control/operations/who.js'
import { visible } from '../../control/visible.js'
import { branchText, leaseText, reasonText, scopeText, silenceLines, waitersText } from '../claim-text.js'
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

const render = (terminal: Terminal, { paths }: WhoData): string => {
  const names = paths.map(({ path }) => visible(path))
  const wide = Math.max(...names.map(({ length }) => length))
  const column = wide > PATH_COLUMN ? 2 : wide + 3
  return paths
    .flatMap(({ scope, state, holders, policy }, index) => {
      const holding = state === 'free' ? [terminal.style.good('free')] : holders.flatMap(each => holderLines(terminal, each, scope, column))
      const lines = [...holding, ...(policy === null ? [] : wrapWords(`policy: ${policy.text}`, Math.min(terminal.columns, 100) - column).split('\n'))]
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
    { line: 'skein who src/auth/login.ts', does: 'holder, since when, until when, why, in which tree, and when its host was heard' },
    { line: 'skein who $(git diff --name-only)', does: 'the same for each file; exit 1 if one of them is held by another session' }
  ],
  run: async (terminal, typed) => {
    const at = readSpan(typed, ['at'])
    if (!at.ok) return terminal.print(failureReply(at.failure), () => '')
    const reply = await terminal.call('who', { paths: listArgument(typed, 0), ...at.value })
    return terminal.print<WhoData>(reply, data => [render(terminal, data), ...silenceLines(reply).map(line => terminal.style.warn(line))].join('\n'))
  }
}
