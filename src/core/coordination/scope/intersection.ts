import type { Automaton } from './automaton.js'
import { hasCode, meetClasses, pickCode } from './charclass.js'
import { FREE, START, within } from './segment.js'
import { CLASS } from './word.js'

/** `path` is the shortest that both cover, or null; `steps` are the pairs of edges looked at: a measure of cost that no machine changes. */
export interface Intersection {
  readonly path: string | null
  readonly steps: number
}

const UNKNOWN = -2

/** A code point that both labels allow, or -1; the readable one where there is a choice. Equal classes are met once. */
const meeting = (left: Automaton, right: Automaton): ((leftLabel: number, rightLabel: number) => number) => {
  const width = right.classes.length
  const picked = new Int32Array(left.classes.length * width).fill(UNKNOWN)
  return (leftLabel, rightLabel) => {
    if (leftLabel >= 0) return hasCode(right.classes[CLASS - rightLabel] ?? [], leftLabel) ? leftLabel : -1
    if (rightLabel >= 0) return hasCode(left.classes[CLASS - leftLabel] ?? [], rightLabel) ? rightLabel : -1
    const key = (CLASS - leftLabel) * width + CLASS - rightLabel
    const known = picked[key] ?? UNKNOWN
    if (known !== UNKNOWN) return known
    const code = pickCode(meetClasses(left.classes[CLASS - leftLabel] ?? [], right.classes[CLASS - rightLabel] ?? []))
    picked[key] = code
    return code
  }
}

/** What was reached, in order; each entry knows the one it came from and the character it read. Plain arrays of numbers, for speed. */
class Frontier {
  places = new Int32Array(128)
  #parents = new Int32Array(128)
  #codes = new Int32Array(128)
  readonly #seen: Uint8Array
  readonly #width: number
  count = 0

  constructor(height: number, width: number) {
    this.#seen = new Uint8Array(height * width)
    this.#width = width
  }

  /** Whoever is FREE in its segment can go on in every way that another can, so the others are dropped there. */
  add(left: number, right: number, segment: number, parent: number, code: number): void {
    const pair = left * this.#width + right
    const seen = this.#seen[pair] ?? 0
    if ((seen & ((1 << segment) | (1 << FREE))) !== 0) return
    this.#seen[pair] = seen | (1 << segment)
    if (this.count === this.places.length) this.#grow()
    this.places[this.count] = (left << 16) | (right << 2) | segment
    this.#parents[this.count] = parent
    this.#codes[this.count] = code
    this.count += 1
  }

  /** What was read up to the entry, without the last `/`. */
  pathTo(entry: number): string {
    const codes: number[] = []
    for (let at = entry; (this.#parents[at] ?? -1) >= 0; at = this.#parents[at] ?? -1) codes.unshift(this.#codes[at] ?? 0)
    return String.fromCodePoint(...codes.slice(0, -1))
  }

  #grow(): void {
    const larger = (values: Int32Array): Int32Array<ArrayBuffer> => {
      const copy = new Int32Array(values.length * 4)
      copy.set(values)
      return copy
    }
    this.places = larger(this.places)
    this.#parents = larger(this.#parents)
    this.#codes = larger(this.#codes)
  }
}

/**
 * Decides whether two automata cover a common path, exactly, by accepting in both at once, breadth-first. Each pair of edges is looked
 * at once for each of the few ways to be inside a segment, so the product of their numbers of edges bounds the cost. Where a path leads to
 * `rightStarts`, the answer is what comes after it.
 */
export const intersect = (left: Automaton, right: Automaton, rightStarts: readonly number[] = [right.start]): Intersection => {
  const { from: leftFrom, labels: leftLabels, targets: leftTargets } = left
  const { from: rightFrom, labels: rightLabels, targets: rightTargets } = right
  const meet = meeting(left, right)
  const frontier = new Frontier(left.size, right.size)
  let steps = 0
  for (const state of rightStarts) frontier.add(left.start, state, START, -1, 0)
  for (let entry = 0; entry < frontier.count; entry++) {
    const place = frontier.places[entry] ?? 0
    const segment = place & 3
    const leftState = place >> 16
    const rightState = (place >> 2) & 0x3fff
    if (segment === START && left.accepts[leftState] === 1 && right.accepts[rightState] === 1) return { path: frontier.pathTo(entry), steps }
    const leftEnd = leftFrom[leftState + 1] ?? 0
    const rightStart = rightFrom[rightState] ?? 0
    const rightEnd = rightFrom[rightState + 1] ?? 0
    for (let edge = leftFrom[leftState] ?? 0; edge < leftEnd; edge++) {
      const label = leftLabels[edge] ?? 0
      for (let other = rightStart; other < rightEnd; other++) {
        const otherLabel = rightLabels[other] ?? 0
        steps += 1
        const code = label >= 0 && otherLabel >= 0 ? (label === otherLabel ? label : -1) : meet(label, otherLabel)
        const next = code < 0 ? -1 : within(segment, code)
        if (next >= 0) frontier.add(leftTargets[edge] ?? 0, rightTargets[other] ?? 0, next, entry, code)
      }
    }
  }
  return { path: null, steps }
}
