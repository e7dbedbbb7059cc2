import { closest, distance } from 'fastest-levenshtein'

/** The nearest of the names, when it is near enough to be what was meant. */
export const nearest = (word: string, names: readonly string[]): string | null => {
  if (names.length === 0) return null
  const best = closest(word, names)
  return distance(word, best) <= Math.max(1, Math.floor(best.length / 3)) ? best : null
}
