import { expect, test } from 'vitest'
import { nodeCrypto } from '../../../src/adapters/crypto/node.js'
import type { AuthorId, HostKey, RecordId } from '../../../src/core/brand.js'
import { writeAct } from '../../../src/core/coordination/membership/act.js'
import type { NamedHead, OperatorKey } from '../../../src/core/coordination/membership/body.js'
import type { Crypto } from '../../../src/core/crypto.js'
import { GENERATION, MINOR } from '../../../src/core/domain.js'
import { toHex } from '../../../src/core/encoding/bytes.js'
import { epochTextOf } from '../../../src/core/replication/author.js'
import { makeForkProof } from '../../../src/core/replication/fork.js'
import { decodeFrame } from '../../../src/core/replication/frame.js'
import { encodeMessage, type Message } from '../../../src/core/replication/message.js'
import { recordCase } from '../../support/cases.js'
import { Bench, signerOf, take, type Node } from './bench.js'
import { Thief } from './thief.js'

const SEED = Number(process.env.SKEIN_SEED ?? Date.now() % 100_000)
const ORDERS = Number(process.env.SKEIN_ORDERS ?? 2_000)
const STOLEN = 1_000

const randomFrom = (seed: number) => {
  let state = (seed * 2_654_435_761) >>> 0
  return (count: number): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * count)
  }
}

const author = (node: Node): AuthorId => {
  if (node.replica.author === null) throw new Error('no epoch')
  return node.replica.author
}

const headAt = (node: Node, of: AuthorId): NamedHead => {
  const log = node.replica.logs.get(of)
  if (log === null) throw new Error('no log')
  return { epoch: epochTextOf(of), seq: log.headSeq, hash: log.headHash }
}

/** The frames that a host has on disk, as they were written. */
const framesOf = (node: Node, of: AuthorId): ReadonlyMap<number, Uint8Array> => new Map(node.disk.frames.get(of))

/** An operator ends the victim's key. */
const ending = (bench: Bench, victim: Node, heads: readonly NamedHead[], by = 'operator'): Uint8Array => {
  const body = { hosts: [{ key: victim.replica.key, heads }], operators: [], acts: [], reason: 'stolen' }
  return take(writeAct({ mesh: bench.mesh, stamp: { wall: bench.wallMs, count: 0 }, seen: [], content: { kind: 'revoke', body } }, signerOf(by)))
}

/** A second operator, introduced by the first. */
const second = (bench: Bench): Uint8Array =>
  take(writeAct({ mesh: bench.mesh, stamp: { wall: bench.wallMs, count: 0 }, seen: [], content: { kind: 'operator', body: { key: toHex(signerOf('second').publicKey) as OperatorKey, name: 'second' } } }, signerOf('operator')))

/** A peer that says whatever the test makes it say, on a link that is open already. */
class Mouth {
  readonly #link: number
  static #next = 900_000_000

  constructor(readonly node: Node, key: HostKey) {
    this.#link = Mouth.#next++
    node.feed({ type: 'linkOpened', link: this.#link, side: 'accepted', remote: 'mouth', posture: 'tls-pinned', binding: new Uint8Array(32), certificateKey: null, pin: null, nonce: new Uint8Array(32) })
    const link = [...node.replica.links].find(({ id }) => id === this.#link)
    if (link === undefined) throw new Error('no link')
    link.phase = 'open'
    link.peer = { type: 'hello', generation: GENERATION, minor: MINOR, mesh: node.bench.mesh, key, nonce: new Uint8Array(32), wall: node.bench.wallMs }
  }

  say(message: Message): void {
    this.node.feed({ type: 'linkMessage', link: this.#link, bytes: encodeMessage(message) })
  }

  close(): void {
    this.node.feed({ type: 'linkClosed', link: this.#link, reason: 'done' })
  }
}

test(`case 45: of ${STOLEN} records signed with a stolen key none counts once the key has ended, and every honest one does (seed ${SEED})`, { timeout: 120_000 }, () => {
  const random = randomFrom(SEED)
  const bench = new Bench()
  const a = bench.found('a')
  const v = bench.join('v', a)
  const c = bench.join('c', a)
  bench.link(c, v)
  for (let index = 0; index < 40; index++) (index % 3 === 0 ? v : index % 3 === 1 ? a : c).note(`honest ${index}`)
  v.feed({ type: 'compact' })
  for (let index = 40; index < 60; index++) v.note(`honest ${index}`)
  const of = author(v)
  const head = headAt(a, of)
  const chain = framesOf(v, of)
  const honest = a.texts()
  const thief = new Thief(bench.mesh, v.signer)
  bench.cutAll(v)
  bench.link(c, a)
  a.feed({ type: 'act', request: 9_001, bytes: ending(bench, v, [head]) })
  bench.run()
  const mouths = [a, c].map(node => new Mouth(node, v.replica.key))
  const backdated = bench.wallMs - 86_400_000
  for (let done = 0; thief.ids.size < STOLEN; done++) {
    const wall = random(2) === 0 ? backdated : bench.wallMs
    const from = random(head.seq + 1)
    // what follows the named head, forks below it, lives of its own
    const frames = done % 5 === 0 ? thief.epoch(1 + random(3), wall).frames : thief.branch(of, chain, done % 5 < 3 ? head.seq : from).write(1 + random(12), wall)
    for (const { bytes, header } of frames) {
      const mouth = mouths[random(2)]
      if (random(3) > 0) mouth?.say({ type: 'push', frame: bytes })
      else {
        mouth?.say({ type: 'heads', acts: mouth.node.replica.acts.digest(), heads: [{ author: header.author, state: 'held', seq: header.seq, hash: toHexHash(bytes) }], last: true })
        mouth?.say({ type: 'frames', author: header.author, from: header.seq, frames: [bytes], more: false })
      }
    }
    bench.run()
  }
  for (const mouth of mouths) mouth.close()
  bench.link(v, a)
  bench.link(v, c)
  bench.advance(20_000)
  const seen = [a, c, v].flatMap(node => Array.from(node.replica.view.records()).filter(({ id }) => thief.ids.has(id)))
  const lost = [a, c, v].flatMap(node => honest.filter(text => !node.texts().includes(text)))
  recordCase(45, { test: 'test/core/replica/thieves.test.ts', runs: thief.ids.size, worst: seen.length + lost.length, limit: 0, unit: 'stolen shown or honest lost' })
  expect(seen).toEqual([])
  expect(lost).toEqual([])
  for (const node of [a, c, v]) {
    expect(node.replica.digest(), node.name).toBe(a.replica.digest())
    node.restart()
    expect(node.texts(), node.name).toEqual(honest)
  }
})

const toHexHash = (bytes: Uint8Array) => {
  const { headerBytes } = take(decodeFrame(bytes))
  return toHex(nodeCrypto.sha256(headerBytes)) as NamedHead['hash']
}

/** Real hashes; each signature is checked once, however many hosts meet it. */
const remembering = (crypto: Crypto): Crypto => {
  const known = new Map<string, boolean>()
  return {
    ...crypto,
    verify: (signature, message, key) => {
      const name = `${toHex(signature)} ${toHex(key)} ${toHex(crypto.sha256(message))}`
      const held = known.get(name) ?? crypto.verify(signature, message, key)
      known.set(name, held)
      return held
    }
  }
}

class QuickBench extends Bench {
  override readonly crypto = remembering(nodeCrypto)
}

type Event = (node: Node, mouth: Mouth) => void

/** One victim, two operators who end its key with different heads at once, a thief; and everything that can come to a host of it, to be dealt in any order. */
const history = () => {
  const bench = new QuickBench()
  const a = bench.found('a')
  const v = bench.join('v', a)
  const r = bench.join('r', a)
  const thief = new Thief(bench.mesh, v.signer)
  const first = [v.note('one'), v.note('two')]
  v.feed({ type: 'compact' })
  bench.run()
  first.push(v.note('three'), v.note('four'))
  const of = author(v)
  const low = headAt(a, of)
  const late = [v.note('five')]
  const high = headAt(a, of)
  v.feed({ type: 'compact' })
  bench.run()
  late.push(v.note('six'))
  const chain = framesOf(v, of)
  const epoch = thief.epoch(2, bench.wallMs)
  // some end below the heads that are named, some reach past them
  const forks = ([[low.seq - 4, 2], [low.seq - 4, 1], [low.seq - 3, 3], [low.seq - 1, 3], [high.seq, 3]] as const).map(([at, count]) => thief.branch(of, chain, at).write(count, bench.wallMs - 3_600_000))
  const beside = thief.branch(of, chain, low.seq - 2)
  const besideFrames = [...beside.write(1, bench.wallMs), ...beside.compact(bench.wallMs), ...beside.write(1, bench.wallMs)]
  const acts = [second(bench), ending(bench, v, [high]), ending(bench, v, [low], 'second')]
  const held = chain.get(low.seq - 3)
  const forged = forks[0]?.[0]
  if (held === undefined || forged === undefined) throw new Error('a frame is missing')
  const other = take(decodeFrame(held))
  return { bench, a, v, r, thief, first, late, of, chain, acts, low, high, stolen: [epoch.frames, ...forks, besideFrames], proof: makeForkProof(of, other, forged).bytes }
}

test(`case 47, must show 5: in ${ORDERS} orders of acts, honest frames, stolen frames, proofs and restarts everybody comes to the same (seed ${SEED})`, { timeout: 240_000 + ORDERS * 60 }, () => {
  const { bench, a, r, thief, first, late, of, chain, acts, low, stolen, proof, v } = history()
  const key = v.replica.key
  const empty = r.disk.copy()
  empty.frames.delete(of)
  for (const bytes of acts) {
    a.feed({ type: 'act', request: 9_100, bytes })
    bench.run()
  }
  bench.advance(10_000)
  const expected = { digest: a.replica.digest(), hash: a.replica.view.hash(), texts: a.texts() }
  expect(expected.texts).toHaveLength(first.length)
  const late2: readonly RecordId[] = late.map(({ id }) => id)

  const push = (...frames: readonly Uint8Array[]): Event => (_, mouth) => frames.forEach(frame => mouth.say({ type: 'push', frame }))
  const serve = (frames: readonly Uint8Array[], from: number, head: NamedHead): Event => (node, mouth) => {
    mouth.say({ type: 'heads', acts: node.replica.acts.digest(), heads: [{ author: of, state: 'held', seq: head.seq, hash: head.hash }], last: true })
    mouth.say({ type: 'frames', author: of, from, frames, more: false })
  }
  const honest = [...chain].sort(([left], [right]) => left - right).map(([, bytes]) => bytes)
  const prefixes = honest.map((_, count) => honest.slice(0, count + 1))
  const claims = (frames: readonly Uint8Array[]): NamedHead => ({ ...low, seq: frames.length - 1, hash: toHexHash(frames.at(-1) ?? new Uint8Array(0)) })
  const branches = stolen.map(frames => frames.map(({ bytes }) => bytes))
  const groups: readonly (readonly Event[])[] = [
    prefixes.map(frames => push(...frames)),
    prefixes.map(frames => serve(frames, 0, claims(frames))),
    [serve(honest.slice(0, low.seq + 1), 0, low)],
    honest.map(frame => push(frame)),
    // with what it grew from, and without
    branches.flatMap((frames, index) => [push(...frames), push(...honest.slice(0, stolen[index]?.[0]?.header.seq ?? 0), ...frames)]),
    branches.flat().map(frame => push(frame)),
    stolen.map((frames, index) => serve(branches[index] ?? [], frames[0]?.header.seq ?? 0, low)),
    [...acts.map((bytes): Event => (_, mouth) => mouth.say({ type: 'acts', acts: [bytes] })), (_, mouth) => mouth.say({ type: 'forks', proofs: [proof] })]
  ]

  bench.cutAll(r)
  let wrong = 0
  const tell = (seed: number, what: string): void => {
    wrong += 1
    if (wrong <= 5) console.error(`seed ${seed}: ${what}`)
  }
  for (let order = 0; order < ORDERS; order++) {
    const seed = SEED + order
    const random = randomFrom(seed)
    r.disk = empty.copy()
    r.restart()
    let mouth = new Mouth(r, key)
    for (let left = 2 + random(14); left > 0; left--) {
      const group = groups[random(groups.length + 1)]
      if (group === undefined) {
        bench.run()
        r.restart()
        mouth = new Mouth(r, key)
      } else group[random(group.length)]?.(r, mouth)
      if (random(3) > 0) bench.run()
      const ended = r.replica.acts.roster().admits(key).state === 'named'
      if (ended && [...r.replica.view.records()].some(({ id }) => thief.ids.has(id))) tell(seed, 'a stolen record is shown')
    }
    bench.run()
    mouth.close()
    bench.link(r, a)
    for (let beats = 0; beats < 8 && r.replica.digest() !== expected.digest; beats++) bench.advance(5_000)
    if (r.replica.digest() !== expected.digest) tell(seed, 'the digests stay unequal')
    else if (r.replica.view.hash() !== expected.hash) tell(seed, 'equal digests, unequal views')
    else if (late2.some(id => r.replica.view.record(id) !== null)) tell(seed, 'what lies behind the lower head is shown')
    const before = { digest: r.replica.digest(), hash: r.replica.view.hash() }
    bench.cutAll(r)
    r.restart()
    if (r.replica.digest() !== before.digest || r.replica.view.hash() !== before.hash) tell(seed, 'a restart changes what is seen')
  }
  recordCase(47, { test: 'test/core/replica/thieves.test.ts', runs: ORDERS, worst: wrong, limit: 0, unit: 'orders' })
  expect(wrong).toBe(0)
})
