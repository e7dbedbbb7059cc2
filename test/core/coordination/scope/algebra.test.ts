import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { covers, coversScope, overlap, parseScope, prefixOf, type Scope } from '../../../../src/core/coordination/scope/index.js'
import { missedBy } from '../../../../src/core/coordination/scope/inclusion.js'
import { expandBraces, isCanonical, matcherOf, pathsUpTo } from './matcher.js'
import { drawsFrom, scope } from './parsed.js'

const SYMBOLS = ['a', 'b', '.', '/', '*', '**', '?', '[ab]', '{a,b}']
const PATHS = pathsUpTo(7, ['a', 'b', '.', '/'])

interface Enumerated {
  readonly scope: Scope
  readonly text: string
  readonly matches: (path: string) => boolean
  /** One bit for each path of `PATHS` that is covered. */
  readonly bits: Uint32Array
}

const hasBit = (bits: Uint32Array, index: number): boolean => (((bits[index >> 5] ?? 0) >>> (index & 31)) & 1) === 1

const enumerate = (text: string): Enumerated => {
  const matches = matcherOf(text)
  const bits = new Uint32Array(Math.ceil(PATHS.length / 32))
  for (const [index, path] of PATHS.entries()) if (matches(path)) bits[index >> 5] = (bits[index >> 5] ?? 0) | (1 << (index & 31))
  return { scope: scope(text), text, matches, bits }
}

const meets = (left: Uint32Array, right: Uint32Array): boolean => {
  for (let index = 0; index < left.length; index++) if (((left[index] ?? 0) & (right[index] ?? 0)) !== 0) return true
  return false
}

const holds = (outer: Uint32Array, inner: Uint32Array): boolean => {
  for (let index = 0; index < inner.length; index++) if (((inner[index] ?? 0) & ~(outer[index] ?? 0)) !== 0) return false
  return true
}

/** Whether a pattern of these symbols says something that can be a path. */
const isSound = (text: string): boolean => expandBraces(text).every((each) => isCanonical(each.endsWith('/') && each !== '/' ? each.slice(0, -1) : each))

// by enumeration: ten seconds on an idle machine, a minute on a busy one
vi.setConfig({ testTimeout: 180_000 })

describe('the algebra against enumeration', () => {
  const seed = 20260
  const draw = drawsFrom(seed)
  const texts = new Set<string>()
  while (texts.size < 640) {
    const text = Array.from({ length: 1 + draw(6) }, () => SYMBOLS[draw(SYMBOLS.length)]).join('')
    expect(parseScope(text).ok, text).toBe(isSound(text))
    if (isSound(text)) texts.add(text)
  }
  const patterns = Array.from(texts, enumerate)

  it(`${patterns.length} patterns of up to 6 symbols cover of all ${PATHS.length} paths of up to 7 what they match (seed ${seed})`, () => {
    for (const { scope, bits, text } of patterns) {
      for (const [index, path] of PATHS.entries()) if (covers(scope, path) !== hasBit(bits, index)) expect.fail(`covers ${text} ${path}`)
    }
  })

  it(`overlap: all their pairs, more than 200,000, and each witness (seed ${seed})`, () => {
    let overlapping = 0
    let pairs = 0
    for (const [index, left] of patterns.entries()) {
      for (const right of patterns.slice(index)) {
        pairs += 1
        const found = overlap(left.scope, right.scope)
        if (found === null && meets(left.bits, right.bits)) expect.fail(`missed: ${left.text} and ${right.text}`)
        if (found === null) continue
        overlapping += 1
        if (!isCanonical(found.witness) || !left.matches(found.witness) || !right.matches(found.witness)) {
          expect.fail(`${left.text} and ${right.text}: ${found.witness} is no witness`)
        }
      }
    }
    expect(pairs).toBeGreaterThan(200_000)
    expect(overlapping).toBeGreaterThan(10_000)
    expect(pairs - overlapping).toBeGreaterThan(10_000)
  })

  it(`cover: 200,000 of their ordered pairs, and each path that is missed (seed ${seed})`, () => {
    let covering = 0
    for (let count = 0; count < 200_000; count++) {
      const outer = patterns[draw(patterns.length)]
      const inner = patterns[draw(patterns.length)]
      if (outer?.scope.type !== 'path' || inner?.scope.type !== 'path') continue
      const missed = missedBy(outer.scope.automaton(), inner.scope.automaton()).path
      if (count < 20_000) expect(coversScope(outer.scope, inner.scope)).toBe(missed === null)
      if (missed === null) covering += 1
      if (missed === null && !holds(outer.bits, inner.bits)) expect.fail(`${outer.text} does not cover ${inner.text}`)
      if (missed === undefined) expect.fail(`${outer.text} and ${inner.text} are small enough to decide`)
      if (missed !== null && (!isCanonical(missed) || outer.matches(missed) || !inner.matches(missed))) expect.fail(`${outer.text} misses no ${missed} of ${inner.text}`)
    }
    expect(covering).toBeGreaterThan(5_000)
  })
})

const letter = fc.constantFrom('a', 'b', 'é', '.', '-', '😀')
const piece = fc.oneof(
  { weight: 6, arbitrary: letter },
  { weight: 2, arbitrary: fc.constantFrom('*', '?', '[ab]', '[!a]', '[^.b]', '[a-é]', '[]a]', '[a-]', '\\*', '\\[', '\\a', '[\\]a]') }
)
const { pattern: richPattern } = fc.letrec<{ group: string; part: string; segment: string; pattern: string }>((tie) => ({
  group: fc.array(tie('part'), { minLength: 1, maxLength: 3 }).map((options) => `{${options.join(',')}}`),
  part: fc.oneof({ depthSize: 'small' }, piece, fc.constant(''), tie('group')),
  segment: fc.oneof({ weight: 5, arbitrary: fc.array(fc.oneof({ weight: 5, arbitrary: piece }, { weight: 1, arbitrary: tie('group') }), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')) }, { weight: 1, arbitrary: fc.constant('**') }),
  pattern: fc.array(tie('segment'), { maxLength: 4 }).map((segments) => segments.join('/'))
}))
const valid = richPattern.filter((text) => parseScope(text).ok)
const path = fc.array(fc.array(fc.constantFrom('a', 'b', 'é', '.', '-', '😀', '*', ']', '[', 'z'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')), { maxLength: 4 })
  .map((segments) => segments.join('/'))
  .filter(isCanonical)

describe('the algebra against a second matcher', () => {
  it('covers', () => {
    fc.assert(fc.property(valid, path, (text, at) => covers(scope(text), at) === matcherOf(text)(at)), { numRuns: 3_000 })
  })

  it('overlap: common paths are found, witnesses are covered by both, the order does not matter', () => {
    fc.assert(
      fc.property(valid, valid, fc.array(path, { maxLength: 20 }), (left, right, paths) => {
        const found = overlap(scope(left), scope(right))
        expect(overlap(scope(right), scope(left))).toEqual(found)
        const common = paths.find((each) => matcherOf(left)(each) && matcherOf(right)(each))
        if (common !== undefined) expect(found).not.toBeNull()
        if (found !== null) expect([isCanonical(found.witness), matcherOf(left)(found.witness), matcherOf(right)(found.witness)]).toEqual([true, true, true])
      }),
      { numRuns: 3_000 }
    )
  })

  it('is reflexive; a cover overlaps; each covered path is below the prefix', () => {
    fc.assert(
      fc.property(valid, valid, path, (left, right, at) => {
        expect(overlap(scope(left), scope(left))).not.toBeNull()
        expect(coversScope(scope(left), scope(left))).toBe(true)
        expect(coversScope(scope(''), scope(left))).toBe(true)
        const prefix = prefixOf(scope(left))
        if (covers(scope(left), at)) expect(at.split('/').slice(0, prefix.length)).toEqual(prefix)
        if (!coversScope(scope(left), scope(right))) return
        expect(overlap(scope(left), scope(right))).not.toBeNull()
        if (matcherOf(right)(at)) expect(matcherOf(left)(at)).toBe(true)
      }),
      { numRuns: 3_000 }
    )
  })
})
