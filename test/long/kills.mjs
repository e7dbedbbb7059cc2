// The long run's part on kills and damaged files: `node test/long/kills.mjs [--minutes M] [--part NAME]`, 20 minutes when left out, shared by the parts.
// Each part is one of the tests of every run, told to go on: 1,000 kills during claimed writes, each named point 100 times, 20,000 flipped bits in
// each kind of file. Prints one JSON line a part {name, asked, done, failures, worst, unit} and, as the last one, their sum. Needs a built dist.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const value = (flag, usual) => {
  const at = process.argv.indexOf(flag)
  return at < 0 ? usual : process.argv[at + 1]
}

const flips = kind => ({ name: `bit flips in ${kind}`, file: 'test/adapters/level/corruption.test.ts', only: `in ${kind.replaceAll('.', '\\.')}: it changes`, share: 1, asked: 20_000 })
const PARTS = [
  { name: 'kill -9 during claimed writes', file: 'test/e2e/kill.test.ts', share: 5, asked: 1_000 },
  { name: 'kill -9 at named points', file: 'test/e2e/kill-points.test.ts', share: 5, asked: 1_400 },
  ...['.ldb', '.log', 'MANIFEST'].map(flips)
]
const chosen = value('--part', null)
const parts = chosen === null ? PARTS : PARTS.filter(({ name }) => name === chosen)
const minutes = Number(value('--minutes', '20'))
const shares = parts.reduce((sum, { share }) => sum + share, 0)
const folder = mkdtempSync(join(tmpdir(), 'skein-long-'))

const run = ({ file, only, share }, result) =>
  new Promise(resolve => {
    const filter = only === undefined ? [] : ['-t', only]
    const child = spawn(process.execPath, [join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--config', 'test/vitest.config.mjs', file, ...filter], {
      cwd: ROOT,
      env: { ...process.env, SKEIN_LONG_MINUTES: String((minutes * share) / shares), SKEIN_LONG_RESULT: result },
      stdio: ['ignore', 2, 2]
    })
    child.once('exit', resolve)
  })

const total = { name: 'kills', asked: 0, done: 0, failures: 0, worst: 0, unit: 'lost' }
for (const [index, part] of parts.entries()) {
  const result = join(folder, String(index))
  const code = await run(part, result)
  let line = { name: part.name, asked: part.asked, done: 0, failures: 1, worst: 0, unit: 'failed before its end' }
  try {
    line = JSON.parse(readFileSync(result, 'utf8'))
  } catch {
    // a part that failed wrote no result: that is the result
  }
  if (code !== 0) line.failures = Math.max(1, line.failures)
  process.stdout.write(`${JSON.stringify(line)}\n`)
  total.asked += line.asked
  total.done += line.done
  total.failures += line.failures
}
rmSync(folder, { recursive: true, force: true })
process.stdout.write(`${JSON.stringify(total)}\n`)
process.exitCode = total.failures === 0 ? 0 : 1
