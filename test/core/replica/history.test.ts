import { beforeEach, describe, expect, test } from 'vitest'
import type { AuthorId } from '../../../src/core/brand.js'
import { LIMITS } from '../../../src/core/limits.js'
import { decodeFrame } from '../../../src/core/replication/frame.js'
import { decodeMessage, encodeMessage, type Message } from '../../../src/core/replication/message.js'
import { recordCase } from '../../support/cases.js'
import { Bench, take, type Node } from './bench.js'

/** `a` founded the mesh and writes; it compacts now and then, so that most of its log is history. */
let bench: Bench
let a: Node
const author = (): AuthorId => {
  if (a.replica.author === null) throw new Error('no epoch')
  return a.replica.author
}

/** So many notes, then a snapshot. */
const write = (count: number, word: string): void => {
  for (let index = 0; index < count; index++) a.note(`${word} ${index}`)
  a.feed({ type: 'compact' })
  bench.run()
}

const held = (node: Node): number[] => [...(node.disk.frames.get(author())?.keys() ?? [])].sort((left, right) => left - right)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
const lowest = (node: Node): number => node.replica.logs.get(author())?.chain.lowest ?? -1
const headOf = (node: Node): number => node.replica.logs.headSeq(author())

/** What peers send, as it passes. */
const watch = (): { readonly from: Node; readonly message: Message }[] => {
  const seen: { from: Node; message: Message }[] = []
  bench.carry = (from, bytes) => {
    seen.push({ from, message: take(decodeMessage(bytes)) })
    return bytes
  }
  return seen
}

beforeEach(() => {
  bench = new Bench()
  a = bench.found('a')
  write(6, 'first')
  write(6, 'second')
  a.note('newest')
})

describe('a newcomer', () => {
  test('has the live state before any history, then all of it, checked, and nothing of it changes the view', () => {
    const seen = watch()
    const c = bench.join('c', a)
    bench.advance(1_000)
    const firstPast = seen.findIndex(({ message }) => message.type === 'past')
    const frames = seen.filter(({ message }) => message.type === 'frames').flatMap(({ message }) => (message.type === 'frames' && message.author === author() ? message.frames : []))
    expect(frames.map(bytes => take(decodeFrame(bytes)).header.seq)[0]).toBe(14)
    expect(seen.slice(0, firstPast).some(({ message }) => message.type === 'push' || message.type === 'frames')).toBe(true)
    expect(c.texts()).toEqual(a.texts())
    expect(held(c)).toEqual(held(a))
    expect(lowest(c)).toBe(0)
    expect(c.happened('historyWhole').length).toBe(1)
    expect(c.replica.digest()).toBe(a.replica.digest())
  })

  test('resumes where it was after a restart', () => {
    for (let round = 0; round < 3; round++) write(300, `round ${round}`)
    const c = bench.join('c', a)
    expect(lowest(c)).toBe(0)
    const whole = held(c).length
    for (const seq of held(c).slice(0, 700)) c.disk.frames.get(author())?.delete(seq)
    c.restart()
    expect(lowest(c)).toBe(700)
    const seen = watch()
    bench.link(c, a)
    bench.advance(1_000)
    expect(held(c).length).toBe(whole)
    const asked = seen.flatMap(({ from, message }) => (from === c && message.type === 'wantPast' ? [message.before] : []))
    expect(asked).toEqual([700, 444, 188])
  })

  test('asks another peer where one has nothing, or says what is not so', () => {
    const b = bench.join('b', a)
    bench.advance(1_000)
    for (const seq of upTo(14)) b.disk.frames.get(author())?.delete(seq)
    b.restart()
    const c = bench.join('c', b)
    bench.advance(1_000)
    expect(c.texts()).toEqual(a.texts())
    expect(held(c)[0]).toBe(14)
    expect(lowest(c)).toBe(14)
    bench.carry = (from, bytes) => {
      const message = take(decodeMessage(bytes))
      if (from !== a || message.type !== 'past') return bytes
      const [first, ...rest] = message.frames
      return encodeMessage({ ...message, frames: [...rest, ...(first === undefined ? [] : [first])] })
    }
    const lying = bench.link(c, a)
    bench.advance(4_000)
    expect(lowest(c)).toBe(14)
    expect([...c.replica.refusals.list()].map(({ code }) => code)).toContain('FRAME_MALFORMED')
    bench.carry = (_, bytes) => bytes
    bench.cut(c, lying)
    bench.link(c, a)
    bench.advance(1_000)
    expect(lowest(c)).toBe(0)
    expect(held(c)).toEqual(held(a))
  })

  test('is not stopped by a peer that never answers', () => {
    const b = bench.join('b', a)
    bench.advance(1_000)
    let silent = true
    bench.carry = (from, bytes) => (silent && from === a && decodeMessage(bytes).ok && take(decodeMessage(bytes)).type === 'past' ? encodeMessage({ type: 'have', heads: [] }) : bytes)
    const c = bench.join('c', a)
    bench.advance(2_000)
    expect(lowest(c)).toBe(14)
    bench.link(c, b)
    bench.advance(2 * LIMITS.historyPatienceMs + 2 * LIMITS.beatMs)
    expect(held(c)).toEqual(held(a))
    silent = false
  })
})

describe('a host that was away', () => {
  test('across several compactions converges, whatever lies between', () => {
    const c = bench.join('c', a)
    bench.advance(1_000)
    bench.cutAll(c)
    for (let round = 0; round < 4; round++) write(100, `away ${round}`)
    const seen = watch()
    bench.link(c, a)
    bench.advance(1_000)
    const first = seen.find(({ message }) => message.type === 'frames' && message.author === author())?.message
    expect(first?.type === 'frames' ? first.from : -1).toBe(headOf(a))
    expect(c.texts()).toEqual(a.texts())
    expect(held(c)).toEqual(held(a))
    expect(c.replica.digest()).toBe(a.replica.digest())
  })

  test('with little missing is given just that', () => {
    const c = bench.join('c', a)
    bench.advance(1_000)
    bench.cutAll(c)
    const before = headOf(c)
    write(20, 'away')
    bench.link(c, a)
    bench.advance(100)
    expect(held(c)).toEqual(upTo(before + 22))
    expect(c.happened('historyWhole').length).toBe(1)
  })
})

describe('memory', () => {
  test('holds the hashes since the newest snapshot and no more, also after a start', () => {
    const log = a.replica.logs.get(author())
    expect(log?.chain.base).toBe(14)
    a.restart()
    expect(a.replica.logs.get(author())?.chain).toMatchObject({ base: 14, headSeq: 15, lowest: 0 })
  })
})

describe('a fork below the newest snapshot', () => {
  test('is proven by one frame that comes again otherwise (case 44)', () => {
    const c = bench.join('c', a)
    const d = bench.join('d', a)
    bench.advance(1_000)
    // the home of `a` as it was at frame 3, in another life
    const copy = bench.node('a')
    for (const [id, bytes] of a.disk.acts) copy.disk.acts.set(id, bytes)
    copy.disk.frames.set(author(), new Map([...(a.disk.frames.get(author()) ?? [])].filter(([seq]) => seq <= 3)))
    copy.start()
    bench.cutAll(a)
    bench.link(c, d)
    copy.note('a second past')
    const [, forged] = [...copy.disk.frames].find(([each]) => each === author()) ?? []
    const bytes = forged?.get(4)
    if (bytes === undefined) throw new Error('the copy did not write on')
    for (const link of c.peers.keys()) c.feed({ type: 'linkMessage', link, bytes: encodeMessage({ type: 'push', frame: bytes }) })
    bench.advance(6_000)
    for (const node of [c, d]) expect(node.replica.logs.isForked(author()), node.name).toBe(true)
    recordCase(44, { test: 'a fork below the newest snapshot', runs: 1, worst: [c, d].filter(node => !node.replica.logs.isForked(author())).length, limit: 0, unit: 'hosts that miss it' })
  })

  test('is found while history is filled in from a peer that holds another past', () => {
    const c = bench.join('c', a)
    bench.advance(1_000)
    bench.cutAll(c)
    const forked = author()
    // what `c` holds up to frame 4 is another branch, with nothing between it and the newest snapshot
    const copy = bench.node('a')
    for (const [id, bytes] of a.disk.acts) copy.disk.acts.set(id, bytes)
    copy.disk.frames.set(author(), new Map([...(a.disk.frames.get(author()) ?? [])].filter(([seq]) => seq <= 3)))
    copy.start()
    copy.note('a second past')
    const log = c.disk.frames.get(author())
    const other = copy.disk.frames.get(author())?.get(4)
    if (other === undefined) throw new Error('the copy did not write on')
    log?.set(4, other)
    for (let seq = 5; seq < 14; seq++) log?.delete(seq)
    c.restart()
    expect(lowest(c)).toBe(14)
    bench.link(c, a)
    bench.advance(1_000)
    for (const node of [c, a]) expect(node.replica.logs.isForked(forked), node.name).toBe(true)
  })
})

describe('a disk that is short', () => {
  const short = LIMITS.diskLowBytes - 1

  test('gives up history, the greatest first and its oldest first; what counts stays, and comes back when there is room', () => {
    const b = bench.join('b', a)
    for (let index = 0; index < 30; index++) b.note(`b ${index}`)
    b.feed({ type: 'compact' })
    bench.advance(1_000)
    const before = a.texts()
    const digest = a.replica.digest()
    const other = b.replica.author
    if (other === null) throw new Error('no epoch')
    a.feed({ type: 'diskFree', bytes: short })
    bench.run()
    expect(a.happened('historyRetired')).toMatchObject([{ author: other, from: 0, until: 31 }])
    a.feed({ type: 'diskFree', bytes: short })
    bench.run()
    a.feed({ type: 'diskFree', bytes: short })
    bench.run()
    expect(a.happened('historyRetired').map(event => event.author)).toEqual([other, author()])
    expect([held(a)[0], a.disk.frames.get(other)?.size]).toEqual([14, 1])
    bench.advance(20_000)
    expect(held(a)[0]).toBe(14)
    expect([a.texts(), a.replica.digest()]).toEqual([before, digest])
    a.restart()
    expect([a.texts(), a.replica.digest()]).toEqual([before, digest])
    a.feed({ type: 'diskFree', bytes: LIMITS.diskForHistoryBytes })
    bench.link(a, b)
    bench.advance(1_000)
    expect([held(a)[0], a.disk.frames.get(other)?.size]).toEqual([0, 32])
  })

  test('above it nothing goes', () => {
    a.feed({ type: 'diskFree', bytes: LIMITS.diskLowBytes })
    bench.run()
    expect(a.happened('historyRetired')).toEqual([])
    expect(held(a)[0]).toBe(0)
  })
})

describe('damage in the past', () => {
  test('that was found is mended by a peer', () => {
    const c = bench.join('c', a)
    bench.advance(1_000)
    c.disk.lose(author(), 5)
    c.feed({ type: 'pastDamaged', author: author(), seq: 5 })
    bench.advance(1_000)
    expect(held(c)).toEqual(held(a))
    expect(c.disk.damaged.size).toBe(0)
  })
})
