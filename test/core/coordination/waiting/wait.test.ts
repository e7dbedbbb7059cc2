import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../../../src/adapters/crypto/node.js'
import type { SessionName } from '../../../../src/core/brand.js'
import { isKindOf } from '../../../../src/core/coordination/records/entry.js'
import { View } from '../../../../src/core/coordination/view.js'
import { deadlocksIn, releasesDue } from '../../../../src/core/coordination/waiting/deadlocks.js'
import { goalsOf, isFree } from '../../../../src/core/coordination/waiting/goal.js'
import { heldBefore } from '../../../../src/core/coordination/waiting/heldbefore.js'
import { standingWaits, waitOf, waitStateOf } from '../../../../src/core/coordination/waiting/wait.js'
import { LIMITS } from '../../../../src/core/limits.js'
import { entryIn, give, MESH, MINUTE, NOON, Scribe, viewOf, type Written } from '../records/scribe.js'

const mac = new Scribe('mac', 1)
const box = new Scribe('box', 2)
const spark = new Scribe('spark', 3)
const ALL = [mac, box, spark]

const waitIn = (view: View, written: Written) => {
  const entry = entryIn(view, written)
  if (!isKindOf(entry, 'wait')) throw new Error('no wait')
  return waitOf(entry)
}

describe('a wait', () => {
  it('stands from its own time to its end, or until its session ends it', () => {
    const wait = mac.write('wait', { repo: 'app', scope: ['src'], until: NOON + 10 * MINUTE }, NOON)
    const view = viewOf(ALL, [wait])
    expect([NOON - 1, NOON, NOON + 10 * MINUTE].map(now => waitStateOf(view, waitIn(view, wait), now))).toEqual(['not-yet', 'waiting', 'over'])
    give(view, [mac.write('withdraw', { re: wait.id }, NOON + 1, 'somebody else')])
    expect(standingWaits(view, NOON + 2)).toHaveLength(1)
    give(view, [mac.write('withdraw', { re: wait.id }, NOON + 1)])
    expect(standingWaits(view, NOON + 2)).toEqual([])
  })

  it('ends with its session, and not with what that session did before', () => {
    const wait = mac.write('wait', { repo: 'app', scope: ['src'] }, NOON)
    const view = viewOf(ALL, [mac.write('handoff', { cause: 'ended' }, NOON - MINUTE), wait])
    expect(standingWaits(view, NOON + 1)).toHaveLength(1)
    give(view, [mac.write('handoff', { cause: 'died' }, NOON + MINUTE)])
    expect(standingWaits(view, NOON + MINUTE)).toEqual([])
    expect(waitStateOf(view, waitIn(view, wait), NOON + MINUTE)).toBe('over')
  })

  it('never stands for more than a day, whatever it states: a session that was killed does not wait for ever', () => {
    const view = viewOf(ALL, [mac.write('wait', { repo: 'app', scope: ['src'] }, NOON), mac.write('wait', { repo: 'app', scope: ['src'], until: NOON + 90 * LIMITS.waitMaxMs }, NOON)])
    expect(standingWaits(view, NOON + LIMITS.waitMaxMs - 1)).toHaveLength(2)
    expect(standingWaits(view, NOON + LIMITS.waitMaxMs)).toEqual([])
  })

  it('is over as soon as one thing is free of the live claims of others; a lease that ends frees too; the own do not count', () => {
    const one = box.claim(['src/a'], NOON)
    const two = spark.claim(['src/b'], NOON, { until: NOON + MINUTE })
    const wait = mac.write('wait', { repo: 'app', scope: ['src/a', 'src/*'], re: [two.id] }, NOON + 1)
    const view = viewOf(ALL, [one, two, mac.claim(['src'], NOON), wait])
    const free = (now: number) => goalsOf(view, waitIn(view, wait), now).filter(isFree).map(({ what }) => what)
    expect(free(NOON + 2)).toEqual([])
    expect(free(NOON + MINUTE + LIMITS.leaseGraceMs + 1)).toEqual([two.id])
    give(view, [box.write('release', { claims: [one.id] }, NOON + 3)])
    expect(free(NOON + 4)).toEqual(['src/a'])
  })

  it('knows who stood in its way and how it came to be free, from records alone', () => {
    const before = box.claim(['src'], NOON - 10 * MINUTE, {}, 'before')
    const one = box.claim(['src'], NOON, {}, 'one')
    const lapsed = spark.claim(['src/a'], NOON, { until: NOON + MINUTE }, 'lapsed')
    const wait = mac.write('wait', { repo: 'app', scope: ['src/a'] }, NOON + 1)
    const view = viewOf(ALL, [before, one, lapsed, wait, box.write('release', { claims: [before.id] }, NOON - MINUTE, 'before'), box.write('release', { claims: [one.id] }, NOON + 5 * MINUTE, 'one')])
    const [goal] = goalsOf(view, waitIn(view, wait), NOON + 10 * MINUTE)
    if (goal === undefined) throw new Error('no goal')
    expect(heldBefore(view, waitIn(view, wait), goal).map(({ claim, how, at }) => [claim.session, how, at - NOON]).sort()).toEqual([['lapsed', 'lapsed', MINUTE + LIMITS.leaseGraceMs], ['one', 'released', 5 * MINUTE]])
  })

  it('says of what was handed on that it was, and when, and not that its lease lapses some day', () => {
    const claim = box.claim(['src'], NOON, { until: NOON + 30 * MINUTE })
    const wait = mac.write('wait', { re: [claim.id] }, NOON + 1)
    const offer = box.write('offer', { to: { host: spark.host }, claims: [claim.id] }, NOON + 2)
    const view = viewOf(ALL, [claim, wait, offer, spark.write('take', { re: offer.id }, NOON + MINUTE)])
    const [goal] = goalsOf(view, waitIn(view, wait), NOON + 2 * MINUTE)
    if (goal === undefined) throw new Error('no goal')
    expect(isFree(goal)).toBe(true)
    expect(heldBefore(view, waitIn(view, wait), goal).map(({ how, at }) => [how, at - NOON])).toEqual([['handed', MINUTE]])
  })
})

describe('deadlocks of a view', () => {
  const claims = [mac.claim(['a'], NOON), box.claim(['b'], NOON), spark.claim(['c'], NOON, { until: NOON + 2 * MINUTE })]
  const waits = [mac.write('wait', { repo: 'app', scope: ['b'] }, NOON + 3), box.write('wait', { repo: 'app', scope: ['c'] }, NOON + 5), spark.write('wait', { repo: 'app', scope: ['a'] }, NOON + 4)]

  it('A waits for B, B for C, C for A: the same victim whatever came first, in 100 orders and with everything twice', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...claims, ...waits, ...claims], { minLength: 9 }), all => {
        const view = new View({ crypto: nodeCrypto, mesh: MESH })
        view.setRoster(new Map(ALL.map(scribe => scribe.member())))
        give(view, all)
        const found = deadlocksIn(view, NOON + MINUTE)
        expect(found.map(({ victim, releases }) => [victim, releases])).toEqual([[{ host: box.host, session: 'claude-1' }, [claims[1]?.id]]])
      }),
      { numRuns: 100 }
    )
  })

  it('end with a lease, a release or a wait that is ended; releases are due on the victim\'s host, and only by policy', () => {
    const view = viewOf(ALL, [...claims, ...waits])
    const [found] = deadlocksIn(view, NOON + MINUTE)
    if (found === undefined) throw new Error('no deadlock')
    expect(releasesDue(found, box.host, 'advise')).toEqual([])
    expect(releasesDue(found, mac.host, 'auto')).toEqual([])
    expect(releasesDue(found, box.host, 'auto')).toEqual([claims[1]?.id])
    expect(deadlocksIn(view, NOON + 2 * MINUTE + LIMITS.leaseGraceMs + 1)).toEqual([])
    give(view, [box.write('release', { claims: [claims[1]?.id] }, NOON + MINUTE)])
    expect(deadlocksIn(view, NOON + MINUTE + 1)).toEqual([])
  })

  it('a session and its subagent do not stand in each other\'s way', () => {
    const view = viewOf(ALL, [mac.claim(['a'], NOON, {}, 'claude-1'), mac.write('wait', { repo: 'app', scope: ['a'] }, NOON + 1, 'claude-1/sub')])
    expect(goalsOf(view, { host: mac.host, session: 'claude-1/sub' as SessionName, repo: 'app', items: ['a'], claims: [] }, NOON + 2).every(isFree)).toBe(true)
  })
})
