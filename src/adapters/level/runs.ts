import { ByteReader } from '../../core/encoding/reader.js'
import { ByteWriter } from '../../core/encoding/writer.js'

/** Numbers held without a hole, `first` and `last` included. */
export interface Run {
  readonly first: number
  readonly last: number
}

/**
 * Which numbers of one author's log are held: runs in rising order, apart from each other. One run is the rule; a snapshot taken before the
 * history below it makes a second one.
 */
export type Runs = readonly Run[]

export const addToRuns = (runs: Runs, number: number): Runs => {
  const newest = runs.at(-1)
  if (newest === undefined || number > newest.last + 1) return [...runs, { first: number, last: number }]
  if (number === newest.last + 1) return [...runs.slice(0, -1), { first: newest.first, last: number }]
  const at = runs.findIndex(run => number <= run.last + 1)
  const run = runs[at]
  if (run === undefined || (number >= run.first && number <= run.last)) return runs
  if (number < run.first - 1) return [...runs.slice(0, at), { first: number, last: number }, ...runs.slice(at)]
  const following = runs[at + 1]
  const joins = number === run.last + 1 && following?.first === number + 1
  const grown = { first: Math.min(run.first, number), last: joins ? following.last : Math.max(run.last, number) }
  return [...runs.slice(0, at), grown, ...runs.slice(at + (joins ? 2 : 1))]
}

export const runFrom = (runs: Runs, number: number): Run | null => {
  const run = runs.find(({ first, last }) => number >= first && number <= last)
  return run === undefined ? null : { first: number, last: run.last }
}

export const encodeRuns = (runs: Runs): Uint8Array => {
  const writer = new ByteWriter().u32(runs.length)
  for (const { first, last } of runs) writer.u64(first).u64(last)
  return writer.done()
}

export const decodeRuns = (bytes: Uint8Array): Runs | null => {
  const reader = new ByteReader(bytes)
  const runs: Run[] = []
  for (let left = reader.u32(); left > 0 && !reader.failed; left--) runs.push({ first: reader.u64(), last: reader.u64() })
  return reader.done() ? runs : null
}
