import { LIMITS } from '../../limits.js'
import { ANY, classOf, type CharClass } from './charclass.js'

/** One place of a pattern, and the character (from 0) where it is written. Two stars in a row are two tokens. */
export type Token =
  | { readonly type: 'char'; readonly code: number; readonly at: number }
  | { readonly type: 'class'; readonly ranges: CharClass; readonly at: number }
  | { readonly type: 'star'; readonly at: number }

/** What is wrong, and at which character (from 0). */
export interface Fault {
  readonly at: number
  readonly reason: string
}

type Piece = Token | { readonly type: 'group'; readonly at: number; readonly options: readonly (readonly Piece[])[] }

const codeOf = (character: string): number => character.codePointAt(0) ?? 0
const BACKSLASH = codeOf('\\')
const STAR = codeOf('*')
const QUESTION = codeOf('?')
const BRACKET = codeOf('[')
const BRACKET_END = codeOf(']')
const BRACE = codeOf('{')
const BRACE_END = codeOf('}')
const COMMA = codeOf(',')
const DASH = codeOf('-')
const SLASH = codeOf('/')
const NEGATIONS = [codeOf('!'), codeOf('^')]
const BRACE_RANGE = /^(?:-?\d+|[A-Za-z])\.\.(?:-?\d+|[A-Za-z])(?:\.\.-?\d+)?$/

/** Reads a pattern. The first fault is kept and ends the reading: check `fault` before the pieces are used. */
class PatternReader {
  readonly #codes: readonly number[]
  #at: number
  #wildcards = 0
  fault: Fault | null = null

  constructor(codes: readonly number[], start: number) {
    this.#codes = codes
    this.#at = start
  }

  sequence(inGroup: boolean): readonly Piece[] {
    const pieces: Piece[] = []
    while (this.fault === null && this.#at < this.#codes.length) {
      const at = this.#at
      const code = this.#codes[at] ?? 0
      if (inGroup && (code === COMMA || code === BRACE_END)) break
      this.#at += 1
      if (code === STAR) pieces.push(...this.#stars(at))
      else if (code === QUESTION) pieces.push(this.#wildcard({ type: 'class', ranges: ANY, at }))
      else if (code === BRACKET) pieces.push(this.#wildcard({ type: 'class', ranges: this.#class(at), at }))
      else if (code === BRACE) pieces.push(...this.#group(at))
      else if (code === BACKSLASH) pieces.push({ type: 'char', code: this.#escaped(at), at })
      else pieces.push({ type: 'char', code, at })
    }
    return pieces
  }

  #fail(at: number, reason: string): void {
    this.fault ??= { at, reason }
  }

  #wildcard(token: Token): Token {
    this.#wildcards += 1
    if (this.#wildcards > LIMITS.patternWildcards) this.#fail(token.at, `more than ${LIMITS.patternWildcards} wildcards`)
    return token
  }

  #stars(at: number): readonly Token[] {
    const stars: Token[] = [this.#wildcard({ type: 'star', at })]
    while (this.#codes[this.#at] === STAR) stars.push({ type: 'star', at: this.#at++ })
    return stars
  }

  #escaped(at: number): number {
    const code = this.#codes[this.#at++]
    if (code === undefined) this.#fail(at, 'a backslash at the end escapes nothing')
    else if (code === SLASH) this.#fail(at, 'a / cannot be escaped')
    return code ?? 0
  }

  #class(at: number): CharClass {
    const negated = NEGATIONS.includes(this.#codes[this.#at] ?? 0)
    if (negated) this.#at += 1
    const ranges: [number, number][] = []
    const first = this.#at
    for (;;) {
      const code = this.#codes[this.#at]
      if (this.fault !== null) return []
      if (code === undefined) {
        this.#fail(at, 'the class that begins here is never closed')
      } else if (code === BRACKET_END && this.#at > first) {
        this.#at += 1
        break
      } else {
        ranges.push(this.#range())
      }
    }
    const ranged = classOf(ranges, negated)
    if (ranged.length === 0) this.#fail(at, 'the class that begins here matches no character')
    return ranged
  }

  #range(): [number, number] {
    const at = this.#at
    const low = this.#member()
    const end = this.#codes[this.#at + 1]
    if (this.#codes[this.#at] !== DASH || end === undefined || end === BRACKET_END) return [low, low]
    this.#at += 1
    const high = this.#member()
    if (high < low) this.#fail(at, 'the range that begins here runs backwards')
    return [low, high]
  }

  #member(): number {
    const at = this.#at
    const code = this.#codes[this.#at++] ?? 0
    if (code === SLASH) this.#fail(at, 'a class cannot hold a /')
    if (code === BRACKET && [':', '.', '='].some((mark) => this.#codes[this.#at] === codeOf(mark))) {
      this.#fail(at, 'named classes are not known here: write the characters, as in [a-z0-9], and [ itself as \\[')
    }
    return code === BACKSLASH ? this.#escaped(at) : code
  }

  #group(at: number): readonly Piece[] {
    const options: (readonly Piece[])[] = []
    for (;;) {
      options.push(this.sequence(true))
      if (this.fault !== null) return []
      const code = this.#codes[this.#at++]
      if (code === BRACE_END) break
      if (code === undefined) {
        this.#fail(at, 'the brace that begins here is never closed')
        return []
      }
    }
    return options.length === 1 ? this.#plainBraces(at, options[0] ?? []) : [{ type: 'group', at, options }]
  }

  /** As in a shell, braces without a comma stand for themselves: `{{name}}` is a path. */
  #plainBraces(at: number, inside: readonly Piece[]): readonly Piece[] {
    const end = this.#at - 1
    if (BRACE_RANGE.test(String.fromCodePoint(...this.#codes.slice(at + 1, end)))) {
      this.#fail(at, 'ranges in braces are not known here: write each one, as in {1,2,3}')
    }
    return [{ type: 'char', code: BRACE, at }, ...inside, { type: 'char', code: BRACE_END, at: end }]
  }
}

const countAlternatives = (pieces: readonly Piece[]): number =>
  pieces.reduce((count, piece) => (piece.type === 'group' ? count * piece.options.reduce((sum, option) => sum + countAlternatives(option), 0) : count), 1)

const expand = (pieces: readonly Piece[]): readonly (readonly Token[])[] => {
  let alternatives: (readonly Token[])[] = [[]]
  let run: Token[] = []
  for (const piece of pieces) {
    if (piece.type !== 'group') {
      run.push(piece)
      continue
    }
    const endings = piece.options.flatMap(expand)
    const before = run
    alternatives = alternatives.flatMap((beginning) => endings.map((ending) => [...beginning, ...before, ...ending]))
    run = []
  }
  return alternatives.map((beginning) => [...beginning, ...run])
}

/**
 * The alternatives of a pattern from the start on, its braces expanded (a class protects a comma inside it), or the first thing that is wrong with it.
 * At most `LIMITS.patternAlternatives` of them, each no longer than the pattern.
 */
export const readPattern = (codes: readonly number[], start: number): Fault | readonly (readonly Token[])[] => {
  const reader = new PatternReader(codes, start)
  const pieces = reader.sequence(false)
  if (reader.fault !== null) return reader.fault
  if (countAlternatives(pieces) > LIMITS.patternAlternatives) {
    return { at: codes.indexOf(BRACE), reason: `the braces give more than ${LIMITS.patternAlternatives} alternatives` }
  }
  return expand(pieces)
}
