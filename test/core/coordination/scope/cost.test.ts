import { describe, expect, it } from 'vitest'
import { parseScope, type PathScope } from '../../../../src/core/coordination/scope/index.js'
import { missedBy } from '../../../../src/core/coordination/scope/inclusion.js'
import { intersect } from '../../../../src/core/coordination/scope/intersection.js'
import { LIMITS } from '../../../../src/core/limits.js'
import { recordCase } from '../../../support/cases.js'
import { drawsFrom } from './parsed.js'

/** A pair of edges costs 10 to 15 ns, so this many cost about a millisecond. */
const MOST_STEPS = LIMITS.patternEdges ** 2

const pathScope = (text: string): PathScope | null => {
  const parsed = parseScope(text)
  return parsed.ok && parsed.value.type === 'path' ? parsed.value : null
}

const WILDCARDS = ['*', '?', '**/', '/**/', '[ab]', '[!b]', '[a-z]', '*?', '{a,b}', '{a,aa,aaa}', '{a,*b}', '{,a}']
const WIDE_CLASS = `[${Array.from({ length: 60 }, (_, index) => String.fromCodePoint(0x4e00 + 2 * index)).join('')}]`

/** Long runs of one letter between wildcards: what makes two automata meet in every pair of states. */
const nasty = (draw: (end: number) => number, wildcards: readonly string[]): string => {
  const run = 1 + draw(40)
  const length = draw(6) === 0 ? 200 + draw(56) : 40 + draw(80)
  let text = draw(2) === 0 ? '*' : '**/'
  while (text.length < length - 20) {
    text += draw(3) === 0 ? (wildcards[draw(wildcards.length)] ?? '') : (draw(6) === 0 ? 'a/' : 'a').repeat(1 + draw(run))
  }
  return `${text.slice(0, length)}${['a', 'b', 'c'][draw(3)]}`
}

/** The least of some runs: what else the machine does meanwhile only adds. Steps are what is asserted, which no machine changes. */
const leastMs = (work: () => unknown): number => {
  let least = Infinity
  for (let run = 0; run < 6 && least > 0.5; run++) {
    const began = performance.now()
    work()
    least = Math.min(least, performance.now() - began)
  }
  return least
}

describe('the cost of a pair', () => {
  const seed = 86
  it(`10,000 nasty pairs stay within the bound (seed ${seed})`, () => {
    const draw = drawsFrom(seed)
    const patterns: PathScope[] = []
    let parsing = 0
    while (patterns.length < 400) {
      const text = nasty(draw, draw(8) === 0 ? [...WILDCARDS, WIDE_CLASS] : WILDCARDS)
      const found = pathScope(text)
      if (found === null) continue
      patterns.push(found)
      parsing = Math.max(parsing, leastMs(() => pathScope(text)))
    }
    let most = 0
    let disjoint = 0
    let worst = 0
    for (let count = 0; count < 10_000; count++) {
      const left = patterns[draw(patterns.length)]
      const right = patterns[draw(patterns.length)]
      if (left === undefined || right === undefined) continue
      expect(left.automaton().labels.length).toBeLessThanOrEqual(LIMITS.patternEdges)
      const { path, steps } = intersect(left.automaton(), right.automaton())
      if (path === null) disjoint += 1
      worst = Math.max(worst, leastMs(() => intersect(left.automaton(), right.automaton())))
      most = Math.max(most, steps)
    }
    recordCase(86, { test: 'test/core/coordination/scope/cost.test.ts: pairs', runs: 10_000, worst: Number(worst.toFixed(2)), limit: 1, unit: 'ms' })
    recordCase(86, { test: 'test/core/coordination/scope/cost.test.ts: reading', runs: patterns.length, worst: Number(parsing.toFixed(2)), limit: 1, unit: 'ms' })
    expect(most).toBeLessThanOrEqual(MOST_STEPS)
    expect(most).toBeGreaterThan(10_000)
    expect(disjoint).toBeGreaterThan(100)
  })

  it.each([
    [`*${'a'.repeat(255)}`, `*${'a'.repeat(254)}b`],
    [`${`*${'a'.repeat(15)}`.repeat(16).slice(0, 255)}c`, `${`*${'a'.repeat(15)}`.repeat(16).slice(0, 255)}b`],
    [`**/${'a/'.repeat(120)}c`, `**/${'a/'.repeat(120)}b`],
    [`*[!b]${'a'.repeat(240)}[!b][!b]`, `*[!c]${'a'.repeat(240)}b`],
    [`*{a,b,c,d}{a,b,c,d}{a,b,c,d}${'a'.repeat(220)}c`, `*{a,b,c,d}{a,b,c,d}{a,b,c,d}${'a'.repeat(220)}b`],
    ['**/*a'.repeat(8), `${'**/*a'.repeat(7)}/b`],
    [`.${'?'.repeat(16)}`, `${'.'.repeat(256)}`]
  ])('%s', (left, right) => {
    const [one, other] = [pathScope(left), pathScope(right)]
    if (one === null || other === null) throw new Error('these are within the limits')
    expect(intersect(one.automaton(), other.automaton()).steps).toBeLessThanOrEqual(MOST_STEPS)
    for (const [outer, inner] of [[one, other], [other, one]] as const) {
      expect(missedBy(outer.automaton(), inner.automaton()).steps).toBeLessThanOrEqual(LIMITS.scopeInclusionSteps + LIMITS.patternEdges)
    }
  })

  it(`every pattern without braces has few enough edges (seed ${seed})`, () => {
    const draw = drawsFrom(seed)
    for (let count = 0; count < 2_000; count++) {
      const parts = ['*', '**/*', '/**/*a', '?', '[ab]']
      let text = 'a'
      for (let wildcards = 0; wildcards < 12; wildcards++) text += `${'a'.repeat(draw(12))}${parts[draw(parts.length)]}`
      const padded = `${text}${'a'.repeat(256 - text.length)}`
      const parsed = parseScope(padded)
      if (!parsed.ok) expect(parsed.failure.message).toMatch(/wildcards$/)
    }
    expect(pathScope(`${'**/*a/'.repeat(8)}${'a'.repeat(208)}`)?.automaton().labels.length).toBeLessThanOrEqual(280)
  })
})
