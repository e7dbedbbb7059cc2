// Prints `N passed, N failed` (and `, N skipped`) from vitest's JSON report, as the last line of .ci/run. Exits 1 unless all is well.
import { readFileSync } from 'node:fs'

const read = file => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    process.stderr.write(`no report of the tests: ${error.message}\n`)
    return null
  }
}

const report = read(process.argv[2])
// a file that could not even be loaded has no test in it that failed
const unloaded = report === null ? 1 : report.testResults.filter(({ status, assertionResults }) => status === 'failed' && !assertionResults.some(each => each.status === 'failed')).length
const passed = report?.numPassedTests ?? 0
const counted = (report?.numFailedTests ?? 0) + unloaded
// what vitest calls a failure without saying where (an error that no test caught) counts as one
const failed = counted === 0 && report?.success !== true ? 1 : counted
const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0)
process.stdout.write(`${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}\n`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
