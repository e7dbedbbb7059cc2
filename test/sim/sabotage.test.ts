import { describe, expect, test } from 'vitest'
import { SABOTAGES } from './sabotages.js'
import { simulate } from './simulation.js'

describe.skipIf(process.env.SIM_SEED !== undefined)('the checks notice that', () => {
  test.each(Object.keys(SABOTAGES))('%s', { timeout: 120_000 }, name => {
    const sabotage = SABOTAGES[name] ?? {}
    const noticed = Array.from({ length: 100 }, (_, seed) => seed + 1).find(seed => simulate(seed, { sabotage }).failures.length > 0)
    expect(noticed).toBeDefined()
  })
})
