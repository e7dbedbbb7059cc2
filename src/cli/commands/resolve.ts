import type { ResolveData } from '../../control/operations/resolve.js'
import { failureReply } from '../../control/envelope.js'
import { visible } from '../../control/visible.js'
import { scopeText } from '../claim-text.js'
import { flagOption, listOption, textArgument, type Command, type Terminal, type Typed } from '../command.js'
import { REASON_OPTIONS, reasonOption } from '../lease-option.js'
import { wrapWords } from '../wrapping.js'

const DONE: Readonly<Record<ResolveData['how'], string>> = { yield: 'yielded to', split: 'split with', both: 'goes on beside' }

const render = ({ columns }: Terminal, { how, records, settled, released, kept, claim }: ResolveData): string => {
  const lines = settled.map(({ mine, claim: other, holder, witness }) => `${mine} ${DONE[how]} ${visible(holder)} (${other}) on ${scopeText([witness])}`)
  const gone = released.map(({ claim: id, scope, whole }) => `released ${scopeText(scope)}${whole ? '' : ' of'} (${id})`)
  const stays = kept.length === 0 ? [] : [`kept ${scopeText(kept)}${claim === null ? '' : ` (${claim})`}${released.length === 0 ? '; nothing to release' : ''}`]
  return [...lines, ...gone, ...stays, `said to everybody in ${records.join(', ')}`].map(line => wrapWords(line, columns, 2)).join('\n')
}

/** Exactly one of the three ways. */
const chosen = (typed: Typed): ResolveData['how'] | null => {
  const ways = [...(flagOption(typed, 'yield') ? ['yield' as const] : []), ...(typed.options.has('split') ? ['split' as const] : []), ...(flagOption(typed, 'both') ? ['both' as const] : [])]
  return ways.length === 1 ? (ways[0] ?? null) : null
}

export const resolve: Command = {
  name: 'resolve',
  group: 'claims',
  summary: 'settle claims that cross: yield, split the scope, or both go on',
  arguments: [{ name: '<id>', description: "the other's claim, or the own one for all that it crosses" }],
  options: [
    { flags: '--yield', description: 'release what the other holds too' },
    { flags: '--split <scope...>', description: 'keep only this of it, and release the rest', many: true },
    { flags: '--both', description: 'both go on; nobody is warned of these two again' },
    ...REASON_OPTIONS
  ],
  examples: [
    { line: 'skein resolve c-8k2f --yield', does: 'releases what c-8k2f covers too, and tells its holder' },
    { line: "skein resolve c-8k2f --split 'src/auth/*.test.ts' --reason 'I take the tests'", does: 'keeps the tests, releases the rest of what crosses' },
    { line: 'skein resolve c-8k2f --both', does: 'both records stand; skein claims shows the two as settled' }
  ],
  notes: 'One word of either holder settles it; the other is told once, and nothing of the other is ended by it.',
  run: async (terminal, typed) => {
    const how = chosen(typed)
    if (how === null) return terminal.print(failureReply({ code: 'USAGE', message: 'one of --yield, --split SCOPE… and --both', next: ['skein resolve --help'] }), () => '')
    const reason = reasonOption(typed)
    const reply = await terminal.call('resolve', { id: textArgument(typed, 0) ?? '', how, scope: listOption(typed, 'split'), ...(reason === undefined ? {} : { reason }) })
    return terminal.print<ResolveData>(reply, data => render(terminal, data))
  }
}
