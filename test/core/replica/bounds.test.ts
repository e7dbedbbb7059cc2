import { beforeEach, describe, expect, test } from 'vitest'
import type { ActId, HostKey, RecordId } from '../../../src/core/brand.js'
import { actIdOf, writeAct } from '../../../src/core/coordination/membership/act.js'
import type { ActContent, InvitationKey, SignatureHex } from '../../../src/core/coordination/membership/body.js'
import { proveJoining } from '../../../src/core/coordination/membership/joining.js'
import type { Signer } from '../../../src/core/crypto.js'
import { toHex } from '../../../src/core/encoding/bytes.js'
import { LIMITS } from '../../../src/core/limits.js'
import { HybridClock } from '../../../src/core/replication/hybrid-clock.js'
import { LogBook } from '../../../src/core/replication/log-book.js'
import { decodeMessage, encodeMessage, type Message } from '../../../src/core/replication/message.js'
import { OwnLog } from '../../../src/core/replication/own-log.js'
import { recordCase } from '../../support/cases.js'
import { Bench, signerOf, take, type Node } from './bench.js'

/** `a` and `c` are honest; `m` is a member whose key the test holds, linked to both. */
let bench: Bench
let a: Node
let m: Node
let c: Node

beforeEach(() => {
  bench = new Bench()
  a = bench.found('a')
  m = bench.join('m', a)
  c = bench.join('c', a)
  bench.link(m, c)
  bench.advance(6_000)
})

const linkWith = (node: Node, peer: Node): number => {
  const found = [...node.replica.links].find(link => link.phase === 'open' && link.peer?.key === peer.replica.key)
  if (found === undefined) throw new Error(`${node.name} has no link with ${peer.name}`)
  return found.id
}
/** Says something to c in m's name; nothing but c runs meanwhile. */
const say = (message: Message): void => c.feed({ type: 'linkMessage', link: linkWith(c, m), bytes: encodeMessage(message) })
const refusalsOf = (node: Node, code: string): number => node.replica.refusals.list().filter(refusal => refusal.code === code).reduce((sum, { count }) => sum + count, 0)

/** A log under m's key that only the test writes. */
const penOf = (signer = m.signer): OwnLog => {
  const log = new OwnLog({ crypto: bench.crypto, mesh: bench.mesh, key: m.replica.key, signer, logs: new LogBook(bench.crypto, bench.mesh), clock: new HybridClock() })
  log.start(new Uint8Array(8).fill(7))
  return log
}
const idOf = (index: number): RecordId => index.toString(32).padStart(32, '0') as RecordId

describe('a member that floods', () => {
  test('with frames is taken in at its measure and named; others are not kept waiting, and all of it comes in time (case 61)', () => {
    const pen = penOf()
    const frames = pen.openEpoch(new Map(), bench.wallMs, 0).map(({ bytes }) => bytes)
    const filler = 'x'.repeat(LIMITS.recordBytes - 100)
    for (let index = 0; index < 700; index++) frames.push(...pen.write([[idOf(index % 250), `${index} ${filler}`]], bench.wallMs, 0).frames.map(({ bytes }) => bytes))
    const size = frames.reduce((sum, { length }) => sum + length, 0)
    const times = Math.ceil((LIMITS.authorBurstBytes * 1.1) / size)
    for (let round = 0; round < times; round++) {
      pen.compact(bench.wallMs, 0).forEach(({ bytes }) => frames.push(bytes))
      for (let index = 0; index < 700; index++) frames.push(...pen.write([[idOf(index % 250), `${round} ${index} ${filler}`]], bench.wallMs, 0).frames.map(({ bytes }) => bytes))
    }
    const author = pen.author
    if (author === null) throw new Error('no epoch')
    const started = performance.now()
    for (const frame of frames) say({ type: 'push', frame })
    const floodMs = performance.now() - started
    bench.run()
    const takenBytes = frames.slice(0, c.replica.logs.headSeq(author) + 1).reduce((sum, { length }) => sum + length, 0)
    expect(c.replica.logs.headSeq(author)).toBeLessThan(frames.length - 1)
    expect(takenBytes).toBeLessThanOrEqual(LIMITS.authorBurstBytes + 2 * LIMITS.framePayloadBytes)
    expect(c.replica.refusals.list().find(({ code }) => code === 'AUTHOR_DELAYED')).toMatchObject({ from: m.replica.key })

    const { id } = a.note('work goes on')
    expect(c.replica.view.record(id)).not.toBeNull()
    expect(c.happened('unlinked')).toEqual([])
    recordCase(61, { test: 'core/replica/bounds', runs: frames.length, worst: Math.round(takenBytes / 2 ** 20), limit: Math.ceil(LIMITS.authorBurstBytes / 2 ** 20) + 1, unit: 'MiB at once' })
    process.stdout.write(`${frames.length} frames of a flood: ${Math.round(floodMs)} ms, ${Math.round(takenBytes / 2 ** 20)} MiB taken at once\n`)
  }, 60_000)

  test('with acts and proofs has so many signatures checked and no more, and nothing else waits (case 61)', () => {
    const before = c.replica.acts.size
    const acts = Array.from({ length: LIMITS.itemsPerMessage }, (_, index) => new Uint8Array(300).fill(index))
    const messages = Math.ceil((LIMITS.linkBurstSignatures * 1.2) / (3 * LIMITS.itemsPerMessage))
    for (let sent = 0; sent < messages && [...c.replica.links].some(link => link.peer?.key === m.replica.key); sent++) say({ type: 'acts', acts })
    bench.run()
    expect(c.replica.acts.size).toBe(before)
    expect(c.happened('unlinked').some(({ key }) => key === m.replica.key)).toBe(true)
    const { id } = a.note('work goes on')
    expect(c.replica.view.record(id)).not.toBeNull()
  })

  test('with pushes that carry what is held: the link is delayed, and its true ones come at the next beat', () => {
    const { id } = m.note('before')
    const [log] = [...m.disk.frames.values()]
    const frame = [...(log?.values() ?? [])].at(-1)
    if (frame === undefined) throw new Error('m wrote nothing')
    for (let count = 0; count <= LIMITS.linkBurstSignatures; count++) say({ type: 'push', frame })
    expect(refusalsOf(c, 'LINK_DELAYED')).toBeGreaterThan(0)
    expect(c.replica.view.record(id)).not.toBeNull()
    const later = m.note('after')
    bench.advance(11_000)
    expect(c.replica.view.record(later.id)).not.toBeNull()
  })

  test('more acts in a message than one may have is no message', () => {
    const writer = encodeMessage({ type: 'acts', acts: Array.from({ length: LIMITS.itemsPerMessage + 1 }, () => new Uint8Array(1)) })
    expect(decodeMessage(writer).ok).toBe(false)
  })
})

test('4,000 frames beyond a gap: not one is kept or checked more than once, and all count once the gap is filled (case 70)', () => {
  const pen = penOf()
  const frames = pen.openEpoch(new Map(), bench.wallMs, 0).map(({ bytes }) => bytes)
  for (let index = 0; index < 4_000; index++) frames.push(...pen.write([[idOf(index), `{"n":${index}}`]], bench.wallMs, 0).frames.map(({ bytes }) => bytes))
  const author = pen.author
  if (author === null) throw new Error('no epoch')
  const [first, second, ...beyond] = frames
  if (first === undefined || second === undefined) throw new Error('no frames')
  say({ type: 'push', frame: first })
  const cpu = process.cpuUsage()
  for (const frame of beyond) say({ type: 'push', frame })
  const used = process.cpuUsage(cpu)
  const ms = Math.round((used.user + used.system) / 1_000)
  expect(c.replica.logs.headSeq(author)).toBe(0)
  say({ type: 'frames', author, from: 1, more: false, frames: [second, ...beyond.slice(0, 200)] })
  expect(c.replica.logs.headSeq(author)).toBe(201)
  recordCase(70, { test: 'core/replica/bounds', runs: beyond.length, worst: ms, limit: 100, unit: 'ms of CPU' })
})

test('a snapshot of many parts whose last is wrong: what waits in memory is bounded, and nothing of it counts (case 62)', () => {
  const { id } = m.note('the truth of m')
  const pen = penOf()
  pen.openEpoch(new Map(), bench.wallMs, 0)
  const parts = LIMITS.snapshotParts
  const before = process.memoryUsage()
  const filler = 'y'.repeat(LIMITS.recordBytes - 200)
  for (let index = 0; index < 250; index++) pen.write([[idOf(index), `${index} ${filler}`]], bench.wallMs, 0)
  const frames = pen.compact(bench.wallMs, 0)
  expect(frames.length).toBeGreaterThan(20)
  const held = frames.slice(0, -1).reduce((sum, { payload }) => sum + payload.length, 0)
  for (const frame of frames.slice(0, -1)) say({ type: 'push', frame: frame.bytes })
  bench.run()
  const grown = (process.memoryUsage().arrayBuffers - before.arrayBuffers) / 2 ** 20
  expect(c.replica.view.record(id)).not.toBeNull()
  expect([...c.replica.view.records()].some(({ text }) => text.includes(filler))).toBe(false)
  const most = (parts * LIMITS.snapshotPartBytes) / 2 ** 20
  process.stdout.write(`a snapshot of ${Math.round(held / 2 ** 20)} MiB in ${frames.length} parts, unfinished: ${Math.round(grown)} MiB held while it is (its own bytes included); at most ${most} MiB\n`)
  recordCase(62, { test: 'core/replica/bounds', runs: frames.length, worst: most, limit: 2, unit: 'MiB waiting' })
})

test('many epochs of one key, each with a snapshot that lacks its last part: what waits in memory is bounded over all of them, and all count once they are whole', () => {
  const pen = penOf()
  const filler = 'y'.repeat(LIMITS.recordBytes - 200)
  const snapshots = [0, 1, 2, 3, 4].map(epoch => pen.openEpoch(new Map(Array.from({ length: 240 }, (_, index) => [idOf(1_000 * epoch + index), `${epoch} ${index} ${filler}`])), bench.wallMs, 0))
  const waiting = (): number => [...c.replica.logs.logs()].reduce((sum, log) => sum + log.unfinishedBytes, 0)
  let [most, sent] = [0, 0]
  for (const frames of snapshots) {
    for (const { bytes } of frames.slice(0, -1)) {
      say({ type: 'push', frame: bytes })
      sent += bytes.length
      most = Math.max(most, waiting())
    }
    bench.run()
    // as fast as its author may write in the long run
    bench.monoMs += 10_000
  }
  expect(sent).toBeGreaterThan(LIMITS.unfinishedBytesPerKey)
  expect(most).toBeLessThanOrEqual(LIMITS.unfinishedBytesPerKey + LIMITS.snapshotPartBytes)
  for (const frames of snapshots) for (const { bytes } of frames.slice(-1)) say({ type: 'push', frame: bytes })
  bench.run()
  const held = (): number[] => snapshots.map(([first]) => (first === undefined ? -1 : (c.replica.logs.get(first.header.author)?.records.size ?? -1)))
  expect(held()).toEqual([240, 240, 240, 240, 240])
  expect(waiting()).toBe(0)
  const { digest, hash } = { digest: c.replica.digest(), hash: c.replica.view.hash() }
  c.restart()
  expect([held(), c.replica.digest(), c.replica.view.hash()]).toEqual([[240, 240, 240, 240, 240], digest, hash])
})

test('a million empty messages and frames cost next to nothing (case 65)', () => {
  const started = process.cpuUsage()
  for (let count = 0; count < 1_000_000; count++) if (decodeMessage(new Uint8Array(count % 2)).ok) throw new Error('an empty message was read')
  const empty = encodeMessage({ type: 'push', frame: new Uint8Array(0) })
  let links = 0
  for (let count = 0; count < 2_000; count++) {
    if (![...c.replica.links].some(link => link.phase === 'open' && link.peer?.key === m.replica.key)) {
      links += 1
      bench.link(m, c)
    }
    c.feed({ type: 'linkMessage', link: linkWith(c, m), bytes: empty })
    bench.run()
  }
  const used = process.cpuUsage(started)
  expect(links).toBeGreaterThan(10)
  recordCase(65, { test: 'core/replica/bounds', runs: 1_002_000, worst: Math.round(((used.user + used.system) / 1_002_000) * 10) / 10, limit: 20, unit: 'µs each' })
})

test('a member asks for all history a thousand times: one read is under way for it, whatever it asks (case 64)', () => {
  for (let index = 0; index < 200; index++) a.note(`${index} ${'z'.repeat(2_000)}`)
  const author = a.replica.author
  if (author === null) throw new Error('no epoch')
  let reads = 0
  let most = 0
  const link = linkWith(a, m)
  for (let count = 0; count < 1_000; count++) {
    const effects = a.replica.handle({ type: 'linkMessage', link, bytes: encodeMessage({ type: 'want', author, from: 0 }) }, { mono: bench.monoMs, wall: bench.wallMs })
    reads += effects.filter(({ type }) => type === 'read').length
    most = Math.max(most, reads)
  }
  recordCase(64, { test: 'core/replica/bounds', runs: 1_000, worst: most, limit: 1, unit: 'reads at once' })
  expect(most).toBe(1)
})

test('unknown keys are refused before anything else they send is read, and nothing is kept of them (case 54)', () => {
  const { hash, size } = { hash: c.replica.view.hash(), size: c.replica.acts.size }
  const strangers = Array.from({ length: 50 }, (_, index) => bench.node(`stranger ${index}`))
  for (const stranger of strangers) stranger.start()
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  const ROUNDS = 10
  for (let round = 0; round < ROUNDS; round++) for (const stranger of strangers) bench.link(stranger, c)
  globalThis.gc?.()
  const grown = Math.max(0, process.memoryUsage().heapUsed - before) / 2 ** 20
  expect(refusalsOf(c, 'NOT_ADMITTED')).toBe(ROUNDS * strangers.length)
  expect([...c.replica.links].length).toBe(2)
  expect([c.replica.view.hash(), c.replica.acts.size]).toEqual([hash, size])
  recordCase(54, { test: 'core/replica/bounds', runs: ROUNDS * strangers.length, worst: Math.round(grown), limit: 8, unit: 'MiB of heap' })
})

test('more links than a host keeps: the next is refused by name, those that are there stay', () => {
  const invitation = signerOf('invitation for many')
  const stamp = { wall: bench.wallMs, count: 0 }
  const act = (content: ActContent, by: Signer, seen: readonly ActId[]): Uint8Array => {
    const written = take(writeAct({ mesh: bench.mesh, stamp, seen, content }, by))
    c.feed({ type: 'act', request: ++request, bytes: written })
    bench.run()
    return written
  }
  let request = 5_000_000
  const key = toHex(invitation.publicKey) as InvitationKey
  const invite = actIdOf(bench.crypto, act({ kind: 'invite', body: { key, role: 'worker', uses: LIMITS.invitationUses, expires: bench.wallMs + 3_600_000, ephemeral: false } }, signerOf('operator'), c.replica.acts.roster().newestActs()))
  const names = Array.from({ length: LIMITS.links - 1 }, (_, index) => `n${index}`)
  for (const name of names) {
    const signer = signerOf(name)
    const proof = proveJoining(bench.mesh, name, signer, invitation)
    const body = { invite, key, host: { key: toHex(signer.publicKey) as HostKey, name }, byInvitation: toHex(proof.byInvitation) as SignatureHex, byHost: toHex(proof.byHost) as SignatureHex }
    act({ kind: 'witness', body }, a.signer, [invite])
  }
  const linked = (): number => [...c.replica.links].filter(({ phase }) => phase === 'open').length
  for (const name of names) {
    const node = bench.node(name)
    for (const [id, bytes] of c.disk.acts) node.disk.acts.set(id, bytes)
    node.start()
    bench.link(node, c)
    if (name === names.at(-1)) expect(node.happened('unlinked').map(({ code }) => code)).toContain('LINK_TOO_MANY')
  }
  expect(linked()).toBe(LIMITS.links)
})

test('a half-open link is noticed within fifteen seconds, and nothing piles up for it (case 31)', () => {
  const link = linkWith(c, m)
  // the cable is out: nothing arrives at either end, and no end is told
  const deaf = bench.carry
  bench.carry = (from, bytes) => (from === m || from === c ? new Uint8Array(0) : deaf(from, bytes))
  const started = bench.monoMs
  for (let at = 0; at < 20_000 && [...c.replica.links].some(({ id }) => id === link); at += 100) {
    c.peers.get(link)?.node.peers.delete(c.peers.get(link)?.link ?? 0)
    bench.advance(100)
  }
  const noticedMs = bench.monoMs - started
  recordCase(31, { test: 'core/replica/bounds', runs: 1, worst: noticedMs, limit: 15_100, unit: 'ms' })
  expect(noticedMs).toBeLessThanOrEqual(15_100)
})

test('a handshake, a status, frames and acts said again 10,000 times change nothing (case 49)', () => {
  const overheard: Uint8Array[] = []
  bench.carry = (from, bytes) => {
    if (from === a) overheard.push(bytes)
    return bytes
  }
  a.note('once')
  bench.cutAll(c)
  bench.link(c, a)
  bench.link(c, m)
  a.note('twice')
  bench.advance(6_000)
  bench.carry = (_, bytes) => bytes
  const { count } = c.replica.view
  const [hash, acts, digest] = [c.replica.view.hash(), c.replica.acts.size, c.replica.digest()]
  const replayed = overheard.filter(bytes => take(decodeMessage(bytes)).type !== 'status')
  for (let round = 0; round < 10_000; round++) {
    const bytes = replayed[round % replayed.length]
    if (bytes === undefined) continue
    if (![...c.replica.links].some(link => link.phase === 'open' && link.peer?.key === m.replica.key)) bench.link(m, c)
    c.feed({ type: 'linkMessage', link: linkWith(c, m), bytes })
    bench.run()
  }
  bench.advance(6_000)
  recordCase(49, { test: 'core/replica/bounds', runs: 10_000, worst: Math.abs(c.replica.view.count - count), limit: 0, unit: 'records' })
  expect([c.replica.view.hash(), c.replica.acts.size, c.replica.digest()]).toEqual([hash, acts, digest])
})
