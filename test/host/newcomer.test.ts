import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { nodeCrypto } from '../../src/adapters/crypto/node.js'
import { openLevelStore } from '../../src/adapters/level/open.js'
import { MemoryStore } from '../../src/adapters/memory/store.js'
import { MemoryNetwork } from '../../src/adapters/memory/transport.js'
import { MemoryWitness } from '../../src/adapters/memory/witness.js'
import { systemClock } from '../../src/adapters/system/clock.js'
import { systemRandom } from '../../src/adapters/system/random.js'
import type { HostKey } from '../../src/core/brand.js'
import type { Signer } from '../../src/core/crypto.js'
import { toHex } from '../../src/core/encoding/bytes.js'
import { LIMITS } from '../../src/core/limits.js'
import { Replica } from '../../src/core/replica/replica.js'
import { Runtime } from '../../src/host/runtime.js'
import { auditStore } from '../../src/host/store-audit.js'
import type { FrameStore } from '../../src/ports/store.js'
import { largeMesh } from '../support/large-mesh.js'
import { isLong, timeoutOf, writeLongResult } from '../support/long.js'

/** 20 frames each in every run; 100 each, as must show 3 asks, in the long one. `SKEIN_NEWCOMER_FRAMES` says another number. */
const AUTHORS = 1_000
const FRAMES_EACH = Number(process.env.SKEIN_NEWCOMER_FRAMES ?? (isLong ? 100 : 20))

const hostOn = async (store: FrameStore, signer: Signer, mesh: Replica['mesh']): Promise<Runtime> => {
  const runtime = new Runtime({ replica: new Replica({ crypto: nodeCrypto, mesh, signer }), store, clock: systemClock, random: systemRandom, witness: new MemoryWitness() })
  const loaded = await runtime.load({ place: new Map(), remade: false })
  if (!loaded.ok) throw new Error(loaded.failure.message)
  return runtime
}

const openLevel = async (folder: string): Promise<FrameStore> => {
  const opened = await openLevelStore(folder, { create: true })
  if (!opened.ok) throw new Error(opened.failure.message)
  return opened.value
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`
const heapNow = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

test(`a newcomer to ${AUTHORS} authors of ${FRAMES_EACH} frames has the live view before the history, and checks all of it in the end`, { timeout: timeoutOf(240_000) }, async () => {
  const made = largeMesh({ authors: AUTHORS, framesEach: FRAMES_EACH })
  const folder = await mkdtemp(join(tmpdir(), 'skein-newcomer-'))
  const memory = new MemoryStore()
  for (const batch of made.batches()) await memory.commit(batch)
  const founder = await hostOn(memory, made.founder, made.mesh)
  const newcomer = await hostOn(await openLevel(folder), made.newcomer.signer, made.mesh)
  let bytes = 0
  const handle = newcomer.replica.handle.bind(newcomer.replica)
  newcomer.replica.handle = (input, now) => {
    if (input.type === 'linkMessage') bytes += input.bytes.length
    return handle(input, now)
  }
  const lacking = (): number => Array.from(newcomer.replica.logs.logs()).reduce((sum, { chain }) => sum + chain.lacking, 0)
  try {
    expect(founder.replica.view.count).toBe(made.records)
    const network = new MemoryNetwork()
    const listener = await network.transport('a', { key: made.founder.publicKey, allowInsecure: true }).listen('127.0.0.1', 0, connection => void founder.attach(connection, null))
    newcomer.feed({ type: 'joining', proof: made.newcomer.proof, inviter: toHex(made.founder.publicKey) as HostKey })
    const heapBefore = heapNow()
    const began = performance.now()
    const live = newcomer.waitFor(() => newcomer.replica.view.count === made.records, 120_000).then(event => ({ event, ms: performance.now() - began, bytes, lacking: lacking() }))
    const whole = newcomer.waitFor(({ type }) => type === 'historyWhole', timeoutOf(180_000))
    const dial = async (): Promise<void> => {
      const dialled = await network.transport('n', { key: made.newcomer.signer.publicKey, allowInsecure: true }).dial({ url: `wss://127.0.0.1:${listener.port}`, label: 'lan' }, { pin: null, timeoutMs: LIMITS.dialMs })
      if (dialled.ok) newcomer.attach(dialled.connection, null)
    }
    // a daemon dials again what it lost: a busy machine may keep both ends from talking for longer than a link lasts
    const stopDialling = newcomer.on(event => {
      if (event.type !== 'unlinked') return
      process.stdout.write(`the link was lost: ${event.code} ${event.text}\n`)
      void dial()
    })
    await dial()
    const first = await live
    expect(first.event).not.toBeNull()
    // the snapshot that drops most, and what came after it, are all that was fetched
    expect(first.lacking).toBe(made.frames - AUTHORS * 5)
    expect(await whole).not.toBeNull()
    await newcomer.settled()
    const took = performance.now() - began
    expect(lacking()).toBe(0)
    expect(newcomer.replica.digest()).toBe(founder.replica.digest())
    expect(newcomer.replica.view.hash()).toBe(founder.replica.view.hash())
    const heap = heapNow() - heapBefore
    const audit = await auditStore({ crypto: nodeCrypto, mesh: made.mesh }, newcomer.scanStored(), () => setImmediate())
    expect(audit.findings).toEqual([])
    expect(audit.frames).toBe(made.frames)
    expect(audit.logs.reduce((sum, log) => sum + log.lacking, 0)).toBe(0)
    stopDialling()
    await newcomer.stop()
    await founder.stop()
    await listener.close()
    const opens = await startTimes(folder, made)
    process.stdout.write(
      `${AUTHORS} authors, ${made.frames} frames: live view after ${seconds(first.ms)} and ${mebibytes(first.bytes)}, all history after ${seconds(took)} and ${mebibytes(bytes)}; heap ${mebibytes(heap)}; ` +
        `a start reads ${opens.present.frames} frames in ${seconds(opens.present.ms)}, all ${opens.whole.frames} would take ${seconds(opens.whole.ms)}\n`
    )
    writeLongResult({ name: 'a newcomer to 1,000 authors: live view', asked: made.frames, done: audit.frames, failures: 0, worst: Math.round(first.ms), unit: 'ms to the live view' })
  } finally {
    await Promise.all([newcomer.stop(), founder.stop()])
    await rm(folder, { recursive: true, force: true })
  }
})

/** How long a start takes that reads the present, and how long one would that reads everything, as starts did before snapshots were used. */
const startTimes = async (folder: string, { mesh, newcomer: { signer } }: ReturnType<typeof largeMesh>) => {
  const timed = async (reach: 'present' | 'whole') => {
    const store = await openLevel(folder)
    const replica = new Replica({ crypto: nodeCrypto, mesh, signer })
    const now = systemClock.now()
    const began = performance.now()
    let frames = 0
    for await (const stored of store.scan(reach)) {
      if (stored.type === 'act') replica.handle({ type: 'actLoaded', bytes: stored.bytes }, now)
      if (stored.type === 'log') replica.handle({ type: 'logLoaded', author: stored.author, start: reach === 'whole' ? 0 : stored.start, held: stored.held }, now)
      if (stored.type !== 'frame') continue
      frames += 1
      replica.handle({ type: 'frameLoaded', bytes: stored.frame.bytes }, now)
    }
    const ms = performance.now() - began
    await store.close()
    return { frames, ms, view: replica.view.hash() }
  }
  const [present, whole] = [await timed('present'), await timed('whole')]
  expect(present.view).toBe(whole.view)
  return { present, whole }
}
