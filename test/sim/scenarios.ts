import { FAULTS, type FaultName, type FaultWeights } from './faults/faults.js'
import type { SeededRandom } from './random.js'

/** What kind of histories are played: who takes part, how much is written, and what goes wrong how often. */
export interface Scenario {
  readonly name: string
  /** How many hosts: one of these. */
  readonly hosts: readonly number[]
  readonly writes: readonly [least: number, most: number]
  readonly faults: readonly [least: number, most: number]
  readonly weights: (random: SeededRandom) => FaultWeights
  /** Share of messages that somebody on the way may meddle with: one of these. */
  readonly mischief: readonly number[]
  /** All newcomers hold the same invitation, which is for one. */
  readonly sharesInvitation?: boolean
}

const SHARED = { hosts: [3, 3, 4, 4, 5, 6], writes: [8, 24], faults: [0, 14], mischief: [0] } as const

const always =
  (weights: FaultWeights): Scenario['weights'] =>
  () =>
    weights

/** What takes a host out of the game for good. */
const RARE: ReadonlySet<FaultName> = new Set(['puppet', 'stolenKey', 'liar', 'leave', 'introduce', 'revokeOperators'])

/** Each history has some of all faults only, so that a rare one is not always drowned by the others. */
const someOfAll: Scenario['weights'] = random => {
  const some: Partial<Record<FaultName, number>> = {}
  for (const name of Object.keys(FAULTS) as FaultName[]) if (random.chance(RARE.has(name) ? 0.15 : 0.45)) some[name] = random.pick([1, 2, 4])
  if (some.puppet !== undefined) some.puppet = 8
  return { restart: 1, heal: 2, ...some }
}

export const EVERYTHING: Scenario = { ...SHARED, name: 'everything', faults: [0, 16], weights: someOfAll, mischief: [0, 0, 0, 0.01, 0.05, 0.2] }

/** By name, beside `everything`. */
export const SCENARIOS: readonly Scenario[] = [
  { ...SHARED, name: 'clogged, flapping and half-open links', weights: always({ partition: 2, heal: 2, deafness: 2, breakLink: 1, halfOpen: 1, stall: 2, slow: 2, flap: 2, swizzle: 2, doubleDial: 2 }) },
  { ...SHARED, name: 'swizzled links', hosts: [4, 5, 6], faults: [3, 10], weights: always({ swizzle: 1 }) },
  { ...SHARED, name: 'clocks', weights: always({ clockStep: 4, strobe: 3, pause: 3, restart: 2, partition: 1, heal: 1 }) },
  { ...SHARED, name: 'disks that fail', weights: always({ fullDisk: 2, failingSync: 2, crash: 6, damage: 2, restart: 2, compact: 2, partition: 1, heal: 1 }) },
  { ...SHARED, name: 'bad signature inside the chain', hosts: [4, 5], faults: [2, 10], weights: always({ puppet: 6, restart: 1, breakLink: 1, heal: 1 }), mischief: [0.05, 0.2] },
  { ...SHARED, name: 'bad structure', hosts: [4, 5], faults: [8, 20], weights: always({ puppet: 12, restart: 1, compact: 1 }) },
  { ...SHARED, name: 'restored store', faults: [6, 20], weights: always({ backup: 4, restore: 4, restart: 1, compact: 1, crash: 2, partition: 1, heal: 1 }) },
  { ...SHARED, name: 'store lost', faults: [4, 16], weights: always({ loseStore: 3, restart: 2, compact: 2, crash: 2, partition: 1, heal: 1 }) },
  { ...SHARED, name: 'member that lies about what it holds', hosts: [4, 5, 6], faults: [6, 20], weights: always({ liar: 6, restart: 2, compact: 2, partition: 1, heal: 1, breakLink: 2 }) },
  { ...SHARED, name: 'copied home', weights: always({ copyHome: 4, restart: 3, compact: 2, crash: 2, partition: 2, heal: 2 }) },
  { ...SHARED, name: 'equivocating member', hosts: [4, 5], faults: [6, 20], weights: always({ puppet: 10, restart: 1, compact: 1, partition: 1, heal: 1 }) },
  { ...SHARED, name: 'stolen key, revoked', hosts: [4, 5], faults: [8, 24], weights: always({ stolenKey: 12, partition: 1, heal: 1, restart: 1, compact: 1 }) },
  { ...SHARED, name: 'restored, then stolen, revoked', hosts: [4, 5], faults: [10, 26], weights: always({ backup: 3, restore: 3, stolenKey: 10, partition: 1, heal: 1, restart: 1 }) },
  { ...SHARED, name: 'lost, then stolen, revoked', hosts: [4, 5], faults: [10, 26], weights: always({ loseStore: 3, stolenKey: 10, partition: 1, heal: 1, restart: 1 }) },
  { ...SHARED, name: 'carrier of the revocation forks', hosts: [4, 5], faults: [10, 26], weights: always({ stolenKey: 10, copyHome: 4, partition: 1, heal: 1, restart: 1 }) },
  { ...SHARED, name: 'concurrent operators', hosts: [4, 5], faults: [10, 26], weights: always({ introduce: 3, revokeOperators: 3, stolenKey: 8, partition: 2, heal: 2, restart: 1 }) },
  { ...SHARED, name: 'over-used invitation', faults: [4, 14], weights: always({ partition: 3, heal: 2, restart: 2, breakLink: 1 }), sharesInvitation: true },
  { ...SHARED, name: 'lagging hosts', hosts: [4, 5, 6], faults: [8, 20], weights: always({ lag: 1, compact: 8, restart: 1, partition: 1, heal: 1, crash: 1 }) },
  { ...SHARED, name: 'hosts that leave', hosts: [4, 5, 6], faults: [4, 16], weights: always({ leave: 3, compact: 2, restart: 2, partition: 1, heal: 1, crash: 1 }) }
]

export const scenarioNamed = (name: string): Scenario => {
  const found = [EVERYTHING, ...SCENARIOS].find(scenario => scenario.name === name)
  if (found === undefined) throw new Error(`no scenario is called ${name}`)
  return found
}
