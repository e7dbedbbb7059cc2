import { beforeEach, describe, expect, test } from 'vitest'
import type { AuthorId, Hash } from '../../../src/core/brand.js'
import { writeAct } from '../../../src/core/coordination/membership/act.js'
import type { ActContent, NamedHead, OperatorKey } from '../../../src/core/coordination/membership/body.js'
import { toHex } from '../../../src/core/encoding/bytes.js'
import { LIMITS } from '../../../src/core/limits.js'
import { epochTextOf } from '../../../src/core/replication/author.js'
import { decodeMessage, encodeMessage } from '../../../src/core/replication/message.js'
import { Bench, signerOf, take, type Node } from './bench.js'

/**
 * A revocation falls: the operator that signed it is revoked in turn (its key was stolen, say), and what it took out of the mesh counts again. `v` is the
 * host that it speaks of.
 */
let bench: Bench
let a: Node
let v: Node
let c: Node
const second = toHex(signerOf('second').publicKey) as OperatorKey

const submit = (at: Node, signer: string, content: ActContent): void => {
  const act = take(writeAct({ mesh: bench.mesh, stamp: { wall: bench.wallMs, count: 0 }, seen: at.replica.acts.roster().newestActs(), content }, signerOf(signer)))
  at.feed({ type: 'act', request: 4_711, bytes: act })
  bench.run()
}

/** With the key that was stolen. */
const revoke = (at: Node, heads: readonly NamedHead[]): void => submit(at, 'second', { kind: 'revoke', body: { hosts: [{ key: v.replica.key, heads }], operators: [], acts: [], reason: 'said a thief' } })

const fall = (at: Node): void => submit(at, 'operator', { kind: 'revoke', body: { hosts: [], operators: [second], acts: [], reason: 'its key was stolen' } })

const authorOf = (node: Node): AuthorId => {
  if (node.replica.author === null) throw new Error('no epoch')
  return node.replica.author
}

const headAt = (node: Node, author: AuthorId): NamedHead => {
  const log = node.replica.logs.get(author)
  if (log === null) throw new Error('no log')
  return { epoch: epochTextOf(author), seq: log.headSeq, hash: log.headHash }
}

/** Another machine with the home of `v` as it is now. */
const copyOf = (node: Node): Node => {
  const copy = bench.node(node.name)
  copy.disk = node.disk.copy()
  copy.start()
  bench.run()
  return copy
}

const linkAll = (...nodes: readonly Node[]): void => {
  for (const [index, one] of nodes.entries()) for (const other of nodes.slice(index + 1)) if (![...one.peers.values()].some(end => end.node === other)) bench.link(one, other)
  bench.advance(60_000)
}

const expectAll = (texts: readonly string[], ...nodes: readonly Node[]): void => {
  for (const node of nodes) {
    expect(node.replica.digest(), node.name).toBe(nodes[0]?.replica.digest())
    expect(node.texts(), node.name).toEqual([...texts].sort())
  }
}

beforeEach(() => {
  bench = new Bench()
  a = bench.found('a')
  v = bench.join('v', a)
  c = bench.join('c', a)
  submit(a, 'operator', { kind: 'operator', body: { key: second, name: 'second' } })
  bench.advance(10_000)
})

describe('of a host that is gone, what the revocation took out is back', () => {
  const cases: readonly (readonly [string, (author: AuthorId) => NamedHead[]])[] = [
    ['it named an earlier head', () => earlier],
    ['it named nothing', () => []],
    ['it named a head that there never was', author => [{ epoch: epochTextOf(author), seq: 3, hash: 'ab'.repeat(32) as Hash }]],
    ['it named a head that there never was, beyond the end', author => [{ epoch: epochTextOf(author), seq: 99, hash: 'ab'.repeat(32) as Hash }]]
  ]
  let earlier: NamedHead[]
  describe.each([false, true])('with a snapshot behind the head: %s', hasSnapshot => {
    test.each(cases)('%s', (_, headsOf) => {
      const texts = [v.note('1').text, v.note('2').text]
      const author = authorOf(v)
      earlier = [headAt(v, author)]
      texts.push(v.note('3').text)
      if (hasSnapshot) v.feed({ type: 'compact' })
      bench.run()
      texts.push(v.note('4').text)
      linkAll(a, v, c)
      expectAll(texts, a, v, c)
      bench.cutAll(v)
      revoke(c, headsOf(author))
      linkAll(a, c)
      expect(a.texts().length).toBeLessThan(texts.length)
      expectAll(a.texts(), a, c)
      const shown = a.texts()
      for (const node of [a, c]) {
        node.restart()
        bench.advance(20_000)
        expect(node.texts(), node.name).toEqual(shown)
      }
      linkAll(a, c)
      fall(a)
      linkAll(a, c)
      expectAll(texts, a, c)
      for (const node of [a, c]) {
        node.restart()
        expect(node.texts(), node.name).toEqual([...texts].sort())
      }
    })
  })
})

test('what an act took out is served to nobody', () => {
  v.note('one')
  const author = authorOf(v)
  const head = headAt(a, author)
  v.note('two')
  linkAll(a, v, c)
  bench.cutAll(v)
  revoke(a, [head])
  linkAll(a, c)
  const d = bench.join('d', a)
  const sent: number[] = []
  bench.carry = (from, bytes) => {
    const message = take(decodeMessage(bytes))
    if (from === a && message.type === 'frames' && message.author === author) sent.push(message.from + message.frames.length - 1)
    return bytes
  }
  linkAll(a, d)
  for (const [link, end] of a.peers) if (end.node === d) a.feed({ type: 'linkMessage', link, bytes: encodeMessage({ type: 'want', author, from: head.seq + 1 }) })
  bench.run()
  expect(Math.max(...(a.disk.frames.get(author)?.keys() ?? []))).toBe(head.seq + 1)
  expect(Math.max(...(d.disk.frames.get(author)?.keys() ?? []))).toBe(head.seq)
  expect(Math.max(0, ...sent)).toBeLessThanOrEqual(head.seq)
})

describe('a home was copied, and the revocation names the branch of the copy', () => {
  /** Both wrote on from the same frame; the copy's branch is what `a` holds and names. */
  const fork = (ofCopy: number, ofHost: number): { readonly author: AuthorId; readonly common: string; readonly copied: string[]; readonly own: string[] } => {
    const common = v.note('common').text
    const author = authorOf(v)
    linkAll(a, v, c)
    bench.cutAll(v)
    const copy = copyOf(v)
    bench.link(copy, a)
    const copied = Array.from({ length: ofCopy }, (_, index) => copy.note(`copy ${index}`).text)
    const own = Array.from({ length: ofHost }, (_, index) => v.note(`own ${index}`).text)
    bench.cutAll(copy)
    linkAll(a, c)
    return { author, common, copied, own }
  }

  test.each([
    [1, 3],
    [3, 1],
    [2, 2]
  ])('of %i frames against %i: nothing that either had answered is lost', (ofCopy, ofHost) => {
    const { author, common, copied, own } = fork(ofCopy, ofHost)
    revoke(a, [headAt(a, author)])
    linkAll(a, v, c)
    // the same everywhere, while it stands: the copy's branch
    expectAll([common, ...copied], a, c, v)
    v.restart()
    expect(v.texts()).toEqual([common, ...copied].sort())
    linkAll(a, v, c)
    fall(a)
    linkAll(a, v, c)
    expectAll([common, ...copied, ...own], a, c, v)
    const later = v.note('goes on').text
    linkAll(a, v, c)
    for (const node of [a, v, c]) node.restart()
    linkAll(a, v, c)
    expectAll([common, ...copied, ...own, later], a, c, v)
  })

  test('the host hears of it at its start, and ends before anything came of it', () => {
    const { author, common, copied, own } = fork(2, 3)
    revoke(a, [headAt(a, author)])
    for (const [id, bytes] of a.disk.acts) v.disk.acts.set(id, bytes)
    v.restart()
    v.restart()
    linkAll(a, v, c)
    v.restart()
    linkAll(a, v, c)
    expectAll([common, ...copied], a, c, v)
    fall(c)
    linkAll(a, v, c)
    expectAll([common, ...copied, ...own], a, c, v)
  })

  test('who wrote it is told', () => {
    const { author } = fork(2, 3)
    revoke(a, [headAt(a, author)])
    linkAll(a, v, c)
    expect(v.replica.doubt?.text).toContain('another branch of this host\'s log')
    v.restart()
    expect(v.replica.doubt?.text).toContain('another branch of this host\'s log')
    expect(v.try([{ kind: 'note', fields: { text: 'more' } }])).toMatchObject({ ok: false, failure: { code: 'HOST_LEFT' } })
  })
})

test('a fork that was proven while the host was revoked is collected once the revocation falls', () => {
  const common = v.note('common').text
  const author = authorOf(v)
  linkAll(a, v, c)
  bench.cutAll(v)
  const copy = copyOf(v)
  bench.link(copy, c)
  const copied = copy.note('copied').text
  bench.cutAll(copy)
  const own = v.note('own').text
  // `v` hears of the revocation and of the fork at the same time, and stays linked to both for a while
  revoke(a, [headAt(a, author)])
  linkAll(v, a, c)
  fall(a)
  linkAll(v, a, c)
  expectAll([common, copied, own], a, c, v)
})

test('a copy of a home writes a snapshot: what the host had answered meanwhile, and nobody had heard, is published again', () => {
  const common = v.note('common').text
  bench.cutAll(v)
  const copy = copyOf(v)
  const own = v.note('own').text
  const copied = [copy.note('copied').text, copy.note('copied too').text]
  copy.feed({ type: 'compact' })
  linkAll(copy, a, c)
  // a newcomer that has the live state and no history yet
  bench.carry = (_, bytes) => (take(decodeMessage(bytes)).type === 'wantPast' ? encodeMessage({ type: 'pong', id: 0, wall: 0 }) : bytes)
  const d = bench.join('d', copy)
  linkAll(d, copy)
  bench.cutAll(d)
  linkAll(v, d)
  bench.carry = (_, bytes) => bytes
  bench.cutAll(copy)
  linkAll(v, a, c, d)
  expectAll([common, ...copied, own], a, c, v, d)
  v.restart()
  linkAll(v, a, c, d)
  expectAll([common, ...copied, own], a, c, v, d)
})

describe('what fell is bounded', () => {
  /** Says that the disk holds so many frames of an epoch of `v`, which nobody reads. */
  const holds = (node: Node, counter: number, frames: number): AuthorId => {
    const author = `${v.replica.key}/${counter.toString(16).padStart(8, '0')}${'0'.repeat(16)}` as AuthorId
    const log = new Map(Array.from({ length: frames }, (_, seq) => [seq, Uint8Array.of(1)] as const))
    node.disk.frames.set(author, log)
    node.disk.starts.set(author, frames)
    return author
  }
  const countOf = (node: Node, author: AuthorId): number => node.disk.frames.get(author)?.size ?? 0

  test('for each key: the newest epochs stay, and of one that is too long its beginning', () => {
    bench.cutAll(v)
    revoke(a, [])
    const [oldest, old, newest] = [holds(a, 1, 10), holds(a, 2, 10_000), holds(a, 3, 10_000)]
    a.restart()
    expect([oldest, old, newest].map(author => countOf(a, author))).toEqual([0, LIMITS.fallenFramesPerKey - 10_000, 10_000])
  })

  test('and goes first when the disk is short, but not what this host wrote itself', () => {
    const texts = [v.note('one').text, v.note('two').text]
    const author = authorOf(v)
    linkAll(a, v)
    revoke(a, [])
    linkAll(a, v)
    for (const node of [a, v]) {
      for (let times = 0; times < 3; times++) {
        node.feed({ type: 'diskFree', bytes: LIMITS.diskLowBytes - 1 })
        bench.run()
      }
    }
    expect(countOf(a, author)).toBe(0)
    fall(a)
    linkAll(a, v)
    expectAll(texts, a, v)
  })
})
