import { nearest } from '../control/nearest.js'
import { COMMANDS } from './commands.js'

/** The command that a mistyped line meant, or null. */
export const suggestion = (argv: readonly string[]): string | null => {
  const word = argv.find(each => !each.startsWith('-'))
  if (word === undefined) return null
  const names = COMMANDS.flatMap(command => [command.name, ...(command.aliases ?? [])])
  return names.includes(word) ? null : nearest(word, names)
}
