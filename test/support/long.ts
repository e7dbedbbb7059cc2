import { writeFileSync } from 'node:fs'

/** Set by the long run (test/long): how long a part may go on, and where it writes what came of it. */
const MINUTES = Number(process.env.SKEIN_LONG_MINUTES ?? 0)
const RESULT = process.env.SKEIN_LONG_RESULT

/** One result of the long run: `worst` in `unit`, as in the table of cases. */
export interface LongResult {
  readonly name: string
  readonly asked: number
  readonly done: number
  readonly failures: number
  readonly worst: number
  readonly unit: string
}

export const isLong = MINUTES > 0

/** How often, and until when: a few times in every run, as often as there is time for in the long one. */
export const roundsOf = (usual: number, long: number): { readonly asked: number; isOver(done: number): boolean } => {
  const until = performance.now() + MINUTES * 60_000
  return isLong ? { asked: long, isOver: done => done >= long || performance.now() > until } : { asked: usual, isOver: done => done >= usual }
}

/** How long a test may take: what it takes in every run, or the long run's time and a little. */
export const timeoutOf = (usualMs: number): number => (isLong ? MINUTES * 60_000 + 120_000 : usualMs)

export const writeLongResult = (result: LongResult): void => {
  if (isLong && RESULT !== undefined) writeFileSync(RESULT, `${JSON.stringify(result)}\n`)
}
