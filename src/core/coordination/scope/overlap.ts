import { compareText } from '../../encoding/bytes.js'
import { acceptsIn } from './advance.js'
import { EVERYTHING } from './automaton.js'
import { covers, statesAfter } from './cover.js'
import { intersect } from './intersection.js'
import type { PathScope, Scope } from './scope.js'

/** Proof of an overlap: a path that both scopes cover (`''` is the root itself), or the name that both are. */
export interface Overlap {
  readonly witness: string
}

/**
 * Is there a path that both cover? Exact, and the same whichever comes first. The witness is a shortest common path, made readable:
 * two literals give the longer one, a segment gets an `x` before its extension where it can have one.
 */
export const overlap = (left: Scope, right: Scope): Overlap | null => {
  if (left.type === 'name' || right.type === 'name') return left.type === right.type && left.text === right.text ? { witness: left.text } : null
  if (!prefixesAgree(left, right)) return null
  if (left.literal !== null && right.literal !== null) {
    const [upper, lower] = left.prefix.length < right.prefix.length ? [left, right.literal] : [right, left.literal]
    return covers(upper, lower) ? { witness: lower } : null
  }
  const path = left.literal !== null ? belowLiteral(left.literal, left, right) : right.literal !== null ? belowLiteral(right.literal, right, left) : common(left, right)
  return path === null ? null : { witness: readable(path, left, right) }
}

/** In one order, so that every host names the same witness. */
const common = (left: PathScope, right: PathScope): string | null => {
  const [first, second] = compareText(left.text, right.text) <= 0 ? [left, right] : [right, left]
  return intersect(first.automaton(), second.automaton()).path
}

/** Most claims are literals: for those it is enough to run the pattern along the path, and on from there if it is not covered yet. */
const belowLiteral = (path: string, literal: PathScope, pattern: PathScope): string | null => {
  if (literal.withBelow && literal.prefix.length <= pattern.prefix.length) return pattern.shortest()
  const states = statesAfter(pattern, path)
  if (states === null || acceptsIn(pattern.automaton(), states)) return path
  if (!literal.withBelow) return null
  const rest = states.length === 0 ? null : intersect(EVERYTHING, pattern.automaton(), states).path
  return rest === null ? null : `${path}/${rest}`
}

const prefixesAgree = (left: PathScope, right: PathScope): boolean => {
  const length = Math.min(left.prefix.length, right.prefix.length)
  for (let index = 0; index < length; index++) if (left.prefix[index] !== right.prefix[index]) return false
  return true
}

/** A shortest path takes every star as empty: `src/.ts` for `src/*.ts`. People expect `src/x.ts`. */
const readable = (path: string, left: Scope, right: Scope): string => {
  let witness = path
  for (let at = witness.lastIndexOf('.'); at >= 0; at = at === 0 ? -1 : witness.lastIndexOf('.', at - 1)) {
    if (at > 0 && witness[at - 1] !== '/') continue
    const named = `${witness.slice(0, at)}x${witness.slice(at)}`
    if (covers(left, named) && covers(right, named)) witness = named
  }
  return witness
}

/** The first pair that overlaps, in the order of the lists, with its witness. */
export const overlapsAny = (lefts: readonly Scope[], rights: readonly Scope[]): { readonly left: Scope; readonly right: Scope; readonly witness: string } | null => {
  for (const left of lefts) {
    for (const right of rights) {
      const found = overlap(left, right)
      if (found !== null) return { left, right, witness: found.witness }
    }
  }
  return null
}
