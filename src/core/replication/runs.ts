/** Numbers without a hole, `first` and `last` included. */
export interface Run {
  readonly first: number
  readonly last: number
}

/**
 * Which numbers of one author's log are held: runs in rising order, apart from each other. One run is the rule; a snapshot taken before the
 * history below it makes a second one.
 */
export type Runs = readonly Run[]

export const NO_RUNS: Runs = []

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

/** With all numbers of one more run. */
export const addRunTo = (runs: Runs, { first, last }: Run): Runs => {
  const apart = runs.filter(run => run.last < first - 1 || run.first > last + 1)
  const touching = runs.filter(run => !apart.includes(run))
  const grown = { first: Math.min(first, ...touching.map(run => run.first)), last: Math.max(last, ...touching.map(run => run.last)) }
  return [...apart, grown].sort((left, right) => left.first - right.first)
}

/** Without the numbers from `from` on and below `until`. */
export const takeFromRuns = (runs: Runs, from: number, until: number): Runs =>
  runs.flatMap(({ first, last }) => {
    if (last < from || first >= until) return [{ first, last }]
    return [{ first, last: from - 1 }, { first: until, last }].filter(run => run.first <= run.last)
  })

/** Only the numbers from `from` on and below `until`. */
export const withinRuns = (runs: Runs, from: number, until: number): Runs =>
  runs.map(({ first, last }) => ({ first: Math.max(first, from), last: Math.min(last, until - 1) })).filter(({ first, last }) => first <= last)

/** The run that this number lies in, or null. */
export const runAt = (runs: Runs, number: number): Run | null => runs.find(({ first, last }) => number >= first && number <= last) ?? null

/** How many numbers there are. */
export const countRuns = (runs: Runs): number => runs.reduce((sum, { first, last }) => sum + last - first + 1, 0)
