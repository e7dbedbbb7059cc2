import { appendFileSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FILE = fileURLToPath(new URL('../report/cases.json', import.meta.url))

/** What one test found of one case of the fault catalogue (docs/testing.md). */
export interface CaseLine {
  /** The test file, or its tier, for a reader who wants to run it again. */
  readonly test: string
  /** How often the case was played. */
  readonly runs: number
  /** The worst figure seen, and the limit that it must not pass; both in `unit`. */
  readonly worst: number
  readonly limit: number
  readonly unit: string
}

/** Writes the line of a case to test/report/cases.json: one JSON object a line, the newest of a test counts. `npm run cases` shows the table. */
export const recordCase = (number: number, line: CaseLine): void => {
  mkdirSync(fileURLToPath(new URL('../report', import.meta.url)), { recursive: true })
  appendFileSync(FILE, `${JSON.stringify({ case: number, ...line, at: new Date().toISOString() })}\n`)
}
