import { beforeEach, describe, expect, test } from 'vitest'
import { compareLead } from '../../../src/core/coordination/claims/turn.js'
import { toHex } from '../../../src/core/encoding/bytes.js'
import { Bench, take, type Node } from './bench.js'

const expectEqual = (...nodes: readonly Node[]): void => {
  const [first, ...others] = nodes
  for (const node of others) {
    expect(node.texts(), node.name).toEqual(first?.texts())
    expect(node.replica.view.hash(), node.name).toBe(first?.replica.view.hash())
    expect(node.replica.digest(), node.name).toBe(first?.replica.digest())
    for (const log of first?.replica.logs.logs() ?? []) {
      expect(toHex(node.replica.logs.get(log.author)?.document.encode() ?? new Uint8Array(0))).toBe(toHex(log.document.encode()))
    }
  }
  for (const node of nodes) expect(node.replica.isBusy, node.name).toBe(false)
}

const crossingsOf = (node: Node) =>
  node.replica.view.claims.crossings(node.bench.wallMs).map(({ key, lead, follows }) => ({ key, lead: lead.id, follows: follows.id }))

let bench: Bench
let a: Node
let b: Node

beforeEach(() => {
  bench = new Bench()
  a = bench.found('a')
  b = bench.join('b', a)
})

describe('two replicas', () => {
  test('a newcomer is let in by its invitation, and both are level with equal views', () => {
    expect([...a.replica.acts.roster().members.values()].map(({ name }) => name)).toEqual(['a', 'b'])
    expectEqual(a, b)
    expect(a.happened('linked').map(({ key }) => key)).toEqual([b.replica.key])
    expect(b.happened('levelled').at(-1)?.viewsEqual).toBe(true)
    expect(a.happened('levelled').at(-1)?.viewsEqual).toBe(true)
  })

  test('what one writes is in the view of the other, with nothing but a push', () => {
    const { id, text } = a.note('the cache is per process')
    expect(b.replica.view.record(id)?.text).toBe(text)
    b.note('noted')
    expectEqual(a, b)
    expect(a.texts()).toHaveLength(2)
  })

  test('the sender learns that the record is on the other disk', () => {
    const { id } = a.note('x')
    bench.advance(200)
    expect(a.replica.isAtPeer(b.replica.key, id)).toBe(true)
  })

  test('claims that cross while apart: both are known to both after the heal, with one lead', () => {
    bench.cutAll(b)
    a.claim(['src/api/**'])
    b.claim(['src/api/users.ts'])
    expect(crossingsOf(a)).toEqual([])
    bench.link(a, b)
    expectEqual(a, b)
    expect(crossingsOf(a)).toHaveLength(1)
    expect(crossingsOf(a)).toEqual(crossingsOf(b))
  })

  test('sight beats clocks: a claim never gets a turn before one that its host held, however slow its clock', () => {
    const slow = bench.join('slow', a, { skewMs: -3_600_000 })
    bench.link(slow, b)
    const first = a.claim(['src/api/**'])
    const second = slow.claim(['src/api/users.ts'])
    const [one, other] = [first, second].map(({ id }) => slow.replica.view.claims.claim(id)?.lead)
    if (one === undefined || other === undefined) throw new Error('a claim is missing')
    expect(compareLead(one, other)).toBeLessThan(0)
  })

  test('`strict` refuses what overlaps, also a name that belongs to no repository, and records nothing', () => {
    const name = { scope: ['@test-mutex'], mode: 'exclusive', until: bench.wallMs + 1_800_000 }
    take(a.try([{ kind: 'claim', fields: name }]))
    const refused = b.try([{ kind: 'claim', fields: name }], { strict: true })
    expect(refused?.ok === false && refused.failure.code).toBe('CLAIM_HELD')
    expect(b.texts()).toHaveLength(1)
    const second = take(b.try([{ kind: 'claim', fields: name }]))[0]
    const turns = a.replica.view.claims.live(bench.wallMs).map(claim => claim.turn)
    expect(second && turns.length).toBe(2)
    expect(turns[0]).not.toEqual(turns[1])
  })

  test('one that was away catches up with what was written meanwhile, in many frames', () => {
    bench.cutAll(b)
    for (let index = 0; index < 300; index++) a.note(`${index} ${'x'.repeat(2_000)}`)
    bench.link(b, a)
    expectEqual(a, b)
    expect(b.texts()).toHaveLength(300)
  })

  test('a snapshot of many parts replaces the document alike on both', () => {
    for (let index = 0; index < 40; index++) a.note(`${index} ${'x'.repeat(7_900)}`)
    a.feed({ type: 'compact' })
    bench.run()
    a.note('after')
    expectEqual(a, b)
    b.restart()
    bench.link(a, b)
    expectEqual(a, b)
    expect(b.texts()).toHaveLength(41)
  })

  test('crossing dials settle on one link, the same at both ends', () => {
    bench.link(a, b)
    bench.link(b, a)
    expect([...a.replica.links].filter(link => link.phase === 'open')).toHaveLength(1)
    expect([...b.replica.links].filter(link => link.phase === 'open')).toHaveLength(1)
    expect(a.peers.size).toBe(1)
    a.note('x')
    expectEqual(a, b)
  })

  test('a stranger without an invitation is refused', () => {
    const stranger = bench.node('stranger')
    stranger.start()
    bench.link(stranger, a)
    expect(stranger.happened('unlinked').map(({ code }) => code)).toEqual(['NOT_ADMITTED'])
    expect(a.happened('linked')).toHaveLength(1)
  })
})

describe('three replicas', () => {
  test('in a line whose ends never meet, what is written at one end is at the other', () => {
    const c = bench.join('c', b)
    const { id } = a.claim(['src/**'])
    expect(c.replica.view.record(id)).not.toBeNull()
    const { id: back } = c.note('hello')
    expect(a.replica.view.record(back)).not.toBeNull()
    expectEqual(a, b, c)
    expect([...c.replica.links].map(({ remote }) => remote)).toEqual(['b'])
  })

  test('a newcomer that comes late has all of it, from a host that wrote none of it', () => {
    for (let index = 0; index < 20; index++) a.note(`${index}`)
    bench.cutAll(a)
    const c = bench.join('c', b)
    expect(c.texts()).toHaveLength(20)
    bench.link(a, c)
    expectEqual(a, b, c)
  })

  test('the first three members that a newcomer meets each witness it', () => {
    const c = bench.join('c', b)
    bench.link(c, a)
    const d = bench.join('d', a)
    bench.link(d, b)
    bench.link(c, d)
    expect([...(a.replica.acts.roster().members.get(d.replica.key)?.witnesses ?? [])].sort()).toEqual([a, b, c].map(({ replica }) => replica.key).sort())
    expectEqual(a, b, c, d)
  })
})

describe('restart', () => {
  test('from the stored batches alone the replica is what it was, and writes on in its epoch', () => {
    a.note('one')
    b.note('two')
    const { hash, digest, author } = { hash: a.replica.view.hash(), digest: a.replica.digest(), author: a.replica.author }
    a.restart()
    expect(a.replica.view.hash()).toBe(hash)
    expect(a.replica.digest()).toBe(digest)
    a.note('three')
    expect(a.replica.author).toBe(author)
    bench.link(b, a)
    expectEqual(a, b)
    expect(a.happened('epochOpened')).toHaveLength(1)
  })

  test('links of known members open again without an invitation', () => {
    b.restart()
    bench.link(b, a)
    expect(b.happened('levelled').at(-1)?.viewsEqual).toBe(true)
  })

  test('a lost frame is given back by a peer, and what lies behind it on the own disk counts again, here and there', () => {
    a.note('one')
    a.note('two')
    bench.cutAll(a)
    const { id } = a.note('three, which nobody else has')
    const author = a.replica.author
    if (author === null) throw new Error('no epoch')
    a.disk.lose(author, 2)
    a.restart()
    expect(a.texts()).toHaveLength(1)
    bench.link(b, a)
    bench.advance(6_000)
    expect(a.replica.view.record(id)).not.toBeNull()
    expectEqual(a, b)
    // it cannot know what else it lost, so it writes on in another epoch
    a.note('four')
    expect(a.replica.author).not.toBe(author)
    expectEqual(a, b)
  })

  test('damage that has no name puts the own log in doubt', () => {
    a.note('one')
    const author = a.replica.author
    a.restart([{ type: 'damageLoaded', what: 'a block', author: null, seq: null }])
    a.note('two')
    expect(a.replica.author).not.toBe(author)
    expect(a.happened('epochOpened').at(-1)?.why).toContain('no longer holds')
    expect(a.texts()).toHaveLength(2)
  })

  test('a home put back from an older copy takes back what others hold, and writes on in a new epoch: no fork', () => {
    a.note('one')
    const older = a.disk.copy()
    const { id } = a.note('two')
    const author = a.replica.author
    if (author === null) throw new Error('no epoch')
    a.disk.frames.set(author, new Map(older.frames.get(author)))
    a.restart()
    expect(a.replica.author).toBe(author)
    bench.link(a, b)
    expect(a.replica.view.record(id)).not.toBeNull()
    expect(a.replica.author).not.toBe(author)
    a.note('three')
    expectEqual(a, b)
    expect([...b.replica.logs.proofs()]).toEqual([])
  })

  test('a host whose disk failed acknowledges nothing more, reads on, and says so', () => {
    a.commitsAtOnce = false
    const lost = a.try([{ kind: 'note', fields: { text: 'never on disk' } }])
    expect(lost).toBeUndefined()
    a.feed({ type: 'storeFailed', code: 'FENCED', reason: 'EIO' })
    expect([...a.answers.values()].at(-1)).toMatchObject({ ok: false, failure: { code: 'FENCED' } })
    expect(a.try([{ kind: 'note', fields: { text: 'later' } }])).toMatchObject({ ok: false, failure: { code: 'FENCED' } })
    expect(a.happened('fenced')).toHaveLength(1)
    b.note('still heard')
    expect(a.texts().some(text => text.includes('still heard'))).toBe(true)
    for (const { replica } of [a, b]) expect([...replica.view.records()].some(({ text }) => text.includes('never on disk'))).toBe(false)
  })
})

test('an act that was never stored is told to nobody', () => {
  bench.link(a, b)
  const held = new Set(a.replica.acts.ids())
  a.commitsAtOnce = false
  a.feed({ type: 'retire', request: 99 })
  const lost = [...a.replica.acts.ids()].filter(id => !held.has(id))
  expect(lost).toHaveLength(1)
  a.feed({ type: 'storeFailed', code: 'DISK_FULL', reason: 'no space left' })
  expect(a.answers.get(99)).toMatchObject({ ok: false, failure: { code: 'DISK_FULL' } })
  b.note('a reason to compare')
  bench.advance(30_000)
  expect(lost.filter(id => b.replica.acts.has(id))).toEqual([])
  expect(b.replica.acts.roster().admits(a.replica.key).state).toBe('member')
  expect([...b.replica.links].some(({ phase }) => phase === 'open')).toBe(true)
})

test('a host whose disk failed lets nobody in, and says why', () => {
  a.feed({ type: 'storeFailed', code: 'DISK_FULL', reason: 'no space left' })
  const c = bench.join('c', a)
  expect(c.happened('unlinked').map(({ code, text }) => [code, text])).toEqual([['DISK_FULL', expect.stringContaining('can let nobody in')]])
  expect(b.replica.acts.roster().members.size).toBe(2)
})

test('of two links that one side dialled, the acceptor keeps the newer', () => {
  bench.link(a, b)
  bench.link(a, b)
  for (const node of [a, b]) expect([...node.replica.links].filter(link => link.phase === 'open')).toHaveLength(1)
})
