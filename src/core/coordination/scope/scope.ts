import { LIMITS } from '../../limits.js'
import { failure, success, type Result } from '../../result.js'
import { EVERYTHING, automatonOf, type Automaton } from './automaton.js'
import { SLASH } from './charclass.js'
import { intersect } from './intersection.js'
import { readPattern, type Fault } from './pattern.js'
import { ClassTable, END, isFileName, wordOf, type Word } from './word.js'

/** Begins with `@` or `branch:`; equal to another or not, never a path. */
export interface NameScope {
  readonly type: 'name'
  readonly text: string
}

/** Paths of one repository: folders with all below, and files. */
export interface PathScope {
  readonly type: 'path'
  /** As it was given. */
  readonly text: string
  /** The leading segments that every covered path has. */
  readonly prefix: readonly string[]
  /** The path, where the scope is one path; `''` is the root, which covers everything. Null for a pattern. */
  readonly literal: string | null
  /** Whether a literal covers all below its path, too: it does unless its name is a file's. False for a pattern. */
  readonly withBelow: boolean
  /** What the name of every file ends with that a pattern of files covers; `''` where nothing is known of it. */
  readonly ending: string
  /** Built at the first call for a literal: most of those never need one. */
  automaton(): Automaton
  /** A path that it covers, with the fewest characters. */
  shortest(): string
}

export type Scope = NameScope | PathScope

const NAME = /^(?:@|branch:)/u
const NAMELIKE_PATH = /^\.\/(?:@|branch:)/u
const FORBIDDEN = /[\p{Cc}\p{Cs}]/u

const invalid = ({ at, reason }: Fault): Result<never> =>
  failure('PATTERN_INVALID', `the scope is wrong at character ${at + 1}: ${reason}`, { field: 'scope', details: { position: at + 1, reason } })

/**
 * A scope from its canonical text: a name, or a pattern relative to the repository's root (NFC, `/` between segments).
 * `*` `?` `[a-z]` `[!a]` `{a,b}` and `\` mean what they mean to a shell, `**` is any number of whole segments, nothing else is special.
 * It covers what it names with all below; a last name with an extension (`isFileName`) is one of files, which have nothing below, unless a
 * `/` follows.
 * A path that begins as a name does has `./` before it, and no other has.
 * Fails with `PATTERN_INVALID`; `details.position` counts characters from 1.
 */
export const parseScope = (text: string): Result<Scope> => {
  const characters = Array.from(text.slice(0, 2 * LIMITS.patternChars + 2))
  if (characters.length > LIMITS.patternChars) return invalid({ at: LIMITS.patternChars, reason: `longer than ${LIMITS.patternChars} characters` })
  const forbidden = FORBIDDEN.test(text) ? characters.findIndex((character) => FORBIDDEN.test(character)) : -1
  if (forbidden >= 0) return invalid({ at: forbidden, reason: 'a control character, or half of a character' })
  const name = NAME.exec(text)
  if (name === null) return parsePath(text, characters)
  return name[0] === text ? invalid({ at: text.length, reason: `a name follows ${text}` }) : success({ type: 'name', text })
}

const parsePath = (text: string, characters: readonly string[]): Result<Scope> => {
  const skipped = NAMELIKE_PATH.test(text) ? 2 : 0
  const alternatives = readPattern(characters.map((character) => character.codePointAt(0) ?? 0), skipped)
  if ('reason' in alternatives) return invalid(alternatives)
  const table = new ClassTable()
  const words: Word[] = []
  for (const tokens of alternatives) {
    const word = wordOf(tokens, table)
    if ('reason' in word) return invalid(word)
    words.push(word)
  }
  const [first = []] = words
  if (words.length === 1 && first.every((symbol) => symbol >= 0 || symbol === END)) return success(literalScope(text, first))
  const automaton = automatonOf(words, table.classes)
  if (automaton.labels.length > LIMITS.patternEdges) return invalid({ at: characters.indexOf('{'), reason: 'the braces give too many different places' })
  const shortest = once(() => intersect(EVERYTHING, automaton).path ?? '')
  return success({ type: 'path', text, prefix: commonPrefix(words), literal: null, withBelow: false, ending: commonEnding(words), automaton: () => automaton, shortest })
}

const literalScope = (text: string, word: Word): PathScope => {
  const withBelow = word.at(-1) !== END
  const literal = String.fromCodePoint(...word.slice(0, withBelow ? -1 : -2))
  const prefix = literal === '' ? [] : literal.split('/')
  return { type: 'path', text, prefix, literal, withBelow, ending: '', automaton: once(() => automatonOf([word], [])), shortest: () => literal }
}

const once = <Value>(make: () => Value): (() => Value) => {
  let made: { readonly value: Value } | null = null
  return () => (made ??= { value: make() }).value
}

/** The literal segments that all words begin with; a word that ends, or whose next segment is no literal, ends them. */
const commonPrefix = (words: readonly Word[]): readonly string[] => {
  const prefixes = words.map(literalSegments)
  const [first = []] = prefixes
  const end = first.findIndex((segment, index) => prefixes.some((other) => other[index] !== segment))
  return end < 0 ? first : first.slice(0, end)
}

/** What all words end with after their last wildcard; nothing where one of them reaches below. */
const commonEnding = (words: readonly Word[]): string => {
  const endings = words.map((word) => {
    if (word.at(-1) !== END) return ''
    const name = word.slice(0, -2)
    const before = name.findLastIndex((symbol) => symbol < 0 || symbol === SLASH)
    return String.fromCodePoint(...name.slice(before + 1))
  })
  return endings.reduce((common, ending) => {
    let length = 0
    while (length < common.length && length < ending.length && common.at(-1 - length) === ending.at(-1 - length)) length += 1
    return length === 0 ? '' : common.slice(-length)
  })
}

const literalSegments = (word: Word): readonly string[] => {
  const special = word.findIndex((symbol) => symbol < 0)
  return String.fromCodePoint(...(special < 0 ? word : word.slice(0, special))).split('/').slice(0, -1)
}

/** The leading segments that every path the scope covers has, for an index; none for a name. */
export const prefixOf = (scope: Scope): readonly string[] => (scope.type === 'path' ? scope.prefix : [])

/**
 * The scope text of exactly this path: `app/[id]` is a file, not a class, and `./@app` no name. A folder covers all below whatever its name:
 * `packages/socket.io/` needs the `/`, `src` does not.
 */
export const escapePath = (path: string, isFolder = false): string => {
  const escaped = path.replace(/[\\*?[\]{}]/gu, '\\$&')
  const whole = isFolder && isFileName(path.slice(path.lastIndexOf('/') + 1)) ? `${escaped}/` : escaped
  return NAME.test(whole) ? `./${whole}` : whole
}
