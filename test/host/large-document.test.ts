import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { nodeCrypto, nodeSigner } from '../../src/adapters/crypto/node.js'
import { openLevelStore } from '../../src/adapters/level/open.js'
import { MemoryWitness } from '../../src/adapters/memory/witness.js'
import { systemClock } from '../../src/adapters/system/clock.js'
import { systemRandom } from '../../src/adapters/system/random.js'
import type { ActId, HostKey, RecordId, SessionName } from '../../src/core/brand.js'
import { decodeAct, writeAct } from '../../src/core/coordination/membership/act.js'
import { foundMesh } from '../../src/core/coordination/membership/genesis.js'
import { formRecord, recordIdOf } from '../../src/core/coordination/records/record.js'
import { toHex } from '../../src/core/encoding/bytes.js'
import { LIMITS } from '../../src/core/limits.js'
import { Replica } from '../../src/core/replica/replica.js'
import { epochTextOf } from '../../src/core/replication/author.js'
import { AuthorDocument } from '../../src/core/replication/document.js'
import { makeForkProof } from '../../src/core/replication/fork.js'
import { HybridClock } from '../../src/core/replication/hybrid-clock.js'
import { LogBook } from '../../src/core/replication/log-book.js'
import { OwnLog } from '../../src/core/replication/own-log.js'
import type { VerifiedFrame } from '../../src/core/replication/verification.js'
import type { Result } from '../../src/core/result.js'
import { Runtime } from '../../src/host/runtime.js'
import type { Batch, FrameStore } from '../../src/ports/store.js'
import { recordCase } from '../support/cases.js'
import { isLong, timeoutOf } from '../support/long.js'

/** Some 110,000 operations in every run, a million in the long one, each with the newest document nearly full. */
const OPERATIONS = isLong ? 1_007_900 : 111_900
/** Between two snapshots; the newest document holds as many records, or a little more. */
const A_ROUND = 16_000
const KEPT = 2_000
const A_FRAME = 100

const valueOf = <Value>(result: Result<Value>): Value => {
  if (result.ok) return result.value
  throw new Error(`${result.failure.code}: ${result.failure.message}`)
}
const signerOf = (name: string) => nodeSigner(nodeCrypto.sha256(new TextEncoder().encode(name)))
const NOTHING: Batch = { frames: [], starts: [], retired: [], acts: [], proofs: [], notes: [] }

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
const heapNow = (): number => {
  collect()
  return process.memoryUsage().heapUsed
}

const wall = Date.now() - 3_600_000
const [operator, host, author, forker] = ['operator', 'host', 'author', 'forker'].map(signerOf)
if (operator === undefined || host === undefined || author === undefined || forker === undefined) throw new Error('no keys')
const founded = valueOf(foundMesh(nodeCrypto, { name: 'work', hostName: 'host', role: 'worker', stamp: { wall, count: 0 } }, operator, host))
const { mesh } = founded

/** The writing end of the host's own log, made without a replica so that a million operations take no hour. */
const ownLog = (signer: typeof host): OwnLog => {
  const own = new OwnLog({ crypto: nodeCrypto, mesh, key: toHex(signer.publicKey) as HostKey, signer, logs: new LogBook(nodeCrypto, mesh), clock: new HybridClock() })
  own.start(signer.publicKey.subarray(0, 8))
  return own
}

const stored = (frames: readonly VerifiedFrame[]): Batch['frames'] => frames.map(({ header, bytes }) => ({ author: header.author, seq: header.seq, bytes }))

const fill = async (store: FrameStore): Promise<{ readonly frames: number; readonly encoded: Uint8Array; readonly clientId: number; readonly records: number }> => {
  const key = toHex(host.publicKey) as HostKey
  const own = ownLog(host)
  const said = 'what an agent says of its plan, in a sentence or two of the usual length, before it goes on with its work on the next file of the same task'
  await store.commit({ ...NOTHING, frames: stored(own.openEpoch(new Map(), wall, 0)) })
  let operations = 0
  let time = wall
  while (operations < OPERATIONS) {
    for (let from = 0; from < A_ROUND && operations < OPERATIONS; from += A_FRAME) {
      const records = Array.from({ length: A_FRAME }, (): readonly [RecordId, string] => {
        const text = valueOf(formRecord({ kind: 'note', session: 'claude-1' as SessionName, stamp: [++time, 0], offset: 0, fields: { text: `${said} ${time}` } }))
        return [recordIdOf(nodeCrypto, mesh, key, text), text]
      })
      operations += A_FRAME
      await store.commit({ ...NOTHING, frames: stored(own.write(records, time, 0).frames) })
    }
    if (operations >= OPERATIONS) break
    const frames = own.compact(++time, 0, new Set([...(own.log?.records.keys() ?? [])].slice(0, -KEPT)))
    await store.commit({ ...NOTHING, frames: stored(frames), starts: frames[0] === undefined ? [] : [{ author: frames[0].header.author, seq: frames[0].header.seq }] })
  }
  const { log } = own
  if (log === null) throw new Error('no log')
  return { frames: log.headSeq + 1, encoded: log.document.encode(), clientId: log.document.clientId, records: log.records.size }
}

/** A fork proof against an epoch of the host, and an act that ends a key: what must outlive every pruning. */
const keep = async (store: FrameStore): Promise<void> => {
  const [one, other] = [ownLog(forker), ownLog(forker)]
  const first = one.openEpoch(new Map(), wall, 0)[0]
  const second = other.openEpoch(new Map(), wall + 5, 0)[0]
  if (first === undefined || second === undefined) throw new Error('no frames')
  const proof = makeForkProof(first.header.author, first, second)
  const body = { key: toHex(author.publicKey) as HostKey, heads: [{ epoch: epochTextOf(first.header.author), seq: 0, hash: first.hash }] }
  const bytes = valueOf(writeAct({ mesh, stamp: { wall: wall + 9, count: 0 }, seen: [mesh as string as ActId], content: { kind: 'retire', body } }, author))
  const { id } = valueOf(decodeAct(bytes, { crypto: nodeCrypto, mesh }))
  await store.commit({ ...NOTHING, acts: [{ id: mesh as string as ActId, bytes: founded.bytes }, { id, bytes }], proofs: [proof] })
}

const openStore = async (folder: string): Promise<FrameStore> => valueOf(await openLevelStore(folder, { create: true }))

/** `cpuMs`: this process's own work, which does not depend on what else the machine does. */
const openRuntime = async (folder: string): Promise<{ readonly runtime: Runtime; readonly ms: number; readonly cpuMs: number }> => {
  const began = performance.now()
  const used = process.cpuUsage()
  const runtime = new Runtime({ replica: new Replica({ crypto: nodeCrypto, mesh, signer: host }), store: await openStore(folder), clock: systemClock, random: systemRandom, witness: new MemoryWitness() })
  valueOf(await runtime.load({ place: new Map(), remade: false }))
  const { user, system } = process.cpuUsage(used)
  return { runtime, ms: Math.round(performance.now() - began), cpuMs: Math.round((user + system) / 1_000) }
}

const kinds = async (runtime: Runtime): Promise<Record<string, number>> => {
  const counts: Record<string, number> = { act: 0, proof: 0, frame: 0, damaged: 0 }
  for await (const { type } of runtime.scanStored()) counts[type] = (counts[type] ?? 0) + 1
  return counts
}

test(`a log of ${OPERATIONS} operations opens as fast as its newest snapshot, and pruned it keeps proofs and acts (case 73)`, { timeout: timeoutOf(240_000) }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skein-document-'))
  try {
    const store = await openStore(folder)
    const { frames, encoded, clientId, records } = await fill(store)
    await keep(store)
    await store.close()
    const bare = heapNow()
    const document = new AuthorDocument(clientId)
    expect(document.apply(encoded).ok).toBe(true)
    const alone = (heapNow() - bare) / encoded.length
    const before = heapNow()
    const opened = await openRuntime(folder)
    const whole = (heapNow() - before) / encoded.length
    expect(document.records.size).toBe(records)
    const { replica } = opened.runtime
    expect(replica.view.count).toBe(records)
    expect(await kinds(opened.runtime)).toMatchObject({ act: 2, proof: 1, frame: frames, damaged: 0 })
    const view = replica.view.hash()
    const forks = [...replica.logs.proofs()].length
    const past = (): number => Array.from(replica.logs.logs()).reduce((sum, { chain }) => sum + chain.pastCount, 0)
    expect(past()).toBeGreaterThan(0)
    while (past() > 0) {
      opened.runtime.feed({ type: 'diskFree', bytes: LIMITS.diskLowBytes - 1 })
      await opened.runtime.settled()
    }
    await opened.runtime.stop()
    const again = await openRuntime(folder)
    const left = await kinds(again.runtime)
    expect(left).toMatchObject({ act: 2, proof: 1, damaged: 0 })
    expect(left.frame).toBeLessThan(A_ROUND / A_FRAME + 64)
    expect([again.runtime.replica.view.hash(), [...again.runtime.replica.logs.proofs()].length]).toEqual([view, forks])
    await again.runtime.stop()
    process.stdout.write(
      `${OPERATIONS} operations in ${frames} frames: opened in ${opened.ms} ms (${opened.cpuMs} of work), after pruning to ${left.frame} frames in ${again.ms} ms (${again.cpuMs}); ` +
        `${records} records, ${encoded.length} bytes encoded; in memory the document takes ${alone.toFixed(1)} times that, the whole replica with its view ${whole.toFixed(1)} times\n`
    )
    recordCase(73, { test: 'test/host/large-document.test.ts: opening', runs: 1, worst: opened.cpuMs, limit: 2_000, unit: 'ms of CPU' })
    recordCase(73, { test: 'test/host/large-document.test.ts: memory of the document', runs: 1, worst: Number(alone.toFixed(2)), limit: 5, unit: 'times its encoded size' })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
