import { expect, test } from 'vitest'
import { Bench, type Node } from './bench.js'

const SEED = Number(process.env.SKEIN_SEED ?? Date.now() % 100_000)

/** Numbers of messages (docs/protocol.md section 9): what each beat sends, and a new frame. */
const STATUS = 3
const PUSH = 10

const randomFrom = (seed: number) => {
  let state = seed
  return (count: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((state / 2 ** 31) * count)
  }
}

const openLinks = (node: Node) => [...node.replica.links].filter(({ phase }) => phase === 'open')

test(`hosts that dial each other at once settle on one link, 1,000 times, in whatever order the messages come (seed ${SEED})`, () => {
  const bench = new Bench()
  const a = bench.found('a')
  const b = bench.join('b', a)
  const random = randomFrom(SEED)
  let crossed = 0
  for (let round = 0; round < 1_000; round++) {
    bench.cutAll(a)
    bench.pick = random
    a.events.length = 0
    b.events.length = 0
    for (const [dialler, acceptor] of random(2) === 0 ? [[a, b], [b, a]] as const : [[b, a], [a, b]] as const) bench.dial(dialler, acceptor)
    bench.run()
    const [left, right] = [openLinks(a), openLinks(b)]
    expect([left.length, right.length, a.peers.size, b.peers.size], `round ${round}`).toEqual([1, 1, 1, 1])
    expect([left[0]?.side, right[0]?.side].sort(), `round ${round}`).toEqual(['accepted', 'dialled'])
    expect(left[0]?.binding, `round ${round}`).toEqual(right[0]?.binding)
    if (b.happened('unlinked').some(({ code }) => code === 'LINK_DUPLICATE') || a.happened('unlinked').some(({ code }) => code === 'LINK_DUPLICATE')) crossed += 1
  }
  expect(crossed).toBe(1_000)
  const { id } = a.note('still there')
  expect(b.replica.view.record(id)).not.toBeNull()
})

test('a round in which nothing changed costs a peer less than 1 KiB, with 10,000 records', () => {
  const bench = new Bench()
  const a = bench.found('a')
  const b = bench.join('b', a)
  a.try(Array.from({ length: 5_000 }, (_, index) => ({ kind: 'note', fields: { text: `${index}` } })))
  b.try(Array.from({ length: 5_000 }, (_, index) => ({ kind: 'note', fields: { text: `${index}` } })))
  bench.advance(60_000)
  expect([a, b].map(({ replica }) => replica.view.count)).toEqual([10_000, 10_000])
  let bytes = 0
  let beats = 0
  bench.carry = (from, message) => {
    bytes += message.length
    if (from === a && message[0] === STATUS) beats += 1
    return message
  }
  bench.advance(600_000)
  expect(beats).toBeGreaterThan(10)
  expect(bytes / beats).toBeLessThan(1_024)
})

test('what comes by two ways, and again and again, is applied once', () => {
  const bench = new Bench()
  const a = bench.found('a')
  const [b, c] = [bench.join('b', a), bench.join('c', a)]
  const d = bench.join('d', b)
  bench.link(d, c)
  a.note('which opens the epoch')
  const before = d.replica.view.count
  bench.carry = (from, bytes) => {
    // each push comes three times on each link
    const to = from === a || from === d || bytes[0] !== PUSH ? [] : [...d.peers].filter(([, end]) => end.node === from)
    for (const [link] of to) for (let again = 0; again < 2; again++) bench.later(() => d.feed({ type: 'linkMessage', link, bytes }), link)
    return bytes
  }
  const seen = d.happened('viewChanged').length
  for (let index = 0; index < 20; index++) a.note(`note ${index}`)
  expect(d.replica.view.count).toBe(before + 20)
  expect(d.happened('viewChanged').length - seen).toBe(20)
  expect(d.replica.view.hash()).toBe(a.replica.view.hash())
})
