import { afterEach, describe, expect, test, vi } from 'vitest'
import { nodeCrypto } from '../../../src/adapters/crypto/node.js'
import type { SessionName } from '../../../src/core/brand.js'
import { LIMITS } from '../../../src/core/limits.js'
import { isWorthwhile } from '../../../src/core/replica/own/compaction.js'
import { AuthorDocument } from '../../../src/core/replication/document.js'
import { recordCase } from '../../support/cases.js'
import { Bench, take, type Node } from './bench.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const SESSION = 'claude-1' as SessionName

/** Lets wall and monotonic time pass without waking anybody. */
const pass = (bench: Bench, ms: number): void => {
  bench.wallMs += ms
  bench.monoMs += ms
}

const logOf = (node: Node) => {
  const log = node.replica.author === null ? null : node.replica.logs.get(node.replica.author)
  if (log === null) throw new Error('no epoch is open')
  return log
}

const cycle = (bench: Bench, node: Node, index: number): void => {
  const { id } = node.write('claim', { scope: [`@job-${index % 50}`], mode: 'exclusive', until: bench.wallMs + 30 * MINUTE })
  pass(bench, 5_000)
  node.write('release', { claims: [id] })
  pass(bench, 5_000)
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('an author that writes its document anew', () => {
  test('claims and releases for days leave document and view as small as what still counts', () => {
    const bench = new Bench()
    const a = bench.found('a')
    let most = 0
    let rewritten = 0
    const cycles = 3_000
    for (let index = 0; index < cycles; index++) {
      cycle(bench, a, index)
      most = Math.max(most, logOf(a).records.size)
    }
    for (const event of a.happened('compacted')) rewritten += event.kept
    // 45 minutes of cycles still count: 270 of them, and up to twice as much, and a thousand more, waits for the next snapshot
    expect(most).toBeLessThan(3_000)
    expect(a.replica.view.count).toBe(logOf(a).records.size)
    expect(a.happened('compacted').length).toBeGreaterThan(1)
    expect(rewritten).toBeLessThan(2 * cycles)
    a.restart()
    expect(logOf(a).records.size).toBeLessThanOrEqual(most)
  })

  test('a replica that was away across several snapshots has every live claim, every unacked item and the same view (row 20)', () => {
    const bench = new Bench()
    const a = bench.found('a')
    const b = bench.join('b', a)
    const message = a.write('message', { to: { host: b.replica.hostId }, text: 'stop', ack: true })
    const acked = b.write('message', { to: { host: a.replica.hostId }, text: 'go', ack: true })
    a.write('ack', { re: acked.id, hash: Buffer.from(nodeCrypto.sha256(new TextEncoder().encode(acked.text))).toString('hex') })
    const decision = b.write('decision', { text: 'tabs' })
    b.note('before')
    const all = bench.join('c', a)
    bench.cutAll(b)
    for (let round = 0; round < 4; round++) {
      for (let index = 0; index < 10; index++) cycle(bench, a, index)
      bench.cutAll(a)
      pass(bench, 10 * DAY)
      bench.link(a, all)
      a.feed({ type: 'compact' })
      bench.run()
    }
    const held = a.claim(['src/**'])
    a.feed({ type: 'compact' })
    bench.run()
    bench.link(a, b)
    for (const node of [a, b, all]) {
      bench.link(node, a)
      expect(node.replica.view.hash(), node.name).toBe(a.replica.view.hash())
      expect(node.replica.digest(), node.name).toBe(a.replica.digest())
      const { claims, deliveries } = node.replica.view
      expect(claims.live(bench.wallMs).map(({ id }) => id), node.name).toEqual([held.id])
      const reach = { now: bench.wallMs, atPeer: () => false }
      expect(deliveries.owed({ host: a.replica.hostId }, reach).map(({ entry }) => entry.id), node.name).toEqual([message.id])
      expect(deliveries.owed({ host: b.replica.hostId }, reach), node.name).toEqual([])
      expect(node.replica.view.record(decision.id), node.name).not.toBeNull()
    }
    expect(logOf(a).records.size).toBeLessThan(10)
  })

  test('looks for itself soon after a start and while nobody writes, and drops what has ended meanwhile', () => {
    const bench = new Bench()
    const a = bench.found('a')
    for (let index = 0; index < 700; index++) cycle(bench, a, index % 3)
    expect(a.happened('compacted')).toEqual([])
    pass(bench, 2 * HOUR)
    a.restart()
    bench.advance(LIMITS.beatMs)
    expect(a.happened('compacted').map(({ kept }) => kept)).toEqual([0])
    bench.advance(DAY)
    expect(a.happened('compacted')).toHaveLength(1)
  })

  test('a full log says so only as long as that much still counts', () => {
    const bench = new Bench()
    const a = bench.found('a')
    const fill = (records: number): void => void take(a.try(Array.from({ length: records }, (_, index) => ({ kind: 'note', fields: { text: `${index}` } }))))
    for (let filled = 0; filled < LIMITS.liveRecordsPerAuthor - LIMITS.endingRecords; filled += 1_000) fill(1_000)
    const refused = a.try([{ kind: 'note', fields: { text: 'one more' } }])
    expect(refused?.ok === false && refused.failure.code).toBe('LOG_FULL')
    expect(a.happened('compacted')).toEqual([])
    pass(bench, LIMITS.noteKeptMs + HOUR)
    expect(a.note('one more').kind).toBe('note')
    expect(logOf(a).records.size).toBe(1)
  })

  test('every 50 writes the document encodes to what a fresh one reads alike; a snapshot that does not is never signed (case 72)', () => {
    const bench = new Bench()
    const a = bench.found('a')
    const b = bench.join('b', a)
    let runs = 0
    let differences = 0
    for (let index = 0; index < 600; index++) {
      cycle(bench, a, index)
      if (index % 25 > 0) continue
      if (index % 100 === 0) a.feed({ type: 'compact' })
      bench.run()
      const { document } = logOf(a)
      const fresh = new AuthorDocument(document.clientId)
      const applied = fresh.apply(document.encode())
      runs += 1
      if (!applied.ok || JSON.stringify([...fresh.records].sort()) !== JSON.stringify([...document.records].sort()) || a.replica.view.hash() !== b.replica.view.hash()) differences += 1
    }
    const before = { head: logOf(a).headSeq, records: logOf(a).records.size, digest: a.replica.digest() }
    const lost = vi.spyOn(AuthorDocument.prototype, 'encode').mockImplementation(function (this: AuthorDocument) {
      const less = new AuthorDocument(this.clientId)
      const { update } = less.write([...this.records].slice(1))
      return update
    })
    a.feed({ type: 'compact' })
    bench.run()
    lost.mockRestore()
    expect(a.replica.fenced?.reason).toContain('the own snapshot does not say what it should (1 of')
    expect({ head: logOf(a).headSeq, records: logOf(a).records.size, digest: a.replica.digest() }).toEqual(before)
    expect(a.try([{ kind: 'note', fields: { text: 'x' } }])?.ok).toBe(false)
    a.restart()
    expect(a.replica.fenced).toBeNull()
    expect(logOf(a).headSeq).toBe(before.head)
    expect(a.note('after').kind).toBe('note')
    recordCase(72, { test: 'test/core/replica/compaction.test.ts', runs: runs + 1, worst: differences, limit: 0, unit: 'snapshots that say something else' })
    expect(differences).toBe(0)
  })

  test('what a session wrote while a snapshot fails is not acknowledged', () => {
    const bench = new Bench()
    const a = bench.found('a')
    a.note('stays')
    for (let index = 0; index < 700; index++) cycle(bench, a, index)
    pass(bench, 2 * HOUR)
    vi.spyOn(AuthorDocument.prototype, 'encode').mockReturnValue(new Uint8Array([0, 0]))
    a.feed({ type: 'write', request: 9_999, session: SESSION, drafts: [{ kind: 'note', fields: { text: 'x' } }], strict: false })
    bench.run()
    const answer = a.answers.get(9_999)
    expect(answer?.ok).toBe(false)
    expect(a.replica.fenced?.code).toBe('BUG')
  })
})

describe('whether a snapshot is worth its cost', () => {
  const worth = { records: 4_000, dropped: 0, bytes: 1_000_000, snapshotAgeMs: HOUR, isFull: false }

  test.each([
    ['nothing to drop', {}, false],
    ['more than half, and more than a thousand', { dropped: 2_001 }, true],
    ['half of it', { dropped: 2_000 }, false],
    ['more than half of a small one', { records: 1_500, dropped: 1_000 }, false],
    ['an eighth near the number of records', { records: 15_200, dropped: 1_900 }, true],
    ['an eighth near the bytes', { dropped: 500, bytes: LIMITS.documentBytesPerAuthor * 0.8 }, true],
    ['less than that', { records: 15_200, dropped: 1_899 }, false],
    ['a tenth once a day', { dropped: 400, snapshotAgeMs: DAY }, true],
    ['less than that', { dropped: 399, snapshotAgeMs: DAY }, false],
    ['a hundredth where it is full', { records: 20_000, dropped: 200, isFull: true }, true],
    ['less than that', { records: 20_000, dropped: 199, isFull: true }, false]
  ])('%s', (_, given, expected) => {
    expect(isWorthwhile({ ...worth, ...given })).toBe(expected)
  })
})

