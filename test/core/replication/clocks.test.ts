import { array, assert, boolean, integer, nat, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../src/core/limits.js'
import { ownOffset } from '../../../src/core/replication/clock-offset.js'
import { HybridClock } from '../../../src/core/replication/hybrid-clock.js'
import { compareStamps } from '../../../src/core/stamp.js'

describe('hybrid clock', () => {
  test('never gives a stamp twice or goes back, whatever the wall clock and others do', () => {
    const step = record({ wall: integer({ min: 0, max: 1_000_000 }), witness: boolean(), stamp: record({ wall: nat(2_000_000), count: nat(0xffff) }) })
    assert(
      property(array(step, { maxLength: 50 }), steps => {
        const clock = new HybridClock()
        let last = { wall: 0, count: 0 }
        for (const { wall, witness, stamp } of steps) {
          if (witness) clock.witness(stamp, wall)
          else {
            const next = clock.tick(wall)
            expect(compareStamps(next, last)).toBeGreaterThan(0)
            expect(next.wall).toBeGreaterThanOrEqual(Math.min(wall, next.wall))
            last = next
          }
        }
      })
    )
  })

  test('follows others at most five minutes ahead of its own wall clock', () => {
    const clock = new HybridClock()
    clock.witness({ wall: 10 ** 15, count: 9 }, 1_000)
    expect(clock.last).toEqual({ wall: 1_000 + LIMITS.clockAheadMs, count: 0 })
    expect(clock.tick(1_001)).toEqual({ wall: 1_000 + LIMITS.clockAheadMs, count: 1 })
  })

  test('65,536 stamps in one millisecond borrow the next', () => {
    const clock = new HybridClock()
    for (let count = 0; count <= 0xffff; count++) clock.tick(5)
    expect(clock.last).toEqual({ wall: 5, count: 0xffff })
    expect(clock.tick(5)).toEqual({ wall: 6, count: 0 })
  })

  test('goes on from a stamp of its own log, however far ahead', () => {
    const clock = new HybridClock()
    clock.restore({ wall: 10 ** 14, count: 3 })
    clock.restore({ wall: 5, count: 3 })
    expect(clock.tick(1_000)).toEqual({ wall: 10 ** 14, count: 4 })
  })
})

describe('own offset', () => {
  test.each([
    [[], 0],
    [[100], 0],
    [[4_000], -2_000],
    [[-4_000], 2_000],
    [[60_000, 0], 0],
    [[60_000, 60_000], -60_000],
    [[3_600_000, 10, -20, 30], 0],
    // a dead clock, or a member that lies about its own: it draws nobody years away
    [[315_360_000_000], 0],
    [[-315_360_000_000], 0],
    [[315_360_000_000, 315_360_000_000], -315_360_000_000]
  ])('of peers that are %j ms ahead is %i', (peers, own) => {
    expect(ownOffset(peers)).toBe(own)
  })

  test('two hosts agree on mesh time; of three, one that is off does not move the others', () => {
    const walls = [1_000_000, 1_600_000]
    const [left, right] = walls.map((wall, index) => wall - ownOffset([(walls[1 - index] ?? 0) - wall]))
    expect(left).toBe(right)
    expect(ownOffset([0, 86_400_000])).toBe(0)
  })
})
