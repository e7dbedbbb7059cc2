import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compile, type Compiled } from './compile.mjs'
import { CRASH_POINTS } from './crash.js'
import { play, type Played } from './run.mjs'
import { SABOTAGES } from './sabotages.js'
import { SCENARIOS, scenarioNamed } from './scenarios.js'
import { simulate, type Run } from './simulation.js'

/**
 * `SIM_SEED=123 npx vitest run --config test/vitest.config.mjs test/sim/sim.test.ts` tells the whole story of one seed (or of several, with
 * commas), of SIM_SCENARIO if that is given. `SIM_SEEDS=10000 SIM_FROM=5000 …` runs that many of it, beginning there.
 */
const { SIM_SEED = '', SIM_SEEDS, SIM_FROM = '1', SIM_SCENARIO } = process.env
const stories = SIM_SEED.split(',').filter(Boolean).map(Number)
const chosen = scenarioNamed(SIM_SCENARIO ?? 'everything')
const seeds = Number(SIM_SEEDS ?? 500)
const from = Number(SIM_FROM)
const SEEDS_OF_EACH = 30
/** Histories that once failed and that no smaller test shows. */
const KEPT: readonly (readonly [scenario: string, seed: number, what: string])[] = [
  ['everything', 2692, 'of a host that left and whose home had been copied a frame is lost, and comes back']
]
/** Ends the worst of machines under the worst of loads. */
const PATIENCE_MS = Math.max(300_000, seeds * 1_000)

/** States worth reaching: a run that never reaches one of them tests less than it says. */
const MUST_OCCUR = [
  'partition',
  'one-way partition',
  'half-open link',
  'flapping link',
  'swizzled links',
  'two dials of one side',
  'link blocked',
  'link drained',
  'process stopped',
  'machine asleep',
  'clock off by years',
  'strobing clock',
  'storage error',
  'disk full at start',
  'killed between commit and answer',
  ...CRASH_POINTS.map(point => `ended ${point}`),
  'gap',
  'fork',
  'void frame',
  'crossing claims',
  'late joiner',
  'snapshot jump',
  'refused frame',
  'epoch opened anew',
  'loss on disk'
]

const storyOf = ({ seed, story, failures }: Run): string => [`seed ${seed}`, ...story, ...failures.map(failure => `FAILED ${failure}`)].join('\n')

const failuresOf = ({ name, failures }: Played): string[] => failures.map(({ seed, failure }) => `SIM_SCENARIO='${name}' SIM_SEED=${seed}: ${failure}`)

describe.runIf(stories.length > 0)('stories', () => {
  test.each(stories)('seed %i', seed => {
    const run = simulate(seed, { scenario: chosen, record: true })
    process.stdout.write(`${storyOf(run)}\n`)
    expect(run.failures).toEqual([])
  })
})

describe.runIf(stories.length === 0)('simulation', () => {
  let compiled: Compiled
  const occurred = new Map<string, number>()
  const count = (played: Played): void => {
    for (const [what, times] of Object.entries(played.occurred)) occurred.set(what, (occurred.get(what) ?? 0) + times)
  }
  beforeAll(() => {
    compiled = compile()
  })
  afterAll(() => compiled.remove())

  test(`${seeds} seeds of ${chosen.name} from ${from}: everybody sees the same`, { timeout: PATIENCE_MS }, async () => {
    const played = await play({ folder: compiled.folder, name: chosen.name, seeds, from })
    count(played)
    process.stdout.write(`${seeds} seeds from ${from}, ${Math.round((seeds * 60_000) / played.cpuMs)} a minute of one core\n`)
    expect(failuresOf(played)).toEqual([])
  })

  describe.runIf(SIM_SEEDS === undefined)('scenarios', () => {
    test.each(SCENARIOS.map(({ name }) => name))('%s', { timeout: PATIENCE_MS }, async name => {
      const played = await play({ folder: compiled.folder, name, seeds: SEEDS_OF_EACH })
      count(played)
      expect(failuresOf(played)).toEqual([])
    })
  })

  test.runIf(SIM_SEEDS === undefined)('every state that is worth reaching occurred', () => {
    process.stdout.write(`${MUST_OCCUR.map(what => `${what} ${occurred.get(what) ?? 0}`).join(', ')}\n`)
    expect(MUST_OCCUR.filter(what => !occurred.has(what))).toEqual([])
  })

  describe.runIf(SIM_SEEDS === undefined)('the checks notice that', () => {
    test.each(Object.keys(SABOTAGES))('%s', { timeout: PATIENCE_MS }, async sabotage => {
      const { failed } = await play({ folder: compiled.folder, seeds: 100, sabotage, enough: true })
      expect(failed).toBeGreaterThan(0)
    })
  })

  test.runIf(SIM_SEEDS === undefined).each(KEPT)('%s, seed %i: %s', (name, seed) => {
    expect(simulate(seed, { scenario: scenarioNamed(name) }).failures).toEqual([])
  })

  test('a seed gives the same history each time', () => {
    const [one, other] = [simulate(7, { record: true }), simulate(7, { record: true })]
    expect(other.story).toEqual(one.story)
    expect(other.fingerprint).toBe(one.fingerprint)
  })
})
