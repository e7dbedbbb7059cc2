import { failureReply, SCHEMA_VERSION } from '../../control/envelope.js'
import { textArgument, type Command } from '../command.js'
import { completionScript, SHELLS } from '../completions.js'

/** @param commands all there are, this one included */
export const completionsCommand = (commands: () => readonly Command[]): Command => ({
  name: 'completions',
  group: 'faces',
  summary: 'print a script that completes commands and flags in a shell',
  arguments: [{ name: '<shell>', description: SHELLS.join(', ') }],
  examples: [
    { line: 'eval "$(skein completions bash)"', does: 'in ~/.bashrc' },
    { line: 'skein completions zsh > ~/.zfunc/_skein', does: 'a folder of $fpath' },
    { line: 'skein completions fish > ~/.config/fish/completions/skein.fish', does: 'read at the next start' }
  ],
  run: async (terminal, typed) => {
    const given = textArgument(typed, 0) ?? ''
    const shell = SHELLS.find(each => each === given)
    if (shell === undefined) {
      return terminal.print(failureReply({ code: 'FIELD_INVALID', message: `no completions for ${JSON.stringify(given)}: there are ${SHELLS.join(', ')}`, field: 'shell', next: SHELLS.map(each => `skein completions ${each}`) }), () => '')
    }
    const script = completionScript(shell, commands())
    return terminal.print<{ readonly script: string }>({ envelope: { schema_version: SCHEMA_VERSION, ok: true, data: { shell, script }, warnings: [], freshness: {}, next: [] }, exit: 0 }, data => data.script.trimEnd())
  }
})
