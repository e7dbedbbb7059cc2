import { beforeEach, describe, expect, test } from 'vitest'
import { writeAct } from '../../../src/core/coordination/membership/act.js'
import type { NamedHead } from '../../../src/core/coordination/membership/body.js'
import type { AuthorId } from '../../../src/core/brand.js'
import { proveRotation } from '../../../src/core/coordination/membership/rotation.js'
import { droppedIn } from '../../../src/core/replica/standing/dropped.js'
import { epochTextOf } from '../../../src/core/replication/author.js'
import { decodeMessage, encodeMessage } from '../../../src/core/replication/message.js'
import type { VerifiedFrame } from '../../../src/core/replication/verification.js'
import { Bench, signerOf, take, type Node } from './bench.js'
import { Thief } from './thief.js'

/** `a` founded the mesh, `v` is the host whose key somebody else has too, `c` is a third. */
let bench: Bench
let a: Node
let v: Node
let c: Node
let thief: Thief

beforeEach(() => {
  bench = new Bench()
  a = bench.found('a')
  v = bench.join('v', a)
  c = bench.join('c', a)
  thief = new Thief(bench.mesh, v.signer)
})

const authorOf = (node: Node): AuthorId => {
  if (node.replica.author === null) throw new Error('no epoch')
  return node.replica.author
}

/** The head that a node holds of an author now. */
const headAt = (node: Node, author: AuthorId): NamedHead => {
  const log = node.replica.logs.get(author)
  if (log === null) throw new Error('no log')
  return { epoch: epochTextOf(author), seq: log.headSeq, hash: log.headHash }
}

/** Says what stays of `v`; signed with its key, as whoever has it can. */
const name = (heads: readonly NamedHead[]): Uint8Array =>
  take(writeAct({ mesh: bench.mesh, stamp: { wall: bench.wallMs, count: 0 }, seen: [], content: { kind: 'retire', body: { key: v.replica.key, heads } } }, v.signer))

const submit = (node: Node, act: Uint8Array): void => {
  node.feed({ type: 'act', request: 4_711, bytes: act })
  bench.run()
}

/** Puts frames onto a node's links as if a peer pushed them. */
const push = (node: Node, frames: readonly VerifiedFrame[]): void => {
  for (const { bytes } of frames) for (const link of node.peers.keys()) node.feed({ type: 'linkMessage', link, bytes: encodeMessage({ type: 'push', frame: bytes }) })
  bench.run()
}

const framesOf = (node: Node, author: AuthorId) => node.disk.frames.get(author) ?? new Map<number, Uint8Array>()

const expectLevel = (...nodes: readonly Node[]): void => {
  for (const node of nodes) {
    expect(node.replica.digest(), node.name).toBe(nodes[0]?.replica.digest())
    expect(node.replica.view.hash(), node.name).toBe(nodes[0]?.replica.view.hash())
    expect(node.texts(), node.name).toEqual(nodes[0]?.texts())
  }
}

const levelAll = (): void => {
  for (const [one, other] of [[a, c], [a, v], [c, v]] as const) if (![...one.peers.values()].some(end => end.node === other)) bench.link(one, other)
  bench.advance(20_000)
}

describe('an act that names a head', () => {
  test('rolls back a log that went on past it, here, after a restart, and everywhere', () => {
    const kept = v.note('before')
    const author = authorOf(v)
    const head = headAt(a, author)
    const late = v.note('after')
    expect(c.replica.view.record(late.id)).not.toBeNull()
    submit(a, name([head]))
    bench.advance(10_000)
    for (const node of [a, c, v]) {
      expect(node.replica.view.record(kept.id), node.name).not.toBeNull()
      expect(node.replica.view.record(late.id), node.name).toBeNull()
      expect(headAt(node, author), node.name).toEqual(head)
    }
    expectLevel(a, c, v)
    const { digest, hash } = { digest: a.replica.digest(), hash: a.replica.view.hash() }
    for (const node of [a, c, v]) {
      node.restart()
      expect(node.replica.digest(), node.name).toBe(digest)
      expect(node.replica.view.hash(), node.name).toBe(hash)
    }
  })

  test('lists what fell off, for the host that wrote it too, also after a restart', () => {
    v.note('before')
    const head = headAt(a, authorOf(v))
    const late = v.note('after')
    submit(a, name([head]))
    bench.advance(10_000)
    v.restart()
    for (const node of [a, v]) {
      const [dropped] = droppedIn(node.replica.notes)
      expect(dropped, node.name).toMatchObject({ author: authorOf(v), from: head.seq + 1, to: head.seq + 1, count: 1, records: [{ id: late.id, kind: 'note' }] })
      expect(dropped?.records[0]?.prose).toContain('after')
    }
    expect(v.try([{ kind: 'note', fields: { text: 'more' } }])).toMatchObject({ ok: false, failure: { code: 'HOST_LEFT' } })
  })

  test('rolls back over a snapshot that was written past it', () => {
    const kept = v.note('before')
    const author = authorOf(v)
    const head = headAt(a, author)
    v.note('after')
    v.feed({ type: 'compact' })
    v.note('after the snapshot')
    submit(c, name([head]))
    bench.advance(10_000)
    expectLevel(a, c, v)
    expect(a.texts()).toEqual([kept.text])
    bench.cutAll(a)
    a.restart()
    bench.run()
    expect(a.texts()).toEqual([kept.text])
    expect(a.replica.digest()).toBe(c.replica.digest())
    // what fell off waits on the disk until the act falls, from its newest snapshot on
    expect([...framesOf(a, author).keys()]).toEqual([0, 1, 3, 4])
  })

  test('comes to the same where the host was killed before it had rolled back', () => {
    const kept = v.note('before')
    const author = authorOf(v)
    const head = headAt(a, author)
    v.note('after')
    v.feed({ type: 'compact' })
    v.note('after the snapshot')
    bench.cutAll(a)
    bench.cutAll(c)
    // the act reaches the disk, and nothing that follows from it does
    a.disk.acts.set('ending', name([head]))
    a.restart()
    bench.run()
    expect(a.texts()).toEqual([kept.text])
    expect(headAt(a, author)).toEqual(head)
    bench.link(c, a)
    bench.advance(10_000)
    expectLevel(a, c)
  })

  test('of an epoch that is not named nothing stays', () => {
    const kept = v.note('kept')
    const { frames } = thief.epoch(2, bench.wallMs)
    push(a, frames)
    bench.advance(10_000)
    expect(c.texts()).toHaveLength(2)
    submit(c, name([headAt(a, authorOf(v))]))
    bench.advance(10_000)
    expectLevel(a, c, v)
    expect(c.texts()).toEqual([kept.text])
    push(a, frames)
    bench.advance(10_000)
    expectLevel(a, c, v)
  })

  test('a host on another branch drops it and fetches the chain that is pinned', () => {
    v.note('one')
    const author = authorOf(v)
    bench.cutAll(c)
    const kept = v.note('two')
    const head = headAt(a, author)
    const branch = thief.branch(author, framesOf(c, author), head.seq - 1)
    bench.cutAll(v)
    bench.link(c, v)
    bench.cutAll(c)
    bench.link(c, bench.join('d', a))
    push(c, branch.write(3, bench.wallMs))
    submit(a, name([head]))
    levelAll()
    expectLevel(a, c, v)
    expect(c.texts()).toHaveLength(2)
    expect(c.replica.view.record(kept.id)).not.toBeNull()
    for (const id of thief.ids) expect(c.replica.view.record(id)).toBeNull()
  })

  test('a forked epoch may be named: then it counts up to the head', () => {
    v.note('one')
    const author = authorOf(v)
    const kept = v.note('two')
    const head = headAt(a, author)
    const fork = thief.branch(author, framesOf(a, author), head.seq - 1).write(1, bench.wallMs)
    push(c, fork)
    bench.advance(10_000)
    for (const node of [a, c, v]) expect(node.replica.logs.isForked(author), node.name).toBe(true)
    submit(a, name([head]))
    levelAll()
    expectLevel(a, c, v)
    expect(c.replica.view.record(kept.id)).not.toBeNull()
    c.restart()
    bench.link(c, a)
    bench.advance(10_000)
    expectLevel(a, c, v)
    expect(c.replica.view.record(kept.id)).not.toBeNull()
  })

  test('arrives before what it names: nothing is shown until the whole chain is held', () => {
    bench.cutAll(c)
    for (let index = 0; index < 5; index++) v.note(`${index}`)
    const author = authorOf(v)
    const head = headAt(a, author)
    submit(c, name([head]))
    expect(c.texts()).toEqual([])
    bench.link(c, a)
    bench.advance(10_000)
    expectLevel(a, c)
    expect(c.texts()).toHaveLength(5)
  })

  test('while the chain is not held its digest differs from one that holds it', () => {
    bench.cutAll(c)
    v.note('x')
    submit(a, name([headAt(a, authorOf(v))]))
    submit(c, name([headAt(a, authorOf(v))]))
    expect(c.replica.digest()).not.toBe(a.replica.digest())
  })

  test('of two the lowest holds', () => {
    const kept = v.note('one')
    const author = authorOf(v)
    const low = headAt(a, author)
    v.note('two')
    const high = headAt(a, author)
    v.note('three')
    submit(a, name([high]))
    submit(c, name([low]))
    levelAll()
    expectLevel(a, c, v)
    expect(a.texts()).toEqual([kept.text])
  })

  test('who still sends frames past it is told of the act, and not blamed', () => {
    v.note('one')
    const author = authorOf(v)
    const head = headAt(a, author)
    submit(a, name([head]))
    bench.advance(10_000)
    const [link] = a.replica.links
    const told: number[] = []
    bench.carry = (from, bytes) => {
      const message = take(decodeMessage(bytes))
      if (from === a && message.type === 'acts') told.push(message.acts.length)
      return bytes
    }
    push(a, thief.branch(author, framesOf(a, author)).write(3, bench.wallMs))
    expect(told).toEqual([...a.peers].map(() => 1))
    expect(link?.badFrames).toBe(0)
    expect(a.replica.refusals.list().map(({ code }) => code)).toContain('FRAME_PAST_NAMED_HEAD')
  })
})

describe('what is withheld', () => {
  test('a claim of a forked epoch is named with its scope, until its owner has published it again', () => {
    const claim = v.claim(['src/auth/**'])
    const author = authorOf(v)
    bench.cutAll(v)
    const fork = thief.branch(author, framesOf(a, author)).write(2, bench.wallMs)
    push(a, fork.slice(0, 1))
    v.note('another branch')
    push(c, fork.slice(1))
    bench.advance(10_000)
    bench.link(v, c)
    bench.run()
    // its owner knows at once, and has published it again; who has not heard that yet says that it is withheld
    bench.advance(10_000)
    for (const node of [a, c]) {
      expect(node.replica.logs.isForked(author), node.name).toBe(true)
      expect(node.replica.view.record(claim.id), node.name).not.toBeNull()
      expect(node.replica.withheld(bench.wallMs), node.name).toEqual([])
    }
  })

  test('a claim of a fork whose owner is away', () => {
    const claim = v.claim(['src/auth/**'])
    const author = authorOf(v)
    const fork = thief.branch(author, framesOf(a, author), 0).write(1, bench.wallMs)
    bench.cutAll(v)
    push(a, fork)
    bench.advance(10_000)
    expect(a.replica.view.record(claim.id)).toBeNull()
    expect(a.replica.withheld(bench.wallMs)).toMatchObject([{ author, why: 'forked', claims: [{ id: claim.id, scope: ['src/auth/**'] }] }])
    expect(a.replica.withheld(bench.wallMs + 400 * 86_400_000)).toMatchObject([{ claims: [{ id: claim.id }] }])
  })

  test('a key that ended, while the log that stays is not held', () => {
    bench.cutAll(c)
    const claim = v.claim(['src/**'])
    const author = authorOf(v)
    submit(c, name([headAt(a, author)]))
    expect(c.replica.withheld(bench.wallMs)).toMatchObject([{ author, why: 'left', claims: null }])
    bench.link(c, a)
    bench.advance(10_000)
    expect(c.replica.withheld(bench.wallMs)).toEqual([])
    expect(c.replica.view.record(claim.id)).not.toBeNull()
  })
})

describe('a host with another key', () => {
  test('goes on as the same host: what its first key claimed is live, and its second key releases it', () => {
    const first = v.claim(['src/one/**'])
    const second = v.claim(['src/two/**'])
    const author = authorOf(v)
    const next = bench.node('v2')
    const body = { ...proveRotation(bench.mesh, v.signer, next.signer), heads: [headAt(a, author)], acts: [] }
    const act = take(writeAct({ mesh: bench.mesh, stamp: { wall: bench.wallMs, count: 0 }, seen: [], content: { kind: 'rotate', body } }, signerOf('operator')))
    submit(a, act)
    bench.advance(10_000)
    expect(v.try([{ kind: 'note', fields: { text: 'with the old key' } }])).toMatchObject({ ok: false, failure: { code: 'HOST_LEFT' } })
    for (const [id, bytes] of a.disk.acts) next.disk.acts.set(id, bytes)
    next.start()
    bench.link(next, a)
    bench.advance(10_000)
    expect(next.replica.acts.roster().members.get(next.replica.key)?.hostId).toBe(v.replica.hostId)
    next.write('release', { claims: [first.id] })
    bench.advance(10_000)
    for (const node of [a, c, next]) {
      const live = node.replica.view.claims.live(bench.wallMs)
      expect(live.map(({ id, host }) => [id, host]), node.name).toEqual([[second.id, v.replica.hostId]])
    }
    expectLevel(a, c, next)
    const { id } = next.claim(['src/three/**'])
    expect(a.replica.view.claims.claim(id)?.host).toBe(v.replica.hostId)
    expect(next.replica.hostId).toBe(v.replica.hostId)
  })
})
