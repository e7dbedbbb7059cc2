import { FINAL, type Automaton } from './automaton.js'
import { SLASH, hasCode } from './charclass.js'
import type { PathScope, Scope } from './scope.js'
import { CLASS } from './word.js'

/** The states after one more code point, in ascending order. */
export const advance = (automaton: Automaton, states: readonly number[], code: number): readonly number[] => {
  const reached: number[] = []
  for (const state of states) {
    const end = automaton.from[state + 1] ?? 0
    for (let edge = automaton.from[state] ?? 0; edge < end; edge++) {
      const label = automaton.labels[edge] ?? 0
      const target = automaton.targets[edge] ?? 0
      if ((label >= 0 ? label === code : hasCode(automaton.classes[CLASS - label] ?? [], code)) && !reached.includes(target)) reached.push(target)
    }
  }
  return reached.length < 2 ? reached : reached.sort((left, right) => left - right)
}

/** Where the pattern can be after the path: null as soon as it covers it with all below, no state where it covers neither it nor anything below. */
export const statesAfter = (scope: PathScope, path: string): readonly number[] | null => {
  const { start } = scope.automaton()
  if (start === FINAL) return null
  return path === '' ? [start] : statesBelow(scope, [start], path)
}

/** The same from where it is already, one or more segments further down. */
export const statesBelow = (scope: PathScope, from: readonly number[], path: string): readonly number[] | null => {
  const automaton = scope.automaton()
  let states = from
  for (const character of `${path}/`) {
    const code = character.codePointAt(0) ?? 0
    states = advance(automaton, states, code)
    if (states.length === 0) return states
    if (code === SLASH && states[0] === FINAL) return null
  }
  return states
}

/** Whether one of the states accepts: the path that led there is covered, whatever is said of what lies below it. */
export const acceptsIn = ({ accepts }: Automaton, states: readonly number[]): boolean => states.some((state) => accepts[state] === 1)

/** Whether the scope covers this canonical path (`''` is the root); a name covers no path. */
export const covers = (scope: Scope, path: string): boolean => {
  if (scope.type === 'name') return false
  if (scope.literal !== null) return scope.literal === '' || path === scope.literal || (scope.withBelow && path.startsWith(`${scope.literal}/`))
  const states = statesAfter(scope, path)
  return states === null || acceptsIn(scope.automaton(), states)
}
