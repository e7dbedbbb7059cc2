import { acceptsIn, advance } from './advance.js'
import { FINAL } from './automaton.js'
import { SLASH } from './charclass.js'
import { ALL_BELOW, repeatedReading } from './reading.js'
import type { PathScope, Scope } from './scope.js'

/** Where the pattern can be after the path: null as soon as it covers it with all below, no state where it covers neither it nor anything below. */
export const statesAfter = (scope: PathScope, path: string): readonly number[] | null => {
  const automaton = scope.automaton()
  const { start } = automaton
  if (start === FINAL) return null
  if (path === '') return [start]
  const reading = repeatedReading(automaton)
  if (reading !== null) {
    const place = reading.after(reading.start, path)
    return place === ALL_BELOW ? null : place.states
  }
  let states: readonly number[] = [start]
  for (const character of `${path}/`) {
    const code = character.codePointAt(0) ?? 0
    states = advance(automaton, states, code)
    if (states.length === 0) return states
    if (code === SLASH && states[0] === FINAL) return null
  }
  return states
}

/** Whether the scope covers this canonical path (`''` is the root); a name covers no path. */
export const covers = (scope: Scope, path: string): boolean => {
  if (scope.type === 'name') return false
  if (scope.literal !== null) return scope.literal === '' || path === scope.literal || (scope.withBelow && path.startsWith(`${scope.literal}/`))
  const states = statesAfter(scope, path)
  return states === null || acceptsIn(scope.automaton(), states)
}
