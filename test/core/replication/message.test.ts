import { describe, expect, test } from 'vitest'
import type { ActId, Hash, HostKey } from '../../../src/core/brand.js'
import { concat } from '../../../src/core/encoding/bytes.js'
import { decodeMessage, encodeMessage, type Message } from '../../../src/core/replication/message.js'
import { SeededRandom } from '../../sim/random.js'
import { author, codeOf, frameBytes, mesh, take } from './frames.js'

const bytes = (length: number, value = 7): Uint8Array => new Uint8Array(length).fill(value)
const hash = (digit: string): Hash => digit.repeat(64) as Hash

const MESSAGES: readonly Message[] = [
  { type: 'hello', generation: 1, minor: 0, mesh, key: hash('c') as string as HostKey, nonce: bytes(32), wall: 1_795_183_200_000 },
  { type: 'proof', signature: bytes(64), wall: 5, joining: null, acts: [] },
  { type: 'proof', signature: bytes(64), wall: 5, joining: { invitationKey: bytes(32), name: 'laptop', byInvitation: bytes(64, 1), byHost: bytes(64, 2) }, acts: [bytes(3), bytes(0)] },
  { type: 'refuse', code: 'NOT_ADMITTED', text: 'no' },
  { type: 'status', id: 2 ** 32 - 1, digest: hash('a'), view: hash('b'), final: true },
  { type: 'heads', acts: hash('a'), last: false, heads: [{ author, state: 'held', seq: 2 ** 40, hash: hash('d') }, { author, state: 'forked' }] },
  { type: 'actIds', last: true, ids: [hash('e') as string as ActId] },
  { type: 'acts', acts: [bytes(10), bytes(70_000)] },
  { type: 'forks', proofs: [bytes(500)] },
  { type: 'want', author, from: Number.MAX_SAFE_INTEGER },
  { type: 'wantPast', author, from: 7, before: Number.MAX_SAFE_INTEGER },
  { type: 'frames', author, from: 3, more: true, frames: [frameBytes(bytes(5)), frameBytes(bytes(9))] },
  { type: 'push', frame: frameBytes(bytes(5)) },
  { type: 'have', heads: [{ author, seq: 9 }] },
  { type: 'past', author, before: 5, frames: [frameBytes(bytes(5)), frameBytes(bytes(9))] },
  { type: 'pong', id: 1, wall: 2 }
]

describe('message', () => {
  test.each(MESSAGES.map(message => [message.type, message] as const))('%s reads back as it was written', (_, message) => {
    expect(take(decodeMessage(encodeMessage(message)))).toEqual(message)
  })

  test.each(MESSAGES.filter(({ type }) => type !== 'push').map(message => [message.type, message] as const))('%s cut short is refused', (_, message) => {
    const whole = encodeMessage(message)
    for (let length = 0; length < whole.length; length += Math.max(1, Math.floor(whole.length / 500))) {
      expect(codeOf(decodeMessage(whole.subarray(0, length))), `${length} of ${whole.length} bytes`).toBe('MESSAGE_MALFORMED')
    }
    // a hello of a newer generation may be longer
    expect(codeOf(decodeMessage(concat(whole, bytes(1))))).toBe(message.type === 'hello' ? 'ok' : 'MESSAGE_MALFORMED')
  })

  test('30,000 changed messages, and as many of noise, are read or refused by name; nothing throws', { timeout: 60_000 }, () => {
    const random = new SeededRandom(2)
    const encoded = MESSAGES.map(encodeMessage)
    for (let round = 0; round < 30_000; round++) {
      const whole = random.pick(encoded)
      const changed = whole.slice(0, random.chance(0.2) ? random.int(whole.length) : Math.min(whole.length, 2_000))
      for (let change = random.between(1, 5); change > 0 && changed.length > 0; change--) changed[random.int(changed.length)] = random.pick([0, 1, 127, 128, 255, random.int(256)])
      for (const attempt of [changed, random.bytes(random.int(80))]) {
        const decoded = decodeMessage(attempt)
        if (!decoded.ok) expect(decoded.failure.code, `round ${round}`).toBe('MESSAGE_MALFORMED')
      }
    }
  })

  test('a count of 65,535 in a short message costs nothing', () => {
    for (const type of ['heads', 'actIds', 'acts', 'forks', 'have'] as const) {
      const message = MESSAGES.find(each => each.type === type)
      if (message === undefined) throw new Error(type)
      const [kind = 0] = encodeMessage(message)
      expect(codeOf(decodeMessage(concat(Uint8Array.of(kind), bytes(40, 255))))).toBe('MESSAGE_MALFORMED')
    }
  })
})
