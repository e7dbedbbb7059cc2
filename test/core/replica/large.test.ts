import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import type { RecordId } from '../../../src/core/brand.js'
import { LIMITS } from '../../../src/core/limits.js'
import { HybridClock } from '../../../src/core/replication/hybrid-clock.js'
import { LogBook } from '../../../src/core/replication/log-book.js'
import { OwnLog } from '../../../src/core/replication/own-log.js'
import type { VerifiedFrame } from '../../../src/core/replication/verification.js'
import { recordCase } from '../../support/cases.js'
import { Bench } from './bench.js'

const OPS = 1_000_000
const KEYS = 10_000
const A_FRAME = 200
const FILLER = 'x'.repeat(100)

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const heapMiB = (): number => {
  collect()
  return (process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers) / 2 ** 20
}

/** Where the newest snapshot begins: from there on the log is read at start. */
const snapshotOf = (frames: readonly VerifiedFrame[]): number => frames.findLast(({ header }) => header.kind === 'snapshot' && header.part === 0)?.header.seq ?? 0

test(`a document of ${OPS.toLocaleString('en')} operations opens at once, from its newest snapshot on (case 73)`, { timeout: 300_000 }, () => {
  const bench = new Bench()
  const a = bench.found('a')
  const pen = new OwnLog({ crypto: bench.crypto, mesh: bench.mesh, key: a.replica.key, signer: a.signer, logs: new LogBook(bench.crypto, bench.mesh), clock: new HybridClock() })
  pen.start(new Uint8Array(8).fill(3))
  // what lies below the newest snapshot was retired
  let frames = pen.openEpoch(new Map(), bench.wallMs, 0)
  const author = pen.author
  if (author === null) throw new Error('no epoch')
  for (let op = 0; op < OPS; op += A_FRAME) {
    const records = Array.from({ length: A_FRAME }, (_, index) => [((op + index) % KEYS).toString(32).padStart(32, '0') as RecordId, `${op + index} ${FILLER}`] as const)
    if (pen.needsCompaction) frames = pen.compact(bench.wallMs, 0)
    frames.push(...pen.write(records, bench.wallMs, 0).frames)
  }
  frames = pen.compact(bench.wallMs, 0)
  const encoded = frames.filter(({ header }) => header.kind === 'snapshot').reduce((sum, { payload }) => sum + payload.length, 0) / 2 ** 20
  a.disk.write({ frames: frames.map(frame => ({ author, seq: frame.header.seq, bytes: frame.bytes })), acts: [], proofs: [], notes: [], starts: [{ author, seq: snapshotOf(frames) }], retired: [] })

  const before = heapMiB()
  const started = process.cpuUsage()
  a.restart()
  const { user, system } = process.cpuUsage(started)
  const ms = Math.round((user + system) / 1_000)
  const grown = Math.max(0, heapMiB() - before)
  expect(a.replica.logs.get(author)?.records.size).toBe(KEYS)
  expect(a.replica.logs.get(author)?.document.textBytes).toBeLessThan(LIMITS.documentBytesPerAuthor)
  process.stdout.write(`${OPS} operations, ${frames.length} frames: opens in ${ms} ms of CPU, +${grown.toFixed(1)} MiB for ${encoded.toFixed(1)} MiB encoded\n`)
  recordCase(73, { test: 'core/replica/large', runs: OPS, worst: ms, limit: 2_000, unit: 'ms to open' })
  recordCase(73, { test: 'core/replica/large: memory', runs: OPS, worst: Math.round((grown / encoded) * 10) / 10, limit: 5, unit: '× encoded' })
})
