import { Command as Commander, CommanderError, Option } from 'commander'
import type { Command, Terminal, Typed } from './command.js'
import { COMMANDS, GROUPS } from './commands.js'
import { jsonLine } from './json-line.js'
import { USAGE_EXIT, usageComplaint } from './usage.js'
import { indented, wrapWords } from './wrapping.js'

/** Help is laid out for this many columns where nobody says otherwise, and in docs/cli.md. */
const HELP_COLUMNS = 80
/** Longer lines are hard to read, however wide the window. */
const MAX_COLUMNS = 100

export interface ProgramOptions {
  readonly version: string
  /** Columns to lay help out for. */
  readonly columns?: number
  /** Takes what is printed by the program itself: help, version, wrong use. */
  readonly write?: { out(text: string): void; err(text: string): void }
  /** Makes the terminal that a command runs in, from the flags that stand everywhere. */
  terminal(options: { readonly home?: string; readonly use?: string; readonly as?: string; readonly json: boolean }): Terminal
}

const examplesText = ({ examples, notes }: Command, columns: number): string => {
  const lines = examples.map(({ line, does }) => `  ${line}\n${indented(wrapWords(does, columns - 6), 6)}`)
  const more = notes === undefined ? [] : ['', ...notes.split('\n').map(line => wrapWords(line, columns))]
  return [`\nExamples:`, ...lines, ...more, ''].join('\n')
}

const NAME_COLUMNS = 14
const EVERYWHERE = 'Everywhere:'

const everywhere = (commander: Commander): Commander => {
  const options = [
    new Option('--json', 'print one JSON envelope instead of text'),
    new Option('--home <dir>', 'the home to use (SKEIN_HOME)'),
    new Option('--use <name>', 'choose among homes by name'),
    new Option('--as <session>', 'speak as this session')
  ]
  for (const option of options) commander.addOption(option.helpGroup(EVERYWHERE))
  return commander.addHelpOption(new Option('-h, --help', 'print what can be typed, with examples').helpGroup(EVERYWHERE))
}

/** Names every command by its group, so that the list reads as a table of contents. */
const groupsText = (columns: number): string =>
  [...GROUPS]
    .map(([group, title]) => ({ title, commands: COMMANDS.filter(command => command.group === group && command.hidden !== true) }))
    .filter(({ commands }) => commands.length > 0)
    .map(({ title, commands }) => `${title}:\n${commands.map(({ name, summary }) => `  ${name.padEnd(NAME_COLUMNS)}${wrapWords(summary, columns - NAME_COLUMNS - 2).replaceAll('\n', `\n${' '.repeat(NAME_COLUMNS + 2)}`)}`).join('\n')}`)
    .join('\n\n')

const typedOf = (commander: Commander, values: readonly unknown[]): Typed => {
  const given = values.slice(0, commander.registeredArguments.length)
  const positional = given.map(value => (Array.isArray(value) ? value.map(String) : typeof value === 'string' ? value : undefined))
  return { arguments: positional, options: new Map(Object.entries(commander.optsWithGlobals())) }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const TAKES_VALUE: ReadonlySet<string> = new Set(['--home', '--use', '--as'])
const ASKS_ITSELF: ReadonlySet<string> = new Set(['-h', '--help', '-V', '--version'])

/** Where the command's name stands, past the flags that may stand before it; −1 where there is none. */
const commandPlace = (argv: readonly string[]): number => {
  for (let place = 0; place < argv.length; place++) {
    const word = argv[place] ?? ''
    if (TAKES_VALUE.has(word)) place += 1
    else if (!word.startsWith('-')) return place
  }
  return -1
}

/** `skein` alone is `skein status`; `skein help claim` is `skein claim --help`. */
const readable = (argv: readonly string[]): string[] => {
  const place = commandPlace(argv)
  const isWhole = argv.some(word => ASKS_ITSELF.has(word)) || TAKES_VALUE.has(argv.at(-1) ?? '')
  if (place < 0) return isWhole ? [...argv] : [...argv, 'status']
  return argv[place] === 'help' ? [...argv.slice(0, place), ...argv.slice(place + 1), '--help'] : [...argv]
}

/** The whole command line. `parse` resolves with the exit code and never exits by itself. */
export const program = ({ version, terminal, columns = HELP_COLUMNS, write }: ProgramOptions) => {
  const width = Math.min(MAX_COLUMNS, columns)
  const { out, err } = write ?? { out: (line: string) => void process.stdout.write(line), err: (line: string) => void process.stderr.write(line) }
  let exit = 0

  /** Errors are thrown to `parse` and printed there, so that `--json` and the exit codes hold for them too. */
  const settle = (commander: Commander): void => {
    commander.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: out, getOutHelpWidth: () => width })
    commander.configureHelp({ subcommandTerm: each => [each.name(), ...each.registeredArguments.map(argument => argumentTerm(argument.name(), argument.required, argument.variadic))].join(' ') })
  }

  const define = (command: Command, parent: Commander): void => {
    const commander = parent.command(command.name, { hidden: command.hidden ?? false }).description(command.summary)
    for (const alias of command.aliases ?? []) commander.alias(alias)
    for (const argument of command.arguments ?? []) commander.argument(argument.name, argument.description)
    for (const { flags, description, many, hidden } of command.options ?? []) {
      const option = new Option(flags, description)
      if (many === true) option.argParser((value: string, before: unknown) => [...(Array.isArray(before) ? before : []), value])
      commander.addOption(hidden === true ? option.hideHelp() : option)
    }
    everywhere(commander).addHelpText('after', examplesText(command, width)).allowExcessArguments(false).helpCommand(false)
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
  root.options.find(({ long }) => long === '--version')?.helpGroup(EVERYWHERE)
  settle(root)
  for (const command of COMMANDS) define(command, root)
  root.configureHelp({ visibleCommands: () => [] })
  root.addHelpText('after', `\n${groupsText(width)}\n\n${wrapWords('`skein` alone prints status. `skein COMMAND --help` has examples. Every command, its exit codes and its JSON: docs/cli.md', width)}\n`)

  return {
    commander: root,
    parse: async (argv: readonly string[]): Promise<number> => {
      try {
        await root.parseAsync(readable(argv), { from: 'user' })
        return exit
      } catch (error) {
        if (!(error instanceof CommanderError)) throw error
        if (error.exitCode === 0) return 0
        const complaint = usageComplaint({ code: error.code, message: error.message }, argv.slice(Math.max(0, commandPlace(argv))))
        if (argv.includes('--json')) out(`${jsonLine(complaint.envelope)}\n`)
        else err(complaint.text)
        return USAGE_EXIT
      }
    }
  }
}

const argumentTerm = (name: string, required: boolean, variadic: boolean): string => {
  const inner = `${name}${variadic ? '...' : ''}`
  return required ? `<${inner}>` : `[${inner}]`
}
