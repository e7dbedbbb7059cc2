import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../../../src/adapters/crypto/node.js'
import type { Turn } from '../../../../src/core/coordination/records/values.js'
import { compareLead, compareTurns, lotOf, turnFor } from '../../../../src/core/coordination/claims/turn.js'
import { claimIn, give, MESH, MINUTE, NOON, Scribe, viewOf, type Written } from '../records/scribe.js'

const hosts = Array.from({ length: 6 }, (_, index) => new Scribe(`host-${index}`, index + 1))
const minuteOf = (at: number) => Math.floor(at / MINUTE)

const scribeOf = (index: number): Scribe => {
  const scribe = hosts[index]
  if (scribe === undefined) throw new Error('no such host')
  return scribe
}

/** Claims on one scope as hosts make them that hold some of the earlier ones, each with the turn that the rule gives it. */
const crowd = fc.array(fc.record({ host: fc.nat(hosts.length - 1), after: fc.nat(90_000), sees: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), skew: fc.integer({ min: -900_000, max: 900_000 }) }), {
  minLength: 2,
  maxLength: 8
})

type Step = typeof crowd extends fc.Arbitrary<infer Steps> ? (Steps extends readonly (infer One)[] ? One : never) : never

const claimsOf = (steps: readonly Step[]): { readonly claims: readonly Written[]; readonly held: ReadonlyMap<Written, readonly Written[]> } => {
  const claims: Written[] = []
  const held = new Map<Written, readonly Written[]>()
  const turns = new Map<Written, Turn>()
  let at = NOON
  for (const [index, { host, after, sees, skew }] of steps.entries()) {
    at += after
    const seen = claims.filter((_, earlier) => sees[earlier])
    const stated = Math.max(at + skew, ...seen.map(claim => (JSON.parse(claim.text) as { stamp: [number] }).stamp[0]))
    const turn = turnFor({ correctedNow: stated, held: seen.map(claim => ({ turn: turns.get(claim) ?? [0, 0] })) })
    const claim = scribeOf(host).claim(['src'], stated, { turn, reason: `step ${index}` }, `s-${index}`)
    claims.push(claim)
    held.set(claim, seen)
    turns.set(claim, turn)
  }
  return { claims, held }
}

const order = (written: readonly Written[], all: readonly Written[]): string[] => {
  const view = viewOf(hosts, all)
  return written.map(claim => claimIn(view, claim)).sort((left, right) => compareLead(left.lead, right.lead)).map(({ id }) => id)
}

describe('turn', () => {
  it.each([
    ['nothing held', [], [minuteOf(NOON), 0]],
    ['an earlier minute held', [[minuteOf(NOON) - 5, 7]], [minuteOf(NOON), 0]],
    ['this minute held', [[minuteOf(NOON), 0]], [minuteOf(NOON), 1]],
    ['this minute held several times', [[minuteOf(NOON), 0], [minuteOf(NOON), 4], [minuteOf(NOON), 2]], [minuteOf(NOON), 5]],
    ['a later minute held', [[minuteOf(NOON) + 3, 0]], [minuteOf(NOON) + 3, 1]],
    ['both held', [[minuteOf(NOON), 9], [minuteOf(NOON) + 3, 1], [minuteOf(NOON) + 3, 0]], [minuteOf(NOON) + 3, 2]]
  ] as const)('with %s', (_, held, expected) => {
    expect(turnFor({ correctedNow: NOON + 59_999, held: held.map(turn => ({ turn })) })).toEqual(expected)
  })

  it('is brought forward by an advantage, but never before what was held', () => {
    expect(turnFor({ correctedNow: NOON, held: [], advantageMinutes: 10 })).toEqual([minuteOf(NOON) - 10, 0])
    expect(turnFor({ correctedNow: NOON, held: [{ turn: [minuteOf(NOON) - 2, 0] }], advantageMinutes: 10 })).toEqual([minuteOf(NOON) - 2, 1])
  })
})

describe('lead', () => {
  it('is the lower turn, then the lower lot, then the lower id', () => {
    const key = { reclaimed: false, turn: [5, 0] as const, lot: 'aa', id: 'a' as never }
    const rising = [key, { ...key, id: 'b' as never }, { ...key, lot: 'ab' }, { ...key, turn: [5, 1] as const, lot: '00' }, { ...key, turn: [6, 0] as const }, { ...key, turn: [1, 0] as const, reclaimed: true }]
    fc.assert(
      fc.property(fc.shuffledSubarray(rising, { minLength: rising.length }), shuffled => {
        expect(shuffled.toSorted(compareLead)).toEqual(rising)
      })
    )
  })

  it('is drawn by mesh, minute and host, and not by anything that an author chooses', () => {
    const [one, two] = [scribeOf(0).hostKey, scribeOf(1).hostKey]
    const lots = [lotOf(nodeCrypto, MESH, 5, one), lotOf(nodeCrypto, MESH, 5, two), lotOf(nodeCrypto, MESH, 6, one), lotOf(nodeCrypto, 'cd'.repeat(32) as typeof MESH, 5, one)]
    expect(new Set(lots).size).toBe(4)
    const [first, second] = [scribeOf(0).claim(['src'], NOON), scribeOf(0).claim(['src'], NOON, { reason: 'ground' })]
    const view = viewOf(hosts, [first, second])
    expect(claimIn(view, first).lead.lot).toBe(claimIn(view, second).lead.lot)
  })

  it('is the same in any order of arrival', () => {
    fc.assert(
      fc.property(crowd, fc.array(fc.nat(), { minLength: 8, maxLength: 8 }), (steps, keys) => {
        const { claims } = claimsOf(steps)
        const shuffled = claims.map((claim, index) => ({ claim, key: keys[index] ?? 0 })).sort((left, right) => left.key - right.key).map(({ claim }) => claim)
        expect(order(claims, shuffled)).toEqual(order(claims, claims))
      }),
      { numRuns: 100 }
    )
  })

  it('is never moved by the release of a claim that does not lead', () => {
    fc.assert(
      fc.property(crowd, fc.nat(), (steps, which) => {
        const { claims } = claimsOf(steps)
        const now = NOON + 40 * MINUTE
        const [lead, ...others] = order(claims, claims)
        const released = claims.find(({ id }) => id === others[which % others.length])
        const index = claims.findIndex(claim => claim === released)
        const scribe = hosts.find(({ hostKey }) => hostKey === released?.hostKey)
        if (released === undefined || scribe === undefined) throw new Error('nothing to release')
        const view = viewOf(hosts, claims)
        give(view, [scribe.write('release', { claims: [released.id] }, now, `s-${index}`)])
        const standing = view.claims.inState(now, ['live', 'stale', 'not-yet'])
        expect(standing).toHaveLength(claims.length - 1)
        expect(standing.sort((left, right) => compareLead(left.lead, right.lead))[0]?.id).toBe(lead)
      }),
      { numRuns: 100 }
    )
  })

  it('is never with a claim whose host held the other one', () => {
    fc.assert(
      fc.property(crowd, steps => {
        const { claims, held } = claimsOf(steps)
        const view = viewOf(hosts, claims)
        for (const claim of claims) {
          for (const seen of held.get(claim) ?? []) expect(compareTurns(claimIn(view, seen).turn, claimIn(view, claim).turn)).toBeLessThan(0)
        }
      }),
      { numRuns: 100 }
    )
  })
})
