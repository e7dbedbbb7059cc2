import { LIMITS } from '../../limits.js'
import { acceptsIn, advance } from './advance.js'
import { FINAL, type Automaton } from './automaton.js'
import { DOT, SLASH, hasCode, type CharClass } from './charclass.js'
import type { Scope } from './scope.js'
import { START, within } from './segment.js'
import { CLASS } from './word.js'

/** A place in the inner automaton, how far into its segment, and all places where the outer one can be. */
interface Situation {
  readonly inner: number
  readonly segment: number
  readonly outer: readonly number[]
  /** What was read up to here. */
  readonly read: string
}

/** `path` is one that the inner automaton covers and the outer one does not, or null; unknown (undefined) where the bound on steps came first. */
export interface Missed {
  readonly path: string | null | undefined
  readonly steps: number
}

const labelsOf = (automaton: Automaton): readonly number[] => [...new Set(automaton.labels)].filter((label) => label !== SLASH)

const boundsOf = (automaton: Automaton): readonly number[] => [
  ...automaton.classes.flatMap((ranges) => ranges.map((bound, index) => bound + (index & 1))),
  ...labelsOf(automaton).flatMap((label) => (label >= 0 ? [label, label + 1] : []))
]

/**
 * For a class of the inner automaton, one character for each way in which the outer one can tell them apart. A dot is one of its own,
 * because only dots make `.` and `..`.
 */
export const representatives = (inner: Automaton, outer: Automaton): ((ranges: CharClass) => readonly number[]) => {
  const literals = new Set(labelsOf(outer).filter((label) => label >= 0)).add(DOT)
  const kindOf = (code: number): string =>
    literals.has(code) ? `${code}` : outer.classes.map((ranges) => (hasCode(ranges, code) ? '+' : '-')).join('')
  const kindByCode = new Map(Array.from(new Set([...boundsOf(inner), ...boundsOf(outer), DOT, DOT + 1]), (code) => [code, kindOf(code)]))
  const known = new Map<CharClass, readonly number[]>()
  return (ranges) => {
    const found = known.get(ranges)
    if (found !== undefined) return found
    const codeByKind = new Map<string, number>()
    for (const [code, kind] of kindByCode) if (hasCode(ranges, code)) codeByKind.set(kind, code)
    const codes = [...codeByKind.values()]
    known.set(ranges, codes)
    return codes
  }
}

/** Looks for a path that `inner` covers and `outer` does not: the inner automaton against the outer one made deterministic on the way. */
export const missedBy = (outer: Automaton, inner: Automaton): Missed => {
  const representativesOf = representatives(inner, outer)
  const seen = new Set<string>()
  const waiting: Situation[] = []
  let steps = 0
  const add = (state: number, segment: number, states: readonly number[], read: string): void => {
    if (segment === START && states[0] === FINAL) return
    const key = `${state} ${segment} ${states.join(' ')}`
    if (seen.has(key)) return
    seen.add(key)
    waiting.push({ inner: state, segment, outer: states, read })
  }
  add(inner.start, START, [outer.start], '')
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.segment === START && inner.accepts[next.inner] === 1 && !acceptsIn(outer, next.outer)) return { path: next.read.slice(0, -1), steps }
    const after = new Map<number, readonly number[]>()
    for (let edge = inner.from[next.inner] ?? 0; edge < (inner.from[next.inner + 1] ?? 0); edge++) {
      const label = inner.labels[edge] ?? 0
      const target = inner.targets[edge] ?? 0
      for (const code of label >= 0 ? [label] : representativesOf(inner.classes[CLASS - label] ?? [])) {
        const segment = within(next.segment, code)
        if (segment < 0) continue
        steps += 1 + next.outer.length
        if (steps > LIMITS.scopeInclusionSteps) return { path: undefined, steps }
        const states = after.get(code) ?? advance(outer, next.outer, code)
        after.set(code, states)
        add(target, segment, states, next.read + String.fromCodePoint(code))
      }
    }
  }
  return { path: null, steps }
}

/**
 * Whether the outer scope covers every path that the inner one covers. True is always right. Deciding it can cost exponential time, so
 * it stops after `LIMITS.scopeInclusionSteps` and says false; that happens only to patterns like `*a????????` that must remember many
 * characters at once. A name covers itself alone.
 */
export const coversScope = (outer: Scope, inner: Scope): boolean => {
  if (outer.type === 'name' || inner.type === 'name') return outer.type === inner.type && outer.text === inner.text
  if (outer.text === inner.text || outer.literal === '') return true
  if (outer.literal !== null && outer.withBelow) return outer.prefix.every((segment, index) => inner.prefix[index] === segment)
  return missedBy(outer.automaton(), inner.automaton()).path === null
}
