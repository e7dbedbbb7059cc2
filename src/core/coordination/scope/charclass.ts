/**
 * A set of code points that one place of a path may hold: sorted, disjoint, inclusive ranges, flat (`low, high, low, high …`).
 * None holds `/`, a control character or half of a surrogate pair: no canonical path has those inside a segment.
 */
export type CharClass = readonly number[]

export const SLASH = 0x2f
export const DOT = 0x2e

/** What `?` stands for, and what `*` repeats. */
export const ANY: CharClass = [0x20, 0x2e, 0x30, 0x7e, 0xa0, 0xd7ff, 0xe000, 0x10ffff]

/** Which character a witness shows where several would do; a dot comes last because it may make a segment `.` or `..`. */
const WISHES: readonly CharClass[] = [
  [0x78, 0x78],
  [0x61, 0x7a],
  [0x41, 0x5a],
  [0x30, 0x39],
  [0x21, 0x2d, 0x30, 0x7e, 0xa1, 0xd7ff, 0xe000, 0x10ffff],
  [0x20, 0x20, 0xa0, 0xa0],
  [DOT, DOT]
]

export const hasCode = (ranges: CharClass, code: number): boolean => {
  let low = 0
  let high = ranges.length >> 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ranges[middle * 2 + 1] ?? 0) < code) low = middle + 1
    else high = middle
  }
  return low * 2 < ranges.length && (ranges[low * 2] ?? 0) <= code
}

export const meetClasses = (left: CharClass, right: CharClass): CharClass => {
  const both: number[] = []
  let at = 0
  let other = 0
  while (at < left.length && other < right.length) {
    const leftHigh = left[at + 1] ?? 0
    const rightHigh = right[other + 1] ?? 0
    const low = Math.max(left[at] ?? 0, right[other] ?? 0)
    const high = Math.min(leftHigh, rightHigh)
    if (low <= high) both.push(low, high)
    if (leftHigh < rightHigh) at += 2
    else other += 2
  }
  return both
}

/** The class of a bracket: any order, overlaps allowed; clipped to what a path may hold. */
export const classOf = (ranges: readonly (readonly [low: number, high: number])[], negated: boolean): CharClass => {
  const merged: number[] = []
  for (const [low, high] of [...ranges].sort((left, right) => left[0] - right[0])) {
    const last = merged.length - 1
    if (last > 0 && low <= (merged[last] ?? 0) + 1) merged[last] = Math.max(merged[last] ?? 0, high)
    else merged.push(low, high)
  }
  return meetClasses(negated ? complement(merged) : merged, ANY)
}

const complement = (ranges: readonly number[]): CharClass => {
  const rest: number[] = []
  let low = 0
  for (let at = 0; at < ranges.length; at += 2) {
    if (low < (ranges[at] ?? 0)) rest.push(low, (ranges[at] ?? 0) - 1)
    low = (ranges[at + 1] ?? 0) + 1
  }
  return low <= 0x10ffff ? [...rest, low, 0x10ffff] : rest
}

/** The most readable code point of the class, or -1 for the empty one; a dot only where nothing else is left. */
export const pickCode = (ranges: CharClass): number => {
  for (const wish of WISHES) {
    const [code] = meetClasses(ranges, wish)
    if (code !== undefined) return code
  }
  return -1
}
