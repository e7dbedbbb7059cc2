import { closest, distance } from 'fastest-levenshtein'
import { COMMANDS } from './commands.js'

/** The nearest of the names, when it is near enough to be what was meant. */
export const nearest = (word: string, names: readonly string[]): string | null => {
  if (names.length === 0) return null
  const best = closest(word, names)
  return distance(word, best) <= Math.max(1, Math.floor(best.length / 3)) ? best : null
}

/** The command that a mistyped line meant, or null. */
export const suggestion = (argv: readonly string[]): string | null => {
  const word = argv.find(each => !each.startsWith('-'))
  if (word === undefined) return null
  const names = COMMANDS.flatMap(command => [command.name, ...(command.aliases ?? [])])
  return names.includes(word) ? null : nearest(word, names)
}
