import { expect, test } from 'vitest'
import { simulate } from './simulation.js'

const seeds = process.env.SIM_SEED === undefined ? null : process.env.SIM_SEED.split(',').map(Number)

test.runIf(seeds !== null)('the story of SIM_SEED', () => {
  for (const seed of seeds ?? []) {
    const run = simulate(seed, { record: true })
    console.log([`seed ${seed}`, ...run.story, ...run.failures.map(failure => `FAILED ${failure}`)].join('\n'))
    expect(run.failures).toEqual([])
  }
})
