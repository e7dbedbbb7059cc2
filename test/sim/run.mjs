// Plays histories of the simulator on plain JavaScript, in as many threads as asked for. As a command:
//   node test/sim/run.mjs [--scenario NAME|all] [--seeds N] [--from N] [--workers N] [--minutes N]
//   node test/sim/run.mjs --scenario NAME --story SEED        the whole story of one history
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { pathToFileURL, fileURLToPath } from 'node:url'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compile } from './compile.mjs'

const FAILURES_KEPT = 20

const load = folder => {
  const at = name => import(pathToFileURL(join(folder, `test/sim/${name}.js`)).href)
  return Promise.all([at('simulation'), at('scenarios'), at('sabotages')])
}

/** What throws is a failure like any other. */
const playOne = (simulate, seed, how) => {
  try {
    return simulate(seed, how)
  } catch (error) {
    return { seed, failures: [`throws ${error instanceof Error ? error.stack?.split('\n').slice(0, 3).join(' ') : String(error)}`], occurred: [] }
  }
}

/** In a thread: takes the next seed from the shared counter until there is none, or the time is up. */
const playHere = async ({ folder, name, from, seeds, next, deadline, enough, sabotage }) => {
  const [{ simulate }, { scenarioNamed }, { SABOTAGES }] = await load(folder)
  const scenario = scenarioNamed(name)
  const counter = new Int32Array(next)
  const found = { done: 0, failed: 0, failures: [], occurred: {} }
  for (let index = Atomics.add(counter, 0, 1); index < seeds && Date.now() < deadline; index = Atomics.add(counter, 0, 1)) {
    const run = playOne(simulate, from + index, { scenario, sabotage: SABOTAGES[sabotage] ?? null })
    found.done += 1
    for (const what of run.occurred) found.occurred[what] = (found.occurred[what] ?? 0) + 1
    if (run.failures.length === 0) continue
    found.failed += 1
    if (found.failures.length < FAILURES_KEPT) found.failures.push({ seed: run.seed, failure: run.failures[0] })
    if (enough) Atomics.store(counter, 0, seeds)
  }
  return found
}

/**
 * @param {import('./run.d.mts').Play} play
 * @returns {Promise<import('./run.d.mts').Played>}
 */
export const play = async ({ folder, name = 'everything', from = 1, seeds, workers = 1, deadline = Number.MAX_SAFE_INTEGER, enough = false, sabotage = '' }) => {
  const [started, used] = [performance.now(), process.cpuUsage()]
  const given = { folder, name, from, seeds, deadline, enough, sabotage, next: new SharedArrayBuffer(4) }
  const parts = await Promise.all(
    Array.from({ length: workers }, () => new Promise((resolve, reject) => {
      const worker = new Worker(fileURLToPath(import.meta.url), { workerData: given, stdout: true, stderr: true })
      worker.once('message', resolve)
      worker.once('error', reject)
    }))
  )
  const occurred = {}
  for (const part of parts) for (const [what, times] of Object.entries(part.occurred)) occurred[what] = (occurred[what] ?? 0) + times
  return {
    name,
    asked: seeds,
    done: parts.reduce((sum, part) => sum + part.done, 0),
    failed: parts.reduce((sum, part) => sum + part.failed, 0),
    failures: parts.flatMap(part => part.failures).sort((left, right) => left.seed - right.seed).slice(0, FAILURES_KEPT),
    occurred,
    ms: Math.round(performance.now() - started),
    cpuMs: Math.round((process.cpuUsage(used).user + process.cpuUsage(used).system) / 1_000)
  }
}

/** Names of all scenarios, the mixed one first. */
export const scenarioNames = async folder => {
  const [, { EVERYTHING, SCENARIOS }] = await load(folder)
  return [EVERYTHING, ...SCENARIOS].map(({ name }) => name)
}

const told = ({ name, done, asked, failed, failures, cpuMs }) =>
  [`${name.padEnd(48)} ${String(done).padStart(7)} of ${asked}  ${String(failed).padStart(5)} failed  ${String(Math.round((done * 60_000) / cpuMs)).padStart(6)} a minute of one core`, ...failures.map(({ seed, failure }) => `   seed ${seed}: ${failure}`)].join('\n')

const command = async () => {
  const { values } = parseArgs({
    options: { scenario: { type: 'string', default: 'everything' }, seeds: { type: 'string', default: '500' }, from: { type: 'string', default: '1' }, workers: { type: 'string' }, minutes: { type: 'string' }, story: { type: 'string' }, json: { type: 'boolean', default: false } }
  })
  const { folder, remove } = compile()
  try {
    if (values.story !== undefined) {
      const [{ simulate }, { scenarioNamed }] = await load(folder)
      const { story, failures } = simulate(Number(values.story), { scenario: scenarioNamed(values.scenario), record: true })
      process.stdout.write(`${[...story, ...failures.map(failure => `FAILED ${failure}`)].join('\n')}\n`)
      process.exitCode = failures.length > 0 ? 1 : 0
      return
    }
    const names = values.scenario === 'all' ? await scenarioNames(folder) : [values.scenario]
    const end = values.minutes === undefined ? Number.MAX_SAFE_INTEGER : Date.now() + Number(values.minutes) * 60_000
    for (const [index, name] of names.entries()) {
      // the time that is left, shared with the scenarios that are left
      const deadline = values.minutes === undefined ? end : Date.now() + (end - Date.now()) / (names.length - index)
      const run = await play({ folder, name, from: Number(values.from), seeds: Number(values.seeds), workers: Number(values.workers ?? availableParallelism()), deadline })
      process.stdout.write(values.json ? `${JSON.stringify(run)}\n` : `${told(run)}\n`)
      if (run.failed > 0) process.exitCode = 1
    }
  } finally {
    remove()
  }
}

if (!isMainThread && workerData?.next instanceof SharedArrayBuffer) {
  const found = await playHere(workerData)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort.postMessage(found)
}
if (isMainThread && process.argv[1] === fileURLToPath(import.meta.url)) await command()
