import { beforeEach, describe, expect, test } from 'vitest'
import { nodeCrypto } from '../../../src/adapters/crypto/node.js'
import { writeAct } from '../../../src/core/coordination/membership/act.js'
import { proveRotation } from '../../../src/core/coordination/membership/rotation.js'
import type { HostKey, SessionName } from '../../../src/core/brand.js'
import { hostIdOf } from '../../../src/core/domain.js'
import { toHex } from '../../../src/core/encoding/bytes.js'
import { ownHeads } from '../../../src/core/replica/own/own-heads.js'
import { Disk } from '../../sim/disk.js'
import { recordCase } from '../../support/cases.js'
import { Bench, signerOf, take, type Node } from './bench.js'

let bench: Bench
let a: Node
let b: Node
let c: Node

/** As `skein rotate-key` does it: alone on the store, the act on disk, then the same home with the new key. */
const rotate = (node: Node, next: string): void => {
  bench.cutAll(node)
  const { mesh, acts, key } = node.replica
  const signed = [...acts.values()].filter(({ signer }) => (signer as string) === key).map(({ id }) => id)
  const body = { ...proveRotation(mesh, node.signer, signerOf(next)), heads: ownHeads(node.replica.logs, key), acts: signed }
  const act = take(writeAct({ mesh, stamp: { wall: bench.wallMs, count: 0 }, seen: acts.roster().newestActs(), content: { kind: 'rotate', body } }, signerOf('operator')))
  node.feed({ type: 'act', request: 900, bytes: act })
  bench.run()
  take(node.answers.get(900))
  node.answers.delete(900)
  node.signer = signerOf(next)
  node.restart()
}

const level = (...nodes: readonly Node[]): void => {
  bench.advance(12_000)
  const [first, ...others] = nodes
  for (const node of others) expect([node.name, node.replica.view.hash(), node.replica.digest()]).toEqual([node.name, first?.replica.view.hash(), first?.replica.digest()])
}

const copyOf = (disk: Disk): Disk => {
  const copy = new Disk()
  for (const [key, value] of disk.notes) copy.notes.set(key, value)
  for (const [id, bytes] of disk.acts) copy.acts.set(id, bytes)
  for (const [author, frames] of disk.frames) copy.frames.set(author, new Map(frames))
  for (const [author, start] of disk.starts) copy.starts.set(author, start)
  return copy
}

const keyOf = (name: string): HostKey => toHex(signerOf(name).publicKey) as HostKey

beforeEach(() => {
  bench = new Bench()
  a = bench.found('a')
  b = bench.join('b', a)
  c = bench.join('c', a)
})

describe('a host with a new key', () => {
  test('is the same host, and its claims are renewed, answered and released by the new key', () => {
    const { hostId } = b.replica
    const [renewed, released] = [b.claim(['src/kept/**']), b.claim(['src/given/**'])]
    const asked = a.write('message', { to: { host: hostId }, text: 'still you?', ack: true })
    rotate(b, 'b, second key')
    expect(b.replica.key).toBe(keyOf('b, second key'))
    expect([b.replica.hostId, hostId]).toEqual([hostId, hostIdOf(bench.crypto, keyOf('b'))])
    expect(b.replica.doubt).toBeNull()
    bench.link(b, a)
    bench.link(b, c)
    b.write('renew', { until: bench.wallMs + 3_600_000 })
    b.write('release', { claims: [released.id] })
    b.write('ack', { re: asked.id, hash: Buffer.from(nodeCrypto.sha256(new TextEncoder().encode(asked.text))).toString('hex') })
    level(a, b, c)
    for (const { replica } of [a, b, c]) {
      expect(replica.view.claims.ofSession(hostId, 'claude-1' as SessionName, bench.wallMs).map(({ id }) => id)).toEqual([renewed.id])
      expect(replica.view.deliveries.owed({ host: a.replica.hostId }, { now: bench.wallMs, atPeer: () => true, ended: () => false })).toEqual([])
      expect(replica.view.claims.liveOfHost(hostId, bench.wallMs + 3_000_000).map(({ id }) => id)).toEqual([renewed.id])
      expect(replica.acts.roster().keysOf(hostId)).toEqual([keyOf('b'), keyOf('b, second key')])
      expect(replica.acts.roster().presentKey(keyOf('b'))).toBe(keyOf('b, second key'))
    }
  })

  test('starts again and again without a doubt about its own store', () => {
    b.note('under the first key')
    rotate(b, 'b2')
    b.note('under the second')
    for (let start = 0; start < 2; start++) {
      b.restart()
      expect(b.replica.doubt).toBeNull()
    }
    rotate(b, 'b3')
    b.note('under the third')
    bench.link(b, a)
    level(a, b)
    expect(a.texts().filter(text => text.includes('under the'))).toHaveLength(3)
  })

  test('is let in by a host that was away and knows only the old key, whoever dials, also after two changes', () => {
    bench.cutAll(c)
    b.claim(['src/kept/**'])
    rotate(b, 'b2')
    rotate(b, 'b3')
    b.note('written with the third key')
    bench.link(c, b)
    level(b, c)
    bench.link(a, c)
    level(a, b, c)
    expect(a.texts().some(text => text.includes('third key'))).toBe(true)
  })

  test('is known to a newcomer that never met its first key', () => {
    rotate(b, 'b2')
    b.note('for the newcomer')
    bench.link(b, a)
    const d = bench.join('d', b)
    level(a, b, d)
    expect(d.replica.acts.roster().members.get(b.replica.key)?.hostId).toBe(b.replica.hostId)
  })
})

describe('the old key', () => {
  test('can write nothing more: what a thief signs with a copy of the home is shown nowhere, before and after it hears of the act', () => {
    b.note('honest')
    const thief = bench.node('b')
    thief.disk = copyOf(b.disk)
    thief.start()
    for (let index = 0; index < 20; index++) thief.note(`stolen ${index}`)
    rotate(b, 'b2')
    bench.link(b, a)
    bench.link(thief, a)
    bench.link(thief, c)
    level(a, b)
    expect(thief.try([{ kind: 'note', fields: { text: 'stolen later' } }])).toMatchObject({ ok: false, failure: { code: 'HOST_LEFT' } })
    bench.link(a, c)
    level(a, b, c)
    const shown = [a, b, c].reduce((sum, node) => sum + node.texts().filter(text => text.includes('stolen')).length, 0)
    expect(shown).toBe(0)
    for (const node of [a, b, c]) expect(node.texts().some(text => text.includes('honest'))).toBe(true)
    recordCase(45, { test: 'core/replica/rotation', runs: 21, worst: shown, limit: 0, unit: 'thief records shown' })
  })

  test('keeps in whom it had let in', () => {
    const d = bench.join('d', b)
    rotate(b, 'b2')
    bench.link(b, a)
    bench.link(b, c)
    level(a, b, c)
    for (const node of [a, b, c]) expect(node.replica.acts.roster().admits(d.replica.key).state).toBe('member')
  })
})
