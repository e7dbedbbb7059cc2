// `npm run cases`: the table of the fault catalogue from test/report/cases.json, as the last runs of the tests left it. Ends with 1 where a
// listed case has no line. `--long`: also the cases that only the long run plays. `--begin`: an empty report,
// with which a run of all tests begins; a run of some adds to the one before.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const range = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => from + index)
const LISTED = [range(1, 10), range(12, 22), range(24, 31), range(36, 41), range(43, 53), range(55, 75), [77, 80, 85, 86, 88]].flat()
const LONG = [76, 78]

const file = fileURLToPath(new URL('../report/cases.json', import.meta.url))
if (process.argv.includes('--begin')) {
  rmSync(file, { force: true })
  process.exit(0)
}
const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).map(line => JSON.parse(line)) : []
const newest = new Map(lines.map(line => [`${line.case} ${line.test}`, line]))
const rows = [...newest.values()].sort((left, right) => left.case - right.case || left.test.localeCompare(right.test))

const listed = process.argv.includes('--long') ? [...LISTED, ...LONG] : LISTED
const missing = listed.filter(number => !rows.some(row => row.case === number))
const over = rows.filter(row => row.worst > row.limit)

process.stdout.write('case  runs      worst      limit  unit          test\n')
for (const { case: number, runs, worst, limit, unit, test } of rows) {
  const mark = worst > limit ? '  falls short' : ''
  process.stdout.write(`${String(number).padStart(4)}  ${String(runs).padEnd(8)}  ${String(worst).padStart(5)}  ${String(limit).padStart(9)}  ${unit.padEnd(12)}  ${test}${mark}\n`)
}
if (missing.length > 0) process.stdout.write(`\nno line for ${missing.length} cases: ${missing.join(', ')}\n`)
process.stdout.write(`\n${listed.length - missing.length} of ${listed.length} cases have a line, ${over.length} figures fall short of their limit (docs/testing.md says which, and why)\n`)
process.exitCode = missing.length > 0 ? 1 : 0
