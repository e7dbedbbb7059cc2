import { describe, expect, it } from 'vitest'
import { nodeCrypto as crypto, nodeSigner } from '../../../src/adapters/crypto/node.js'
import { View } from '../../../src/core/coordination/view.js'
import type { AuthorId, HostKey, MeshId, RecordId } from '../../../src/core/brand.js'
import { toHex } from '../../../src/core/encoding/bytes.js'
import { Intake, type Taken } from '../../../src/core/replica/reception/intake.js'
import { keyOf } from '../../../src/core/replication/author.js'
import { HybridClock } from '../../../src/core/replication/hybrid-clock.js'
import { LogBook } from '../../../src/core/replication/log-book.js'
import { OwnLog } from '../../../src/core/replication/own-log.js'

const mesh = 'ab'.repeat(32) as MeshId
const signer = nodeSigner(crypto.sha256(new TextEncoder().encode('intake')))
const key = toHex(signer.publicKey) as HostKey
const NOW = { wall: 1_800_000_000_000, mono: 0 }

/** Five frames of one author: a snapshot, then one record each. */
const frames = (): Uint8Array[] => {
  const logs = new LogBook(crypto, mesh)
  const own = new OwnLog({ crypto, mesh, key, signer, logs, clock: new HybridClock() })
  own.start(new Uint8Array(8))
  const made = own.openEpoch(new Map(), NOW.wall, 0)
  for (const text of ['one', 'two', 'three', 'four']) made.push(...own.write([[text.padEnd(32, 'x') as RecordId, `{"text":"${text}"}`]], NOW.wall, 0).frames)
  return made.map(({ bytes }) => bytes)
}

const reader = () => {
  const logs = new LogBook(crypto, mesh)
  const admission = (author: AuthorId) => (keyOf(author) === key ? ({ state: 'member' } as const) : ({ state: 'unknown' } as const))
  return { logs, intake: new Intake({ crypto, mesh, logs, view: new View({ crypto, mesh }), clock: new HybridClock(), admission, rereading: new Set(), isAwaited: () => false }) }
}

describe('a frame of which one byte was changed on the way', () => {
  it('never counts, whichever byte it is; and the true one and those behind it still do', () => {
    const [first, second, third, fourth, fifth] = frames()
    if (first === undefined || second === undefined || third === undefined || fourth === undefined || fifth === undefined) throw new Error('five frames')
    for (let place = 0; place < third.length; place++) {
      const { logs, intake } = reader()
      const take = (bytes: Uint8Array): Taken => intake.take(bytes, false, NOW)
      expect([take(first).type, take(second).type]).toEqual(['appended', 'appended'])
      const digest = logs.digest(() => ({ state: 'member' }), '0'.repeat(64) as Parameters<LogBook['digest']>[1])
      for (const bit of [0, 7]) {
        const taken = take(third.map((byte, index) => (index === place ? byte ^ (1 << bit) : byte)))
        expect(taken.type, `byte ${place}, bit ${bit}`).toBe('refused')
        expect(logs.digest(() => ({ state: 'member' }), '0'.repeat(64) as Parameters<LogBook['digest']>[1])).toBe(digest)
      }
      expect([third, fourth, fifth].map(bytes => take(bytes).type)).toEqual(['appended', 'appended', 'appended'])
    }
  })
})
