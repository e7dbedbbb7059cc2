// `npm run test:long`: what `npm test` does a little of, done as often as there is time for. `--minutes N` in all (60), `--only NAME` one part.
// Each part is a child process with its share of the time. Prints a table and writes it to test/report/long.md; ends with 1 where anything failed.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const VITEST = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/vitest.config.mjs']
const SEEDS = 100_000
const SEEDS_OF_EACH = 2_000
/** FUZZ_TIMES of one round, and the rounds that make ten million inputs. */
const FUZZ_INPUTS = 200_000
const FUZZ_ROUNDS = 50
/** A child that goes on so long after its time is ended. */
const OVERTIME_MS = 5 * 60_000

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '60' }, only: { type: 'string' } } })
const minutes = Number(values.minutes)
const folder = mkdtempSync(join(tmpdir(), 'skein-long-'))
let running = null
const interrupt = new AbortController()

/** Runs one child to its end. */
const run = (args, { env = {}, ms }) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'], timeout: ms + OVERTIME_MS })
    running = child
    let out = ''
    child.stdout.setEncoding('utf8').on('data', text => (out += text))
    child.once('error', reject)
    child.once('close', code => resolve({ out, isWell: code === 0 }))
  })

/** Histories of the simulator: one row for each scenario that was begun. */
const histories = async (scenario, seeds, ms) => {
  const { out } = await run(['test/sim/run.mjs', '--scenario', scenario, '--seeds', String(seeds), '--minutes', String(ms / 60_000), '--workers', String(availableParallelism()), '--json'], { ms })
  const rows = out.split('\n').filter(Boolean).map(line => JSON.parse(line))
  return rows.map(({ name, asked, done, failed, failures, ms: took }) => ({
    name: `simulator: ${name}`, asked, done, failures: failed, worst: '', ms: took, notes: failures.map(({ seed, failure }) => `SIM_SCENARIO='${name}' SIM_SEED=${seed}: ${failure}`)
  }))
}

/** A test that knows of the long run (test/support/long.ts): it stops by itself and says what it did. */
const ofTest = async (name, file, ms) => {
  const result = join(folder, 'result.json')
  rmSync(result, { force: true })
  const started = performance.now()
  const { isWell, out } = await run([...VITEST, file], { env: { SKEIN_LONG_MINUTES: String(ms / 60_000), SKEIN_LONG_RESULT: result }, ms })
  const found = existsSync(result) ? JSON.parse(readFileSync(result, 'utf8')) : { asked: 0, done: 0, failures: 1, worst: '', unit: '' }
  return [{ name, asked: found.asked, done: found.done, failures: found.failures + (isWell ? 0 : 1), worst: `${found.worst} ${found.unit}`, ms: performance.now() - started, notes: isWell ? [] : [out.split('\n').filter(line => /FAIL|Error/.test(line)).slice(0, 5).join('\n')] }]
}

/** Rounds of all fuzzers, each with another seed. */
const fuzzing = async ms => {
  const started = performance.now()
  const row = { name: 'fuzzed inputs', asked: FUZZ_INPUTS * FUZZ_ROUNDS, done: 0, failures: 0, worst: 0, notes: [] }
  for (let round = 0; round < FUZZ_ROUNDS && performance.now() - started < ms && !interrupt.signal.aborted; round++) {
    const { out, isWell } = await run([...VITEST, 'test/fuzz'], { env: { FUZZ_SEED: String(1_000 + round) }, ms })
    for (const [, inputs, worst] of out.matchAll(/: (\d+) inputs, worst ([\d.]+) ms/g)) {
      row.done += Number(inputs)
      row.worst = Math.max(row.worst, Number(worst))
    }
    if (isWell) continue
    row.failures += 1
    row.notes.push(`FUZZ_SEED=${1_000 + round} npx vitest run --config test/vitest.config.mjs test/fuzz`)
  }
  return [{ ...row, worst: `${row.worst} ms`, ms: performance.now() - started }]
}

/** Name, share of the time, and what does it. */
const PARTS = [
  ['scenarios', 0.33, ms => histories('all', SEEDS_OF_EACH, ms)],
  ['seeds', 0.23, ms => histories('everything', SEEDS, ms)],
  ['kills', 0.1, ms => ofTest('kill -9 of a daemon that claims', 'test/e2e/kill.test.ts', ms)],
  ['kill-points', 0.05, ms => ofTest('kill -9 at named points', 'test/e2e/kill-points.test.ts', ms)],
  ['fuzz', 0.1, fuzzing],
  ['soak', 0.14, ms => ofTest('five daemons under faults', 'test/long/soak.test.ts', ms)],
  ['churn', 0.02, ms => ofTest('beats of 64 members, and strangers', 'test/core/replica/churn.test.ts', ms)],
  ['loop', 0.03, ms => ofTest('event loop under flood, writers and flapping links', 'test/long/loop.test.ts', ms)]
]

const duration = ms => `${Math.floor(ms / 60_000)}:${String(Math.round((ms % 60_000) / 1_000)).padStart(2, '0')}`

const tableOf = rows =>
  ['| what | asked | done | failed | worst | time |', '|---|---|---|---|---|---|', ...rows.map(({ name, asked, done, failures, worst, ms }) => `| ${name} | ${asked} | ${done} | ${failures} | ${worst} | ${duration(ms)} |`)].join('\n')

process.once('SIGINT', () => {
  interrupt.abort()
  running?.kill('SIGTERM')
})

const rows = []
try {
  const parts = PARTS.filter(([name]) => values.only === undefined || name === values.only)
  const whole = parts.reduce((sum, [, share]) => sum + share, 0)
  for (const [name, share, begin] of parts) {
    if (interrupt.signal.aborted) break
    process.stdout.write(`${name} …\n`)
    rows.push(...(await begin((minutes * 60_000 * share) / whole)))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const report = `${tableOf(rows)}\n\nNode ${process.version}, ${cpus()[0]?.model ?? 'an unknown processor'}, ${availableParallelism()} at once, ${new Date().toISOString().slice(0, 10)}, ${minutes} minutes.\n${rows.flatMap(({ notes }) => notes).map(note => `\n* ${note}`).join('')}`
process.stdout.write(`\n${report}\n`)
mkdirSync(join(ROOT, 'test/report'), { recursive: true })
writeFileSync(join(ROOT, 'test/report/long.md'), `${report}\n`)
process.exitCode = rows.some(({ failures }) => failures > 0) || interrupt.signal.aborted ? 1 : 0
