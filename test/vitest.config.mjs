import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// SKEIN_TEST_REPORT: a file for the JSON report beside what is printed (.ci/run counts from it)
const report = process.env.SKEIN_TEST_REPORT

// what hosts remember outside their homes, for this run alone
process.env.XDG_STATE_HOME = join(tmpdir(), `skein-state-${process.pid}`)

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    env: { XDG_STATE_HOME: process.env.XDG_STATE_HOME },
    globalSetup: ['test/support/state-folder.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: ['default', './test/support/skipped.mjs', ...(report === undefined ? [] : [['json', { outputFile: report }]])],
    maxWorkers: 2
  }
})
