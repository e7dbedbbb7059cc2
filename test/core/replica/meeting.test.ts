import { describe, expect, test } from 'vitest'
import type { AuthorId, Hash, HostKey } from '../../../src/core/brand.js'
import { writeAct } from '../../../src/core/coordination/membership/act.js'
import type { ActContent, NamedHead, OperatorKey } from '../../../src/core/coordination/membership/body.js'
import { toHex } from '../../../src/core/encoding/bytes.js'
import { LIMITS } from '../../../src/core/limits.js'
import { epochTextOf } from '../../../src/core/replication/author.js'
import { Bench, signerOf, take, type Node } from './bench.js'

const MADE_UP = 'ab'.repeat(32) as Hash
const BEATS_MS = 4 * LIMITS.beatMs

const submit = (bench: Bench, at: Node, signer: string, content: ActContent): void => {
  const seen = at.replica.acts.roster().newestActs()
  const act = take(writeAct({ mesh: bench.mesh, stamp: { wall: bench.wallMs, count: 0 }, seen, content }, signerOf(signer)))
  at.feed({ type: 'act', request: 4_711, bytes: act })
  bench.run()
}

const operatorKey = (name: string): OperatorKey => toHex(signerOf(name).publicKey) as OperatorKey

/** A lower-ranked operator ends a host's key. @returns what ends that operator, and with it its word */
const revokeForNow = (bench: Bench, at: Node, key: HostKey, heads: readonly NamedHead[]): (() => void) => {
  submit(bench, at, 'operator', { kind: 'operator', body: { key: operatorKey('second'), name: 'second' } })
  submit(bench, at, 'second', { kind: 'revoke', body: { hosts: [{ key, heads }], operators: [], acts: [], reason: 'a mistake' } })
  return () => submit(bench, at, 'operator', { kind: 'revoke', body: { hosts: [], operators: [operatorKey('second')], acts: [], reason: 'stolen' } })
}

const expectOneState = (...nodes: readonly Node[]): void => {
  for (const node of nodes) {
    expect(node.replica.digest(), node.name).toBe(nodes[0]?.replica.digest())
    expect(node.texts(), node.name).toEqual(nodes[0]?.texts())
  }
}

describe('a host whose key was revoked by an operator that is itself revoked', () => {
  for (const isNamed of [false, true]) {
    for (const restarts of [false, true]) {
      test(`writes on, and all that it had written counts again (${isNamed ? 'a head named' : 'nothing named'}${restarts ? ', restarted between' : ''})`, () => {
        const bench = new Bench()
        const a = bench.found('a')
        const v = bench.join('v', a)
        const first = v.note('first')
        const log = v.replica.logs.get(v.replica.author as AuthorId)
        const heads = isNamed && log !== null && v.replica.author !== null ? [{ epoch: epochTextOf(v.replica.author), seq: log.headSeq, hash: log.headHash }] : []
        const second = v.note('second')
        const fall = revokeForNow(bench, a, v.replica.key, heads)
        bench.advance(BEATS_MS)
        expect(v.try([{ kind: 'note', fields: { text: 'refused' } }])).toMatchObject({ ok: false })
        if (restarts) {
          v.restart()
          bench.link(v, a)
        }
        fall()
        bench.advance(BEATS_MS)
        const third = v.note('third')
        bench.advance(BEATS_MS)
        for (const node of [a, v]) for (const { id } of [first, second, third]) expect(node.replica.view.record(id), node.name).not.toBeNull()
        expectOneState(a, v)
        v.restart()
        bench.link(v, a)
        bench.advance(BEATS_MS)
        expectOneState(a, v)
      })
    }
  }
})

test('a host in doubt about its store that was revoked for a while writes on in a new epoch all the same', () => {
  const bench = new Bench()
  const a = bench.found('a')
  const v = bench.join('v', a)
  v.note('first')
  const old = v.replica.author as AuthorId
  v.restart([{ type: 'witnessLoaded', epoch: epochTextOf(old), seq: 99 }])
  bench.link(v, a)
  const log = v.replica.logs.get(old)
  const fall = revokeForNow(bench, a, v.replica.key, log === null ? [] : [{ epoch: epochTextOf(old), seq: log.headSeq, hash: log.headHash }])
  expect(v.try([{ kind: 'note', fields: { text: 'refused' } }])).toMatchObject({ ok: false })
  fall()
  bench.advance(BEATS_MS)
  v.note('second')
  expect(v.replica.author).not.toBe(old)
})

describe('an ephemeral host', () => {
  for (const heads of [[], [{ seq: 1_000_000 }], [{ seq: 0 }]]) {
    test(`that a member retired with ${heads.length === 0 ? 'no head' : `a made-up head ${heads[0]?.seq}`}: once that member is revoked its records are back, though the host is gone for good`, () => {
      const bench = new Bench()
      const a = bench.found('a')
      const m = bench.join('m', a)
      const ci = bench.join('ci', a, { ephemeral: true })
      const { id } = ci.claim(['src'])
      const author = ci.replica.author as AuthorId
      bench.advance(BEATS_MS)
      bench.cutAll(ci)
      submit(bench, m, 'm', { kind: 'retire', body: { key: ci.replica.key, heads: heads.map(({ seq }) => ({ epoch: epochTextOf(author), seq, hash: MADE_UP })) } })
      bench.advance(BEATS_MS)
      expect(a.replica.view.record(id)).toBeNull()
      a.restart()
      bench.link(m, a)
      expect(a.replica.view.record(id)).toBeNull()
      submit(bench, a, 'operator', { kind: 'revoke', body: { hosts: [{ key: m.replica.key, heads: [] }], operators: [], acts: [], reason: 'hostile' } })
      bench.advance(BEATS_MS)
      expect(a.replica.view.record(id)).not.toBeNull()
    })
  }
})

describe('an own epoch that forks while peers are still asked about it, on a host that is killed then', () => {
  test('loses neither what only its own disk held nor what only a peer held', () => {
    const bench = new Bench()
    const a = bench.found('a')
    const c = bench.join('c', a)
    const d = bench.join('d', a)
    bench.cutAll(a)
    a.note('kept')
    const copy = bench.node('a')
    for (const [id, bytes] of a.disk.acts) copy.disk.acts.set(id, bytes)
    for (const [author, log] of a.disk.frames) copy.disk.frames.set(author, new Map(log))
    for (const [key, value] of a.disk.notes) copy.disk.notes.set(key, value)
    copy.start()
    const mine = a.claim(['src/**'])
    const theirs = copy.claim(['test/**'])
    bench.link(copy, c)
    bench.cutAll(copy)
    a.restart()
    a.feed({ type: 'seeking', forMs: LIMITS.seekMs })
    bench.carry = (from, bytes) => (from === d ? new Uint8Array([255]) : bytes)
    const link = bench.dial(a, d)
    a.peers.delete(link)
    bench.link(a, c)
    expect(a.replica.isCatchingUp).toBe(true)
    expect(a.disk.proofs.size).toBe(1)
    a.restart()
    bench.carry = (_, bytes) => bytes
    bench.link(a, c)
    bench.advance(BEATS_MS)
    for (const node of [a, c]) for (const { id } of [mine, theirs]) expect(node.replica.view.record(id), node.name).not.toBeNull()
    expectOneState(a, c)
    const opened = a.happened('epochOpened').length
    const frames = a.replica.logs.headSeq(a.replica.author as AuthorId)
    for (let round = 0; round < 2; round++) {
      a.restart()
      bench.link(a, c)
      bench.advance(BEATS_MS)
    }
    expect([a.happened('epochOpened').length, a.replica.logs.headSeq(a.replica.author as AuthorId)]).toEqual([opened, frames])
  })
})

test('a key that ended, came back and ended again with nothing named is out of view each time', () => {
  const bench = new Bench()
  const a = bench.found('a')
  const m = bench.join('m', a)
  const ci = bench.join('ci', a, { ephemeral: true })
  const { id } = ci.claim(['src'])
  const fall = revokeForNow(bench, a, ci.replica.key, [])
  bench.advance(BEATS_MS)
  for (const node of [a, m]) expect(node.replica.view.record(id)).toBeNull()
  fall()
  bench.link(ci, a)
  bench.advance(BEATS_MS)
  for (const node of [a, m]) expect(node.replica.view.record(id), node.name).not.toBeNull()
  submit(bench, m, 'm', { kind: 'retire', body: { key: ci.replica.key, heads: [] } })
  bench.advance(BEATS_MS)
  for (const node of [a, m]) expect(node.replica.view.record(id), node.name).toBeNull()
  expectOneState(a, m)
})
