import { beforeEach, describe, expect, test } from 'vitest'
import type { SessionName } from '../../../src/core/brand.js'
import { Bench, type Node } from './bench.js'

let bench: Bench
let a: Node
let b: Node
let c: Node

const stateOf = (node: Node, of: Node): string => node.replica.acts.roster().admits(of.replica.key).state

const retire = (node: Node): boolean | undefined => {
  node.feed({ type: 'retire', request: 77 })
  bench.run()
  return node.answers.get(77)?.ok
}

beforeEach(() => {
  bench = new Bench()
  a = bench.found('a')
  b = bench.join('b', a)
  c = bench.join('c', a)
})

describe('a host that leaves for good', () => {
  test('is gone everywhere, and all that it wrote stays', () => {
    const { id } = b.note('the last word')
    expect(retire(b)).toBe(true)
    for (const node of [a, b, c]) {
      expect(stateOf(node, b), node.name).toBe('named')
      expect(node.replica.view.record(id)?.text, node.name).toBeDefined()
      expect(node.replica.digest(), node.name).toBe(a.replica.digest())
    }
  })

  test('writes nothing more, and says why', () => {
    retire(b)
    const tried = b.try([{ kind: 'note', fields: { text: 'too late' } }])
    expect(tried).toMatchObject({ ok: false, failure: { code: 'HOST_LEFT' } })
    expect(b.replica.hasLeft).toBe(true)
    b.restart()
    expect(b.replica.hasLeft).toBe(true)
    expect(b.try([{ kind: 'note', fields: { text: 'still' } }])).toMatchObject({ ok: false, failure: { code: 'HOST_LEFT' } })
    b.feed({ type: 'retire', request: 78 })
    bench.run()
    expect(b.answers.get(78)).toMatchObject({ ok: false, failure: { code: 'HOST_LEFT' } })
  })

  test('while the last that it wrote is still to come, an answer to it is not left out', () => {
    const asked = b.write('question', { to: { host: c.replica.hostId }, text: 'how?' })
    bench.advance(10_000)
    const answer = c.write('answer', { re: asked.id, text: 'so' })
    bench.cutAll(c)
    bench.advance(10_000)
    bench.wallMs += 15 * 86_400_000
    bench.monoMs += 15 * 86_400_000
    // two weeks in one step are a pause: nothing is written before the peers were asked
    bench.advance(10_000)
    b.note('the last word')
    retire(b)
    const compacted = (): boolean => {
      c.feed({ type: 'compact' })
      bench.run()
      return c.replica.view.record(answer.id) === null
    }
    // the act comes before the frames that it names
    for (const bytes of b.disk.acts.values()) c.feed({ type: 'act', request: 78, bytes })
    bench.run()
    expect(c.replica.view.record(asked.id)).toBeNull()
    expect(compacted()).toBe(false)
    // and where they never come it does not wait for ever
    bench.wallMs += 15 * 86_400_000
    bench.monoMs += 15 * 86_400_000
    expect(compacted()).toBe(true)
  })

  test('signs no snapshot either, which would lie past the heads that it named', () => {
    const { id } = b.note('the last word')
    retire(b)
    b.feed({ type: 'compact' })
    bench.run()
    b.restart()
    for (const node of [a, b, c]) {
      expect(node.replica.view.record(id), node.name).not.toBeNull()
      expect(node.replica.digest(), node.name).toBe(a.replica.digest())
    }
  })

  test('what was on its way to the disk lies below the heads that it names', () => {
    b.commitsAtOnce = false
    b.feed({ type: 'write', request: 1, session: 'claude-1' as SessionName, drafts: [{ kind: 'note', fields: { text: 'just before' } }], strict: false })
    b.feed({ type: 'retire', request: 77 })
    b.feed({ type: 'write', request: 2, session: 'claude-1' as SessionName, drafts: [{ kind: 'note', fields: { text: 'just after' } }], strict: false })
    b.commitsAtOnce = true
    for (let batch = b.held.shift(); batch !== undefined; batch = b.held.shift()) b.feed({ type: 'committed', batch })
    bench.run()
    expect(b.answers.get(1)?.ok).toBe(true)
    expect(b.answers.get(77)?.ok).toBe(true)
    expect(b.answers.get(2)).toMatchObject({ ok: false, failure: { code: 'HOST_LEFT' } })
  })

  test('a host that was apart learns of it from the leaver itself', () => {
    bench.cutAll(b)
    const { id } = b.note('written alone')
    retire(b)
    expect(stateOf(c, b)).toBe('member')
    bench.link(b, c)
    expect(stateOf(c, b)).toBe('named')
    expect(c.replica.view.record(id)).not.toBeNull()
    bench.link(a, c)
    bench.advance(6_000)
    expect(stateOf(a, b)).toBe('named')
    expect(a.replica.view.hash()).toBe(c.replica.view.hash())
  })
})

describe('a goodbye for now', () => {
  test('outlives the link and a restart, until the host is heard again', () => {
    b.feed({ type: 'leaving' })
    bench.run()
    expect(a.replica.awaySince(b.replica.key)).toBe(bench.wallMs)
    bench.cutAll(b)
    a.restart()
    expect(a.replica.awaySince(b.replica.key)).toBe(bench.wallMs)
    bench.advance(1_000)
    bench.link(b, a)
    expect(a.replica.awaySince(b.replica.key)).toBeNull()
    a.restart()
    expect(a.replica.awaySince(b.replica.key)).toBeNull()
  })

  test('is over too when something newer of the host comes by another way', () => {
    bench.link(b, c)
    b.feed({ type: 'leaving' })
    bench.run()
    bench.cutAll(b)
    expect(a.replica.awaySince(b.replica.key)).not.toBeNull()
    bench.advance(2_000)
    bench.link(b, c)
    b.note('back, on another network')
    bench.run()
    expect(a.replica.awaySince(b.replica.key)).toBeNull()
  })

  test('is not said by a link that breaks', () => {
    bench.cutAll(b)
    expect(a.replica.awaySince(b.replica.key)).toBeNull()
  })
})

describe('when a host was last heard', () => {
  test('is known after a restart too, also of one that was only heard through others', () => {
    bench.cutAll(b)
    bench.link(b, c)
    b.note('by way of c')
    bench.run()
    const heard = a.replica.heardFrom(b.replica.key)
    expect(heard).not.toBeNull()
    bench.advance(60_000)
    a.restart()
    expect(a.replica.heardFrom(b.replica.key)).toBeGreaterThanOrEqual(heard ?? 0)
  })
})
