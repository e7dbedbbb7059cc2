import { Command as Commander, CommanderError, Option } from 'commander'
import type { Command, Terminal, Typed } from './command.js'
import { COMMANDS, GROUPS } from './commands.js'
import { suggestion } from './suggestion.js'

/** Exit code of wrong use. */
const USAGE = 2

export interface ProgramOptions {
  readonly version: string
  /** Makes the terminal that a command runs in, from the flags that stand everywhere. */
  terminal(options: { readonly home?: string; readonly use?: string; readonly as?: string; readonly json: boolean }): Terminal
}

const examplesText = ({ examples, notes }: Command): string => {
  const lines = examples.map(({ line, does }) => `  ${line}\n      ${does}`)
  return `\nExamples:\n${lines.join('\n')}${notes === undefined ? '' : `\n\n${notes}`}\n`
}

const everywhere = (commander: Commander): Commander =>
  commander
    .addOption(new Option('--json', 'print one JSON envelope instead of text'))
    .addOption(new Option('--home <dir>', 'the home to use (SKEIN_HOME)'))
    .addOption(new Option('--use <name>', 'choose among homes by name'))
    .addOption(new Option('--as <session>', 'speak as this session'))

const typedOf = (commander: Commander, values: readonly unknown[]): Typed => {
  const given = values.slice(0, commander.registeredArguments.length)
  const positional = given.map(value => (Array.isArray(value) ? value.map(String) : typeof value === 'string' ? value : undefined))
  return { arguments: positional, options: new Map(Object.entries(commander.optsWithGlobals())) }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** The whole command line. `parse` resolves with the exit code and never exits by itself. */
export const program = ({ version, terminal }: ProgramOptions) => {
  let exit = 0

  const define = (command: Command, parent: Commander): void => {
    const commander = parent.command(command.name, { hidden: command.hidden ?? false }).description(command.summary)
    for (const alias of command.aliases ?? []) commander.alias(alias)
    for (const argument of command.arguments ?? []) commander.argument(argument.name, argument.description)
    for (const { flags, description, many, hidden } of command.options ?? []) {
      const option = new Option(flags, description)
      if (many === true) option.argParser((value: string, before: unknown) => [...(Array.isArray(before) ? before : []), value])
      commander.addOption(hidden === true ? option.hideHelp() : option)
    }
    everywhere(commander).addHelpText('after', examplesText(command)).allowExcessArguments(false).showHelpAfterError(false)
    settle(commander)
    commander.action(async (...values: unknown[]) => {
      const typed = typedOf(commander, values)
      const home = text(typed.options.get('home'))
      const use = text(typed.options.get('use'))
      const as = text(typed.options.get('as'))
      const json = typed.options.get('json') === true
      exit = await command.run(terminal({ json, ...(home === undefined ? {} : { home }), ...(use === undefined ? {} : { use }), ...(as === undefined ? {} : { as }) }), typed)
    })
    for (const sub of command.commands ?? []) define(sub, commander)
  }

  const root = everywhere(new Commander('skein'))
    .description('Coordination for fleets of coding agents: who claimed which files, on any host, known from your own disk.')
    .version(version, '-V, --version', 'print the version')
    .helpCommand(false)
    .addHelpText('after', '\n`skein` alone prints status. `skein COMMAND --help` has examples. Docs: docs/cli.md')
  settle(root)
  for (const command of COMMANDS) define(command, root)
  root.configureHelp({ sortSubcommands: false, visibleCommands: () => [] }).addHelpText('beforeAll', '')
  root.addHelpText('after', `\n${groupsText()}`)

  return {
    commander: root,
    parse: async (argv: readonly string[]): Promise<number> => {
      try {
        await root.parseAsync([...argv].length === 0 ? ['status'] : [...argv], { from: 'user' })
        return exit
      } catch (error) {
        if (!(error instanceof CommanderError)) throw error
        if (error.exitCode === 0) return 0
        return complain(error, argv)
      }
    }
  }
}

/** Names every command by its group; commander's own list has no groups. */
const groupsText = (): string =>
  [...GROUPS]
    .map(([group, title]) => {
      const rows = COMMANDS.filter(command => command.group === group && command.hidden !== true).map(command => `  ${command.name.padEnd(14)}${command.summary}`)
      return `${title}:\n${rows.join('\n')}`
    })
    .join('\n\n')

/** Errors are thrown to `parse` and printed there, so that `--json` and the exit codes hold for them too. */
const settle = (commander: Commander): void => {
  commander.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: line => process.stdout.write(line) })
}

const complain = (error: CommanderError, argv: readonly string[]): number => {
  const message = error.message.replace(/^error: /, '').replace(/\n?\(Did you mean.*\)$/s, '')
  const hint = suggestion(argv)
  const next = [...(hint === null ? [] : [`skein ${hint}`]), error.code === 'commander.unknownCommand' ? 'skein --help' : `skein ${argv.find(word => !word.startsWith('-')) ?? ''} --help`]
  if (argv.includes('--json')) {
    const envelope = { schema_version: 1, ok: false, error: { code: 'USAGE', message, field: null, details: {} }, next, freshness: {} }
    process.stdout.write(`${JSON.stringify(envelope)}\n`)
  } else process.stderr.write(`skein: ${message} (USAGE)\n${next.map(step => `  try: ${step}\n`).join('')}`)
  return USAGE
}
