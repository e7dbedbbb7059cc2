import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../src/core/limits.js'
import { authorParts, keyOf } from '../../../src/core/replication/author.js'
import { decodeFrame } from '../../../src/core/replication/frame.js'
import { recordCase } from '../../support/cases.js'
import { Bench, type Node } from './bench.js'

const TEST = 'test/core/replica/inquiry.test.ts'
const epochOf = (node: Node): number | null => (node.replica.author === null ? null : authorParts(node.replica.author).epoch.counter)

/** Two linked hosts; the first has written, and a copy of its disk lacks the last of it. */
const restored = (): { bench: Bench; a: Node; b: Node } => {
  const bench = new Bench()
  const a = bench.found()
  const b = bench.join('b', a)
  a.note('one')
  const old = a.disk.copy()
  a.note('two')
  bench.cutAll(a)
  a.disk.frames.clear()
  for (const [author, log] of old.frames) a.disk.frames.set(author, log)
  a.restart()
  return { bench, a, b }
}

const noteDraft = (text: string) => [{ kind: 'note', fields: { text } }]

describe('a host that asks its peers before it writes', () => {
  it('learns from their frames that its store was restored, and writes in a new epoch: no fork', () => {
    const { bench, a, b } = restored()
    a.feed({ type: 'seeking', forMs: LIMITS.seekMs })
    expect(a.try(noteDraft('three'))).toBeUndefined()
    expect(a.replica.isCatchingUp).toBe(true)
    bench.link(a, b)
    bench.advance(LIMITS.beatMs)
    expect(a.replica.isCatchingUp).toBe(false)
    expect([epochOf(a), a.replica.doubt?.cause]).toEqual([2, 'peer'])
    const forks = [...a.replica.logs.proofs(), ...b.replica.logs.proofs()].length
    expect(forks).toBe(0)
    expect(b.texts()).toEqual(a.texts())
    expect(a.texts().length).toBe(3)
    recordCase(19, { test: `${TEST} (peers online)`, runs: 1, worst: forks, limit: 0, unit: 'forks' })
  })

  it('writes at once where every one of them was tried in vain, and after its time where one never answers', () => {
    const { bench, a } = restored()
    a.feed({ type: 'seeking', forMs: LIMITS.seekMs })
    a.try(noteDraft('three'))
    a.feed({ type: 'sought' })
    bench.run()
    expect(a.texts().length).toBe(2)
    a.feed({ type: 'seeking', forMs: LIMITS.seekMs })
    a.try(noteDraft('four'))
    expect(a.texts().length).toBe(2)
    bench.advance(LIMITS.seekMs)
    expect(a.texts().length).toBe(3)
  })

  it('that goes away meanwhile writes what waits', () => {
    const { bench, a } = restored()
    a.feed({ type: 'seeking', forMs: LIMITS.seekMs })
    a.try(noteDraft('three'))
    a.feed({ type: 'leaving' })
    bench.run()
    expect(a.texts().length).toBe(2)
  })
})

describe('a pause', () => {
  const linked = (): { bench: Bench; a: Node; b: Node } => {
    const bench = new Bench()
    const a = bench.found()
    const b = bench.join('b', a)
    a.note('before')
    return { bench, a, b }
  }

  it.each([8 * 60 * 60_000, -60 * 60_000, LIMITS.pauseMs + 1_000])('of the wall clock by %i ms ends the links, and nothing is written before a peer was heard again', byMs => {
    const { bench, a, b } = linked()
    bench.wallMs += byMs
    const waiting = a.try(noteDraft('after'))
    expect(waiting).toBeUndefined()
    expect(a.happened('paused').map(({ ms }) => ms)).toEqual([byMs])
    expect([...a.replica.links]).toEqual([])
    bench.link(a, b)
    bench.advance(1_000)
    expect(a.texts().length).toBe(2)
    expect(b.texts()).toEqual(a.texts())
    recordCase(40, { test: TEST, runs: 1, worst: a.happened('caughtUp').length, limit: 1, unit: 'rounds before the first "mine"' })
  })

  it('in which both clocks went on, but nothing of this host, is one where there were links', () => {
    const { bench, a, b } = linked()
    bench.wallMs += LIMITS.pauseMs + 1_000
    bench.monoMs += LIMITS.pauseMs + 1_000
    expect(a.try(noteDraft('after'))).toBeUndefined()
    expect(a.happened('paused').map(({ ms }) => ms)).toEqual([LIMITS.pauseMs + 1_000])
    bench.link(a, b)
    bench.advance(1_000)
    expect(b.texts()).toEqual(a.texts())
    expect(a.texts().length).toBe(2)
    recordCase(40, { test: `${TEST} (both clocks went on)`, runs: 1, worst: a.happened('caughtUp').length, limit: 1, unit: 'rounds before the first "mine"' })
    bench.cutAll(a)
    bench.wallMs += 10 * LIMITS.pauseMs
    bench.monoMs += 10 * LIMITS.pauseMs
    a.note('alone')
    expect(a.happened('paused').length).toBe(1)
  })

  it('is no jump of less than a minute, however often', () => {
    const { bench, a } = linked()
    for (let jump = 0; jump < 50; jump++) {
      bench.wallMs += jump % 2 === 0 ? 59_000 : -59_000
      a.note(`jump ${jump}`)
    }
    expect(a.happened('paused')).toEqual([])
    expect(epochOf(a)).toBe(1)
  })
})

describe('a clock', () => {
  /** The stamps of all own frames, epoch by epoch. */
  const stampsOf = (node: Node): Map<string, string[]> => {
    const stamps = new Map<string, string[]>()
    for (const [author, log] of node.disk.frames) {
      if (keyOf(author) !== node.replica.key) continue
      stamps.set(author, [...log].sort(([left], [right]) => left - right).map(([, bytes]) => {
        const decoded = decodeFrame(bytes)
        if (!decoded.ok) throw new Error('a frame that cannot be read')
        const { wall, count } = decoded.value.header.stamp
        return `${String(wall).padStart(16, '0')} ${String(count).padStart(6, '0')}`
      }))
    }
    return stamps
  }

  /** How often a stamp came twice or went back within an epoch. */
  const wrongStamps = (node: Node): number =>
    [...stampsOf(node).values()].reduce((sum, stamps) => sum + stamps.filter((stamp, index) => index > 0 && stamp <= (stamps[index - 1] ?? '')).length, 0)

  it('that was set back by an hour begins an epoch once, and no stamp comes twice', () => {
    const bench = new Bench()
    const a = bench.found()
    a.note('before')
    bench.wallMs -= 60 * 60_000
    for (let count = 0; count < 10; count++) {
      a.note(`after ${count}`)
      bench.advance(30_000)
    }
    expect([epochOf(a), a.replica.doubt?.cause]).toEqual([2, 'clock'])
    expect(wrongStamps(a)).toBe(0)
    recordCase(38, { test: TEST, runs: 1, worst: wrongStamps(a), limit: 0, unit: 'stamps twice or back' })
  })

  it('that was a day ahead when the log was written begins an epoch with one that tells the time, at the next start', () => {
    const bench = new Bench()
    const a = bench.found()
    bench.wallMs += 24 * 60 * 60_000
    a.note('of tomorrow')
    bench.wallMs -= 24 * 60 * 60_000
    a.restart()
    a.note('of today')
    expect(epochOf(a)).toBe(2)
    a.restart()
    a.note('and again')
    expect(epochOf(a)).toBe(2)
    expect(a.replica.doubt?.cause).toBe('clock')
    const newest = [...stampsOf(a)].at(-1)?.[1].at(-1) ?? ''
    expect(Math.abs(Number(newest.split(' ')[0]) - bench.wallMs)).toBeLessThanOrEqual(LIMITS.clockAheadMs)
  })

  it('that is strobed by 262 s, to and fro, keeps its epoch and never gives a stamp twice', () => {
    const bench = new Bench()
    const a = bench.found()
    for (let count = 0; count < 320; count++) {
      bench.wallMs += count % 2 === 0 ? 262_000 : -262_000
      a.note(`strobe ${count}`)
      bench.monoMs += 100
      bench.wallMs += 100
    }
    for (const by of [288_000, -288_000, -288_000, 288_000]) {
      bench.wallMs += by
      a.note(`bump ${by}`)
    }
    expect([epochOf(a), wrongStamps(a)]).toEqual([1, 0])
    recordCase(39, { test: TEST, runs: 324, worst: wrongStamps(a), limit: 0, unit: 'stamps twice or back' })
  })

  it.each([-24 * 3_600_000, 24 * 3_600_000, -10 * 365 * 24 * 3_600_000, 10 * 365 * 24 * 3_600_000, -1_795_183_200_000 + 1_000, 2_500_000_000_000])('that is off by %i ms on one host keeps nobody from coming to the same', skewMs => {
    const bench = new Bench()
    const a = bench.found()
    const b = bench.join('b', a)
    const c = bench.join('c', a, { skewMs })
    for (const node of [a, b, c]) node.note(`of ${node.name}`)
    bench.advance(2 * LIMITS.beatMs)
    expect(b.texts()).toEqual(a.texts())
    expect(c.texts()).toEqual(a.texts())
    const refused = [a, b, c].flatMap(node => node.happened('refused')).length
    expect(refused).toBe(0)
    expect([a, b, c].map(epochOf)).toEqual([1, 1, 1])
    recordCase(37, { test: `${TEST} (${skewMs} ms)`, runs: 1, worst: refused, limit: 0, unit: 'refused' })
  })

  it('that stands still borrows from the next millisecond when a counter of 65,536 is full', () => {
    const bench = new Bench()
    const a = bench.found()
    const { clock } = { clock: a.replica }
    let before = clock.stampFor(bench.wallMs)
    let wrong = 0
    for (let count = 0; count < 70_000; count++) {
      const stamp = clock.stampFor(bench.wallMs)
      if (stamp.wall < before.wall || (stamp.wall === before.wall && stamp.count <= before.count)) wrong += 1
      before = stamp
    }
    expect(wrong).toBe(0)
    recordCase(41, { test: TEST, runs: 70_000, worst: wrong, limit: 0, unit: 'equal stamps' })
  })
})
