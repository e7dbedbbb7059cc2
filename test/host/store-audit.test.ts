import { beforeAll, describe, expect, it } from 'vitest'
import { nodeCrypto as crypto, nodeSigner } from '../../src/adapters/crypto/node.js'
import { MemoryContent, MemoryStore } from '../../src/adapters/memory/store.js'
import { MemoryWitness } from '../../src/adapters/memory/witness.js'
import { systemClock } from '../../src/adapters/system/clock.js'
import { systemRandom } from '../../src/adapters/system/random.js'
import type { AuthorId, MeshId, SessionName } from '../../src/core/brand.js'
import { foundMesh } from '../../src/core/coordination/membership/genesis.js'
import { Replica } from '../../src/core/replica/replica.js'
import { Runtime } from '../../src/host/runtime.js'
import { auditStore, type StoreAudit } from '../../src/host/store-audit.js'
import type { Stored } from '../../src/ports/store.js'

const signer = nodeSigner(crypto.sha256(new TextEncoder().encode('store-audit')))
const operator = nodeSigner(crypto.sha256(new TextEncoder().encode('store-audit operator')))
const session = 'test-1' as SessionName
let mesh: MeshId
let things: Stored[]

const audit = (stored: readonly Stored[]): Promise<StoreAudit> =>
  auditStore(
    { crypto, mesh },
    (async function* () {
      yield* stored
    })(),
    async () => undefined
  )

const frames = (): Extract<Stored, { type: 'frame' }>[] => things.filter(thing => thing.type === 'frame')

const flipped = (bytes: Uint8Array, place: number, bit: number): Uint8Array => bytes.map((byte, index) => (index === place ? byte ^ (1 << bit) : byte))

const withFrame = (seq: number, bytes: Uint8Array): Stored[] => things.map(thing => (thing.type === 'frame' && thing.frame.seq === seq ? { type: 'frame', frame: { ...thing.frame, bytes } } : thing))

beforeAll(async () => {
  const genesis = foundMesh(crypto, { name: 'demo', hostName: 'mac', role: 'planner', stamp: { wall: 1, count: 0 } }, operator, signer)
  if (!genesis.ok) throw new Error(genesis.failure.message)
  mesh = genesis.value.mesh
  const content = new MemoryContent()
  const runtime = new Runtime({ replica: new Replica({ crypto, mesh, signer }), store: new MemoryStore(content), clock: systemClock, random: systemRandom, witness: new MemoryWitness() })
  await runtime.load({ place: new Map(), remade: false })
  await runtime.submitAct(genesis.value.bytes)
  for (const text of ['one', 'two', 'three']) await runtime.write(session, [{ kind: 'note', fields: { text } }])
  things = []
  for await (const thing of runtime.scanStored()) things.push(thing)
  await runtime.stop()
})

describe('an audit of the store', () => {
  it('finds nothing in what was written, and says what is there', async () => {
    const { logs, findings, acts, frames: count } = await audit(things)
    expect(findings).toEqual([])
    expect(acts).toBe(1)
    expect(count).toBe(4)
    expect(logs).toMatchObject([{ frames: 4, first: 0, last: 3, headSeq: 3, records: 3, voidSince: null }])
  })

  it('names every single byte that was changed in a frame, and goes on with the others', async () => {
    const target = frames()[2]
    if (target === undefined) throw new Error('no frame')
    const { author, seq, bytes } = target.frame
    for (let place = 0; place < bytes.length; place++) {
      const { findings, logs } = await audit(withFrame(seq, flipped(bytes, place, place % 8)))
      expect(findings.map(found => [found.author, found.seq]), `byte ${place}`).toEqual([[author, seq]])
      expect(logs[0]?.headSeq).toBe(seq - 1)
    }
  })

  it('names every single byte that was changed in an act', async () => {
    const act = things.find(thing => thing.type === 'act')
    if (act === undefined) throw new Error('no act')
    for (let place = 0; place < act.bytes.length; place++) {
      const { findings } = await audit(things.map(thing => (thing === act ? { ...act, bytes: flipped(act.bytes, place, place % 8) } : thing)))
      expect(findings.length, `byte ${place}`).toBe(1)
    }
  })

  it('names a frame that is missing, one in the place of another, and one of another mesh', async () => {
    const gone = await audit(things.filter(thing => thing.type !== 'frame' || thing.frame.seq !== 1))
    expect(gone.findings).toMatchObject([{ code: 'FRAME_STORED_DAMAGED', seq: 1, what: 'frames 1 to 1 are missing' }])
    const [, second, third] = frames()
    if (second === undefined || third === undefined) throw new Error('no frames')
    const exchanged = await audit(withFrame(second.frame.seq, third.frame.bytes))
    expect(exchanged.findings[0]).toMatchObject({ seq: 1, what: 'frame 2 of another place lies here' })
    const other = await auditStore({ crypto, mesh: 'f'.repeat(64) as MeshId }, (async function* () { yield* frames() })(), async () => undefined)
    expect(new Set(other.findings.map(({ code }) => code))).toEqual(new Set(['FRAME_OTHER_MESH']))
  })

  it('repeats what the store itself says is damaged, once', async () => {
    const author = frames()[0]?.frame.author as AuthorId
    const damaged: Stored[] = things.map(thing => (thing.type === 'frame' && thing.frame.seq === 1 ? { type: 'damaged', what: `frame 1 of ${author} is changed`, author, seq: 1 } : thing))
    const { findings, logs } = await audit(damaged)
    expect(findings).toMatchObject([{ author, seq: 1 }])
    expect(logs).toMatchObject([{ frames: 3, first: 0, last: 3, headSeq: 0 }])
  })
})
