import { LIMITS } from '../../limits.js'
import { advance } from './advance.js'
import { FINAL, type Automaton } from './automaton.js'
import { covers } from './cover.js'
import { coversScope, representatives } from './inclusion.js'
import { overlap, type Overlap } from './overlap.js'
import type { PathScope, Scope } from './scope.js'
import { START, within } from './segment.js'
import { CLASS } from './word.js'

/** Several automata as one whose states stand one after the other, so that one set of states follows all of them at once. */
const sideBySide = (automata: readonly Automaton[]): { readonly all: Automaton; readonly firsts: readonly number[] } => {
  const firsts: number[] = []
  const from: number[] = [0]
  const labels: number[] = []
  const targets: number[] = []
  const accepts: number[] = []
  const classes: Automaton['classes'][number][] = []
  let size = 0
  for (const automaton of automata) {
    const [edges, known] = [labels.length, classes.length]
    firsts.push(size)
    for (const label of automaton.labels) labels.push(label <= CLASS ? label - known : label)
    for (const target of automaton.targets) targets.push(target + size)
    for (const end of automaton.from.subarray(1)) from.push(end + edges)
    accepts.push(...automaton.accepts)
    classes.push(...automaton.classes)
    size += automaton.size
  }
  return { all: { size, start: 0, from: Int32Array.from(from), labels: Int32Array.from(labels), targets: Int32Array.from(targets), accepts: Uint8Array.from(accepts), classes }, firsts }
}

interface Situation {
  readonly left: number
  readonly segment: number
  /** Where the right scope can be (below its size), then where each of the others can be. */
  readonly states: readonly number[]
  readonly read: string
}

/** A path that both cover and none of the others does, or null; undefined where the bound on steps came first. */
const pathBeyond = (left: PathScope, right: PathScope, others: readonly PathScope[]): string | null | undefined => {
  const one = left.automaton()
  const automata = [right, ...others].map(scope => scope.automaton())
  const { all, firsts } = sideBySide(automata)
  /** From here on another covers all below. */
  const ends = new Set(firsts.slice(1).map(first => first + FINAL))
  const rightSize = automata[0]?.size ?? 0
  const representativesOf = representatives(one, all)
  const isBeyond = (states: readonly number[]): boolean => {
    const accepting = states.filter(state => all.accepts[state] === 1)
    return accepting.length > 0 && accepting.every(state => state < rightSize)
  }
  const seen = new Set<string>()
  const waiting: Situation[] = []
  let steps = 0
  const add = (state: number, segment: number, states: readonly number[], read: string): void => {
    if ((states[0] ?? rightSize) >= rightSize || (segment === START && states.some(each => ends.has(each)))) return
    const key = `${state} ${segment} ${states.join(' ')}`
    if (seen.has(key)) return
    seen.add(key)
    waiting.push({ left: state, segment, states, read })
  }
  add(one.start, START, firsts.map((first, index) => first + (automata[index]?.start ?? 0)), '')
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.segment === START && one.accepts[next.left] === 1 && isBeyond(next.states)) return next.read.slice(0, -1)
    const after = new Map<number, readonly number[]>()
    for (let edge = one.from[next.left] ?? 0; edge < (one.from[next.left + 1] ?? 0); edge++) {
      const label = one.labels[edge] ?? 0
      for (const code of label >= 0 ? [label] : representativesOf(one.classes[CLASS - label] ?? [])) {
        const segment = within(next.segment, code)
        if (segment < 0) continue
        steps += 1 + next.states.length
        if (steps > LIMITS.scopeInclusionSteps) return undefined
        const states = after.get(code) ?? advance(all, next.states, code)
        after.set(code, states)
        add(one.targets[edge] ?? 0, segment, states, next.read + String.fromCodePoint(code))
      }
    }
  }
  return null
}

const isPath = (scope: Scope): scope is PathScope => scope.type === 'path'

/**
 * Is there a path (or name) that both cover and none of the others covers? Null is always right; where deciding it would take more than
 * `LIMITS.scopeInclusionSteps` it says that there is one, with a path that both cover.
 */
export const overlapBeyond = (left: Scope, right: Scope, others: readonly Scope[]): Overlap | null => {
  const met = overlap(left, right)
  if (met === null || !isPath(left) || !isPath(right)) return met
  if (!others.some(each => covers(each, met.witness))) return met
  if (others.some(each => coversScope(each, left) || coversScope(each, right))) return null
  const path = pathBeyond(left, right, others.filter(isPath))
  return path === null ? null : { witness: path ?? met.witness }
}
