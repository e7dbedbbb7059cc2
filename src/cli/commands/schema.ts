import { failureReply, SCHEMA_VERSION, type Reply } from '../../control/envelope.js'
import { nearest } from '../../control/nearest.js'
import { listArgument, type Command } from '../command.js'

const namesOf = (commands: readonly Command[], before = ''): string[] => commands.flatMap(({ name, commands: below = [] }) => [before + name, ...namesOf(below, `${before}${name} `)])

const replyOf = (command: string, schema: Readonly<Record<string, unknown>>): Reply => ({
  envelope: { schema_version: SCHEMA_VERSION, ok: true, data: { command, schema }, warnings: [], freshness: {}, next: [] },
  exit: 0
})

/** @param commands all there are, this one included */
export const schemaCommand = (commands: () => readonly Command[]): Command => ({
  name: 'schema',
  group: 'queries',
  summary: 'print the JSON schema of what a command prints with --json',
  arguments: [{ name: '<command...>', description: 'a command, with its sub-command: claim, repo add' }],
  examples: [
    { line: 'skein schema claims', does: 'the envelope, and what its data holds' },
    { line: 'skein schema repo add > repo-add.json', does: 'the same as docs/schema/repo-add.json' }
  ],
  run: async (terminal, typed) => {
    const command = listArgument(typed, 0).join(' ')
    const { answerSchema } = await import('../../control/schemas.js')
    const known = namesOf(commands())
    const schema = known.includes(command) ? answerSchema(command) : null
    if (schema !== null) return terminal.print<{ readonly schema: object }>(replyOf(command, schema), data => JSON.stringify(data.schema, null, 2))
    const meant = nearest(command, known)
    const failed = failureReply({
      code: 'USAGE',
      message: `there is no command ${JSON.stringify(command)}${meant === null ? '' : `; did you mean ${meant}?`}`,
      field: 'command',
      next: meant === null ? ['skein --help'] : [`skein schema ${meant}`]
    })
    return terminal.print(failed, () => '')
  }
})
