import { parseScope, type Scope } from '../../../../src/core/coordination/scope/index.js'

/** The scope of a text that must be valid. */
export const scope = (text: string): Scope => {
  const parsed = parseScope(text)
  if (!parsed.ok) throw new Error(`${JSON.stringify(text)}: ${parsed.failure.message}`)
  return parsed.value
}

/** What is wrong with a text that must be invalid: the position, counted from 1, and the reason. */
export const fault = (text: string): { readonly position: unknown; readonly reason: unknown } => {
  const parsed = parseScope(text)
  if (parsed.ok) throw new Error(`${JSON.stringify(text)} was accepted`)
  if (parsed.failure.code !== 'PATTERN_INVALID') throw new Error(parsed.failure.code)
  return { position: parsed.failure.details?.['position'], reason: parsed.failure.details?.['reason'] }
}

/** A small seeded generator (mulberry32): whole numbers below `end`. */
export const drawsFrom = (seed: number): ((end: number) => number) => {
  let state = seed >>> 0
  return (end) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end)
  }
}
