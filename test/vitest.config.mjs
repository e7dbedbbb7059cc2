import { defineConfig } from 'vitest/config'

// SKEIN_TEST_REPORT: a file for the JSON report beside what is printed (.ci/run counts from it)
const report = process.env.SKEIN_TEST_REPORT

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: ['default', './test/support/skipped.mjs', ...(report === undefined ? [] : [['json', { outputFile: report }]])],
    maxWorkers: 2
  }
})
