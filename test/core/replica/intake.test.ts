import { describe, expect, it } from 'vitest'
import { nodeCrypto as crypto, nodeSigner } from '../../../src/adapters/crypto/node.js'
import { View } from '../../../src/core/coordination/view.js'
import type { AuthorId, HostKey, MeshId, RecordId } from '../../../src/core/brand.js'
import { toHex } from '../../../src/core/encoding/bytes.js'
import { Intake, type Taken } from '../../../src/core/replica/reception/intake.js'
import { LIMITS } from '../../../src/core/limits.js'
import { keyOf } from '../../../src/core/replication/author.js'
import { HybridClock } from '../../../src/core/replication/hybrid-clock.js'
import { LogBook, type Admission } from '../../../src/core/replication/log-book.js'
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

const reader = (is: Admission = { state: 'member' }) => {
  const logs = new LogBook(crypto, mesh)
  const admission = (author: AuthorId): Admission => (keyOf(author) === key ? is : { state: 'unknown' })
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

describe('a log of which an act names the head', () => {
  it('keeps to the rate of its author like any other', () => {
    const logs = new LogBook(crypto, mesh)
    const own = new OwnLog({ crypto, mesh, key, signer, logs, clock: new HybridClock() })
    own.start(new Uint8Array(8))
    const made = own.openEpoch(new Map(), NOW.wall, 0)
    const text = `{"text":"${'x'.repeat(30_000)}"}`
    for (let bytes = 0, count = 0; bytes <= LIMITS.authorBurstBytes + text.length; bytes += text.length, count += 1) {
      made.push(...own.write([[`${count}`.padEnd(32, 'x') as RecordId, text]], NOW.wall, 0).frames)
      if (count % 200 === 0) made.push(...own.compact(NOW.wall, 0, new Set(own.log?.records.keys())))
    }
    const last = made.at(-1)
    if (last === undefined) throw new Error('no frame')
    const { intake } = reader({ state: 'named', head: { seq: last.header.seq, hash: last.hash } })
    const taken = made.map(({ bytes }) => intake.take(bytes, true, NOW).type)
    const from = taken.indexOf('delayed')
    expect([from > 1_000, new Set(taken.slice(from))]).toEqual([true, new Set(['delayed'])])
    // the rest is taken later
    const later = { wall: NOW.wall + 1_000, mono: NOW.mono + 1_000 }
    expect(made.slice(from).map(({ bytes }) => intake.take(bytes, true, later).type)[0]).toBe('appended')
  })
})
