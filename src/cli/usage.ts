import { failureReply, type Envelope } from '../control/envelope.js'
import { nearest } from '../control/nearest.js'
import type { Command } from './command.js'
import { COMMANDS } from './commands.js'

/** Exit code of wrong use. */
export const USAGE_EXIT = 2

const GLOBAL_FLAGS = ['--json', '--home', '--use', '--as', '--help', '--version']

const namesOf = (commands: readonly Command[]): string[] => commands.filter(({ hidden }) => hidden !== true).flatMap(({ name, aliases = [] }) => [name, ...aliases])

const named = (commands: readonly Command[], word: string | undefined): Command | undefined => commands.find(({ name, aliases = [] }) => word !== undefined && (name === word || aliases.includes(word)))

interface Reached {
  /** As it was typed: `skein repo add`. */
  readonly line: string
  readonly command: Command | null
  /** The word behind it, if that is no flag. */
  readonly rest: string | undefined
}

/** How far the words name commands. */
const reach = (words: readonly string[]): Reached => {
  let command: Command | null = null
  let line = 'skein'
  let index = 0
  for (let among: readonly Command[] = COMMANDS; ; index++) {
    const found = named(among, words[index])
    if (found === undefined) break
    command = found
    line = `${line} ${found.name}`
    among = found.commands ?? []
  }
  const rest = words[index]
  return { line, command, rest: rest === undefined || rest.startsWith('-') ? undefined : rest }
}

const flagsOf = (command: Command | null): string[] => [...(command?.options ?? []).flatMap(({ flags }) => flags.match(/--[a-z-]+/g) ?? []), ...GLOBAL_FLAGS]

interface Complaint {
  readonly message: string
  readonly field: string | null
  readonly suggestion: string | null
  readonly next: readonly string[]
}

const quotedIn = (message: string): string => /'([^']*)'/.exec(message)?.[1] ?? ''

const meant = (suggestion: string | null): string => (suggestion === null ? '' : `; did you mean ${suggestion}?`)

const noSuchCommand = ({ line, command }: Reached, word: string): Complaint => {
  const suggestion = nearest(word, namesOf(command?.commands ?? COMMANDS))
  const message = command === null ? `there is no command ${JSON.stringify(word)}` : `${line} has no sub-command ${JSON.stringify(word)}`
  return { message: message + meant(suggestion), field: null, suggestion, next: [...(suggestion === null ? [] : [`${line} ${suggestion}`]), `${line} --help`] }
}

const complaintOf = (code: string, message: string, reached: Reached): Complaint => {
  const { line, command, rest } = reached
  const help = `${line} --help`
  const what = quotedIn(message)
  if (code === 'commander.unknownCommand') return noSuchCommand(reached, what)
  if (code === 'commander.excessArguments' && rest !== undefined && command?.commands !== undefined) return noSuchCommand(reached, rest)
  if (code === 'commander.unknownOption') {
    const suggestion = nearest(what, flagsOf(command))
    return { message: `${line} has no option ${what}${meant(suggestion)}`, field: what, suggestion, next: [help] }
  }
  if (code === 'commander.missingArgument') {
    const description = command?.arguments?.find(({ name }) => name.replace(/[<>[\].]/g, '') === what)?.description
    return { message: `${line} needs <${what}>${description === undefined ? '' : `: ${description}`}`, field: what, suggestion: null, next: [help] }
  }
  if (code === 'commander.optionMissingArgument') return { message: `${what} needs a value`, field: what.split(' ')[0] ?? what, suggestion: null, next: [help] }
  if (code === 'commander.excessArguments') return { message: `${line} takes ${command?.arguments === undefined ? 'no arguments' : 'fewer arguments'}`, field: null, suggestion: null, next: [help] }
  return { message: message.replace(/^error: /, ''), field: null, suggestion: null, next: [help] }
}

/**
 * What is wrong with a line that was typed, in skein's words: the field is named, a mistyped command or option gets a suggestion.
 *
 * @param words the line from the command's name on
 */
export const usageComplaint = ({ code, message }: { readonly code: string; readonly message: string }, words: readonly string[]): { readonly envelope: Envelope; readonly text: string } => {
  const complaint = complaintOf(code, message, reach(words))
  const { envelope } = failureReply({
    code: 'USAGE',
    message: complaint.message,
    next: complaint.next,
    ...(complaint.field === null ? {} : { field: complaint.field }),
    ...(complaint.suggestion === null ? {} : { details: { suggestion: complaint.suggestion } })
  })
  return { envelope, text: envelope.ok ? '' : `skein: ${envelope.error.message} (USAGE)\n${envelope.next.map(step => `  try: ${step}\n`).join('')}` }
}
