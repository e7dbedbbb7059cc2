import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { Point } from '@noble/ed25519'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nobleCrypto, nobleSigner } from '../../../src/adapters/crypto/noble.js'
import { nodeCrypto, nodeSigner } from '../../../src/adapters/crypto/node.js'
import { generateSeed, publicKeyOf } from '../../../src/adapters/crypto/seed.js'
import { concat, fromHex, toHex, utf8 } from '../../../src/core/encoding/bytes.js'
import { forge, forgeries } from './forgery.js'
import { recordCase } from '../../support/cases.js'

interface Vector {
  readonly message: string
  readonly pub_key: string
  readonly signature: string
}

const vectors: readonly Vector[] = JSON.parse(readFileSync(new URL('../../vectors/ed25519.json', import.meta.url), 'utf8'))
const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0)
const backends = [
  { name: 'node', crypto: nodeCrypto, signer: nodeSigner },
  { name: 'noble', crypto: nobleCrypto, signer: nobleSigner }
]

describe.each(backends)('signatures with $name', ({ name, crypto, signer }) => {
  it('answers the twelve vectors as every backend must', () => {
    const answers = vectors.map((vector) => crypto.verify(bytes(vector.signature), bytes(vector.message), bytes(vector.pub_key)))
    const answer = answers.map((valid) => (valid ? 'V' : 'X')).join('')
    const wrong = [...'XXXVXXXXXXXX'].filter((expected, index) => answer[index] !== expected).length
    recordCase(52, { test: `adapters/crypto: ${name}`, runs: vectors.length, worst: wrong, limit: 0, unit: 'wrong' })
    expect(answer).toBe('XXXVXXXXXXXX')
  })

  it('agrees with RFC 8032, section 7.1, tests 1 to 3', () => {
    const cases = [
      ['9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', ''],
      ['4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', '72'],
      ['c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7', 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025', 'af82']
    ] as const
    const starts = ['e5564300c360ac72', '92a009a9f0d4cab8', '6291d657deec2402']
    cases.forEach(([seed, publicKey, message], index) => {
      const own = signer(bytes(seed))
      const signature = own.sign(bytes(message))
      expect(toHex(own.publicKey)).toBe(publicKey)
      expect(toHex(signature).slice(0, 16)).toBe(starts[index])
      expect(crypto.verify(signature, bytes(message), own.publicKey)).toBe(true)
    })
  })

  it('hashes as FIPS 180 says', () => {
    expect(toHex(crypto.sha256(utf8('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(crypto.sha256(new Uint8Array(0)).constructor).toBe(Uint8Array)
  })

  it('never throws', () => {
    const own = signer(new Uint8Array(32).fill(7))
    const signature = own.sign(utf8('x'))
    for (const length of [0, 1, 31, 33, 63, 65, 1000]) {
      expect(crypto.verify(new Uint8Array(length), utf8('x'), own.publicKey)).toBe(false)
      expect(crypto.verify(signature, utf8('x'), new Uint8Array(length))).toBe(false)
    }
    expect(crypto.verify(new Uint8Array(64), utf8('x'), new Uint8Array(32))).toBe(false)
    expect(crypto.verify(signature, utf8('x'), Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 2 : 0)))).toBe(false)
  })

  it('shows no seed of a signer', () => {
    const seed = Uint8Array.from({ length: 32 }, (_, index) => index + 100)
    const own = signer(seed)
    const shown = [inspect(own, { depth: 9, showHidden: true, getters: true }), JSON.stringify(own), String(own)].join('\n')
    expect(shown).not.toContain(toHex(seed))
    expect(shown).not.toMatch(/100,\s*101,\s*102|"0":100/)
    expect(shown).not.toContain(Buffer.from(seed).toString('base64').slice(0, 20))
  })

  it('signs with a seed that the caller has wiped since', () => {
    const seed = new Uint8Array(32).fill(9)
    const own = signer(seed)
    seed.fill(0)
    expect(crypto.verify(own.sign(utf8('x')), utf8('x'), own.publicKey)).toBe(true)
    expect(own.publicKey).toEqual(publicKeyOf(new Uint8Array(32).fill(9)))
  })
})

describe('both backends', () => {
  it('sign alike', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ maxLength: 300 }), (seed, message) => {
        const [left, right] = [nodeSigner(seed), nobleSigner(seed)]
        expect(toHex(left.publicKey)).toBe(toHex(right.publicKey))
        expect(toHex(left.sign(message))).toBe(toHex(right.sign(message)))
      }),
      { numRuns: 100 }
    )
  })

  it('give one answer to every forgery', () => {
    const seen = new Map<string, { valid: number; refused: number }>(forgeries.map((kind) => [kind, { valid: 0, refused: 0 }]))
    fc.assert(
      fc.property(
        fc.constantFrom(...forgeries),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ maxLength: 64 }),
        fc.nat(),
        (kind, seed, message, choice) => {
          const { signature, publicKey } = forge(kind, seed, message, choice)
          const answer = nodeCrypto.verify(signature, message, publicKey)
          expect(nobleCrypto.verify(signature, message, publicKey)).toBe(answer)
          const count = seen.get(kind)
          if (count) count[answer ? 'valid' : 'refused'] += 1
        }
      ),
      { numRuns: 3_000 }
    )
    const mixed = seen.get('mixed-order key')
    expect(seen.get('none')).toMatchObject({ refused: 0 })
    expect(mixed?.valid, 'a key with a small-order part must sometimes verify').toBeGreaterThan(0)
    expect(mixed?.refused).toBeGreaterThan(0)
    for (const [kind, { valid, refused }] of seen) {
      expect(valid + refused, `${kind} was tried`).toBeGreaterThan(20)
      if (kind !== 'none' && kind !== 'mixed-order key') expect(valid, `${kind} is refused`).toBe(0)
    }
  })
})

describe('seeds', () => {
  it('are 32 bytes of the random source', () => {
    const asked: number[] = []
    const seed = generateSeed({ bytes: (length) => (asked.push(length), new Uint8Array(length).fill(3)) })
    expect(asked).toEqual([32])
    expect(concat(seed)).toEqual(new Uint8Array(32).fill(3))
  })

  it('have the public key [s]B', () => {
    const key = publicKeyOf(new Uint8Array(32).fill(3))
    expect(Point.fromBytes(key).isTorsionFree()).toBe(true)
  })
})
