import { FINAL, type Automaton } from './automaton.js'
import { SLASH, hasCode } from './charclass.js'
import type { Scope } from './scope.js'
import { CLASS } from './word.js'

const reads = (automaton: Automaton, label: number, code: number): boolean =>
  label >= 0 ? label === code : hasCode(automaton.classes[CLASS - label] ?? [], code)

/** The states after one more code point, in ascending order. */
export const advance = (automaton: Automaton, states: readonly number[], code: number): readonly number[] => {
  const reached: number[] = []
  for (const state of states) {
    for (let edge = automaton.from[state] ?? 0; edge < (automaton.from[state + 1] ?? 0); edge++) {
      if (reads(automaton, automaton.labels[edge] ?? 0, code)) reached.push(automaton.targets[edge] ?? 0)
    }
  }
  return reached.length < 2 ? reached : [...new Set(reached)].sort((left, right) => left - right)
}

/** Whether the scope covers this canonical path (`''` is the root); a name covers no path. */
export const covers = (scope: Scope, path: string): boolean => {
  if (scope.type === 'name') return false
  if (scope.literal !== null) return scope.literal === '' || path === scope.literal || path.startsWith(`${scope.literal}/`)
  if (!path.startsWith(scope.prefix.join('/'))) return false
  const automaton = scope.automaton()
  let states: readonly number[] = [automaton.start]
  if (automaton.start === FINAL) return true
  for (const character of path === '' ? '' : `${path}/`) {
    const code = character.codePointAt(0) ?? 0
    states = advance(automaton, states, code)
    if (states.length === 0) return false
    if (code === SLASH && states[0] === FINAL) return true
  }
  return false
}
