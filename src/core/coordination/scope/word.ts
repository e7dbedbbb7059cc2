import { DOT, SLASH, meetClasses, type CharClass } from './charclass.js'
import type { Fault, Token } from './pattern.js'

/** A symbol of a word: a code point, `STAR`, `GLOBSTAR`, or a class as `CLASS - index`. */
export const STAR = -1
export const GLOBSTAR = -2
export const CLASS = -3
/** Ends a word that covers nothing below what it matches. Less than any class: a pattern has at most `LIMITS.patternWildcards` of them. */
export const END = -32

/**
 * One alternative as a canonical word: every segment ends with a `/` symbol, save `**`, which reads its own; runs of stars are one star,
 * runs of `**` are one; a `**` at the end says nothing that "and all below" does not, and is left out. The empty word is the root.
 * A word that ends in a file name (and not in the `/` of a folder) has `END` at its end.
 */
export type Word = readonly number[]

/** The classes that a pattern's words speak of; equal ones are one. */
export class ClassTable {
  readonly classes: CharClass[] = []
  readonly #indexByRanges = new Map<string, number>()

  symbolOf(ranges: CharClass): number {
    const key = ranges.join(' ')
    const index = this.#indexByRanges.get(key) ?? this.classes.length
    if (index === this.classes.length) {
      this.classes.push(ranges)
      this.#indexByRanges.set(key, index)
    }
    return CLASS - index
  }
}

const isSlash = (token: Token): boolean => token.type === 'char' && token.code === SLASH

const onlyDot = (token: Token): boolean =>
  (token.type === 'char' && token.code === DOT) || (token.type === 'class' && meetClasses(token.ranges, [0, DOT - 1, DOT + 1, 0x10ffff]).length === 0)

/**
 * Whether the last name of a scope is one of files: it has an extension, that is a dot between two characters that are none. The text
 * decides, alike on every host, whatever lies on their disks; a `/` at the end of the scope makes it a folder all the same.
 */
export const isFileName = (name: string): boolean => /[^.]\.[^.]/su.test(name)

/** As a name in which only the dots count: what a wildcard stands for is no dot that was written. */
const shapeOf = (segment: readonly Token[]): string => segment.map((token) => (token.type === 'char' && token.code === DOT ? '.' : '*')).join('')

const segmentsOf = (tokens: readonly Token[]): { readonly segments: readonly (readonly Token[])[] } | Fault => {
  const segments: Token[][] = []
  let segment: Token[] = []
  for (const token of tokens) {
    if (!isSlash(token)) {
      segment.push(token)
      continue
    }
    if (segment.length === 0) return { at: token.at, reason: segments.length === 0 ? 'a scope begins at the repository root, without a /' : 'an empty segment' }
    segments.push(segment)
    segment = []
  }
  if (segment.length > 0) segments.push(segment)
  const dots = segments.find((parts) => parts.length <= 2 && parts.every(onlyDot))
  return dots === undefined ? { segments } : { at: dots[0]?.at ?? 0, reason: 'no path has a . or .. segment' }
}

/** The word of one alternative, or what is wrong with it. */
export const wordOf = (tokens: readonly Token[], table: ClassTable): Word | Fault => {
  const found = segmentsOf(tokens)
  if ('reason' in found) return found
  const word: number[] = []
  for (const segment of found.segments) {
    const whole = segment.length === 2 && segment.every((token) => token.type === 'star')
    if (whole) {
      if (word.at(-1) !== GLOBSTAR) word.push(GLOBSTAR)
      continue
    }
    for (const token of segment) {
      if (token.type === 'char') word.push(token.code)
      else if (token.type === 'class') word.push(table.symbolOf(token.ranges))
      else if (word.at(-1) !== STAR) word.push(STAR)
    }
    word.push(SLASH)
  }
  if (word.at(-1) === GLOBSTAR) return word.slice(0, -1)
  const last = tokens.at(-1)
  const namesFiles = last !== undefined && !isSlash(last) && isFileName(shapeOf(found.segments.at(-1) ?? []))
  return namesFiles ? [...word, END] : word
}
