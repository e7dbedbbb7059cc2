import type { Automaton } from './automaton.js'
import { hasCode } from './charclass.js'
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

/** Whether one of the states accepts: the path that led there is covered, whatever is said of what lies below it. */
export const acceptsIn = ({ accepts }: Automaton, states: readonly number[]): boolean => states.some((state) => accepts[state] === 1)
