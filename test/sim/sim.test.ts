import { describe, expect, test } from 'vitest'
import { KEPT_SEEDS } from './seeds.js'
import { simulate, type Run } from './simulation.js'

/**
 * `SIM_SEED=123 npx vitest run --config test/vitest.config.mjs test/sim` tells the whole story of one seed (or of several, with commas).
 * `SIM_SEEDS=10000 SIM_FROM=5000 …` runs that many, beginning there.
 */
const stories = (process.env.SIM_SEED ?? '').split(',').filter(Boolean).map(Number)
const smokeSeeds = Number(process.env.SIM_SEEDS ?? 500)
const from = Number(process.env.SIM_FROM ?? 1)

/** States worth reaching: a smoke run that never reaches one of them tests less than it says. */
const MUST_OCCUR = [
  'partition',
  'killed between commit and answer',
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

const failed = ({ seed, failures }: Run): string => `SIM_SEED=${seed}: ${failures[0]}`

describe.runIf(stories.length > 0)('stories', () => {
  test.each(stories)('seed %i', seed => {
    const run = simulate(seed, { record: true })
    process.stdout.write(`${storyOf(run)}\n`)
    expect(run.failures).toEqual([])
  })
})

describe.runIf(stories.length === 0)('simulation', () => {
  test.each(KEPT_SEEDS)('kept seed %i: %s', seed => {
    expect(simulate(seed).failures).toEqual([])
  })

  test(`${smokeSeeds} seeds from ${from}: everybody sees the same, and every state occurs`, { timeout: Math.max(120_000, smokeSeeds * 1_000) }, () => {
    const bad: string[] = []
    const occurred = new Map<string, number>()
    const started = performance.now()
    for (let seed = from; seed < from + smokeSeeds; seed++) {
      const run = simulate(seed)
      if (run.failures.length > 0) bad.push(failed(run))
      for (const what of run.occurred) occurred.set(what, (occurred.get(what) ?? 0) + 1)
    }
    const perMinute = Math.round((smokeSeeds * 60_000) / (performance.now() - started))
    process.stdout.write(`${smokeSeeds} seeds, ${perMinute} a minute; ${MUST_OCCUR.map(what => `${what} ${occurred.get(what) ?? 0}`).join(', ')}\n`)
    expect(bad).toEqual([])
    if (smokeSeeds >= 500) expect(MUST_OCCUR.filter(what => !occurred.has(what))).toEqual([])
  })

  test('a seed gives the same history each time', () => {
    const [one, other] = [simulate(7, { record: true }), simulate(7, { record: true })]
    expect(other.story).toEqual(one.story)
    expect(other.fingerprint).toBe(one.fingerprint)
  })
})
