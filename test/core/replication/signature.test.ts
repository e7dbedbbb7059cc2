import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/encoding/bytes.js'
import { isStrictSignature } from '../../../src/core/replication/signature.js'
import { smallOrderPoints } from '../../adapters/crypto/torsion.js'

interface Vector {
  readonly message: string
  readonly pub_key: string
  readonly signature: string
}

const vectors: readonly Vector[] = JSON.parse(readFileSync(new URL('../../vectors/ed25519.json', import.meta.url), 'utf8'))
const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0)

const P = 2n ** 255n - 19n
const L = 2n ** 252n + 27742317777372353535851937790883648493n
const SIGN = 2n ** 255n
const encode = (value: bigint): Uint8Array => bytes(value.toString(16).padStart(64, '0')).toReversed()
const signature = (commitment: Uint8Array, response: bigint): Uint8Array => Uint8Array.from([...commitment, ...encode(response)])

/** Any y that is neither special nor above p: whether it lies on the curve is not this rule's business. */
const PLAIN = encode(12345n)

/** Found by arithmetic and not taken from the rule's own table. */
const smallOrderY = smallOrderPoints().map((point) => point.y)

describe('isStrictSignature', () => {
  it('accepts what is neither special nor too large', () => {
    expect(isStrictSignature(signature(PLAIN, 1n), PLAIN)).toBe(true)
    expect(isStrictSignature(signature(PLAIN, 0n), PLAIN)).toBe(true)
    expect(isStrictSignature(signature(encode(12345n + SIGN), L - 1n), encode(12345n + SIGN))).toBe(true)
  })

  it('refuses every other length', () => {
    const good = signature(PLAIN, 1n)
    for (const length of [0, 1, 32, 63, 65, 128]) expect(isStrictSignature(Uint8Array.from({ length }, (_, at) => good[at] ?? 0), PLAIN)).toBe(false)
    for (const length of [0, 1, 31, 33, 64]) expect(isStrictSignature(good, Uint8Array.from({ length }, (_, at) => PLAIN[at] ?? 0))).toBe(false)
  })

  it('refuses S from L on', () => {
    for (const response of [L, L + 1n, 2n * L, 2n ** 253n, 2n ** 255n, 2n ** 256n - 1n]) {
      expect(isStrictSignature(signature(PLAIN, response), PLAIN)).toBe(false)
    }
  })

  it('refuses points of small order in A and in R, with either sign', () => {
    expect(new Set(smallOrderY).size).toBe(5)
    for (const y of smallOrderY) {
      for (const point of [encode(y), encode(y + SIGN)]) {
        expect(isStrictSignature(signature(PLAIN, 1n), point)).toBe(false)
        expect(isStrictSignature(signature(point, 1n), PLAIN)).toBe(false)
      }
    }
  })

  it('refuses every encoding with y from p on, with either sign', () => {
    for (let y = P; y < SIGN; y++) {
      for (const point of [encode(y), encode(y + SIGN)]) {
        expect(isStrictSignature(signature(PLAIN, 1n), point)).toBe(false)
        expect(isStrictSignature(signature(point, 1n), PLAIN)).toBe(false)
      }
    }
  })

  it('does not refuse the neighbours of what it refuses', () => {
    const special = new Set([...smallOrderY, P])
    for (const y of smallOrderY.flatMap((y) => [y - 1n, y + 1n]).filter((y) => y >= 0n && !special.has(y))) {
      expect(isStrictSignature(signature(encode(y), L - 1n), encode(y + SIGN))).toBe(true)
    }
  })

  it('reads a view into a larger buffer at its own place', () => {
    const framed = Uint8Array.from([7, ...signature(PLAIN, 1n), 7, ...PLAIN, 7])
    expect(isStrictSignature(framed.subarray(1, 65), framed.subarray(66, 98))).toBe(true)
    expect(isStrictSignature(framed.subarray(1, 65), framed.subarray(65, 98))).toBe(false)
  })

  it('leaves to the equation only those of the twelve vectors that need it', () => {
    const answers = vectors.map((vector) => isStrictSignature(bytes(vector.signature), bytes(vector.pub_key)))
    expect(answers.map((strict) => (strict ? '?' : 'X')).join('')).toBe('XXX???XXXXXX')
  })
})
