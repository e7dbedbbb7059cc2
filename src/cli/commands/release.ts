import type { ReleaseData } from '../../control/operations/release.js'
import { scopeText } from '../claim-text.js'
import { flagOption, listArgument, type Command } from '../command.js'
import { REASON_OPTIONS, reasonOption } from '../lease-option.js'
import { wrapWords } from '../wrapping.js'

export const release: Command = {
  name: 'release',
  group: 'claims',
  summary: "end this session's claims, or some of what they cover",
  arguments: [{ name: '[what...]', description: 'scopes, or ids of claims' }],
  options: [{ flags: '--all', description: 'everything that this session holds' }, ...REASON_OPTIONS],
  examples: [
    { line: 'skein release src/auth', does: 'ends what this session holds there; exit 1 if another session holds it' },
    { line: 'skein release --all', does: "ends all of this session's claims, and nobody else's" }
  ],
  run: async (terminal, typed) => {
    const reason = reasonOption(typed)
    const reply = await terminal.call('release', { what: listArgument(typed, 0), all: flagOption(typed, 'all'), ...(reason === undefined ? {} : { reason }) })
    return terminal.print<ReleaseData>(reply, ({ released, left }) => {
      if (released.length === 0) return 'nothing to release'
      const lines = released.map(({ claim, scope, whole }) => wrapWords(`released ${scopeText(scope)}${whole ? '' : ' of'} (${claim})`, terminal.columns, 9))
      return [...lines, ...(left === 0 ? [] : [`${left} claim${left === 1 ? '' : 's'} left: skein claims --mine`])].join('\n')
    })
  }
}
