import { describe, expect, it } from 'vitest'
import { KeyCache } from '../../../src/adapters/crypto/key-cache.js'
import { publicKeyOf } from '../../../src/adapters/crypto/seed.js'

const key = (number: number): Uint8Array => publicKeyOf(new Uint8Array(32).fill(number))

describe('KeyCache', () => {
  it('imports a key once', () => {
    const cache = new KeyCache(4)
    expect(cache.get(key(1))).toBe(cache.get(key(1)))
    expect(cache.get(key(1))).not.toBe(cache.get(key(2)))
  })

  it('keeps to its bound and drops what was longest unused', () => {
    const cache = new KeyCache(3)
    const first = cache.get(key(1))
    const second = cache.get(key(2))
    cache.get(key(3))
    cache.get(key(1))
    cache.get(key(4))
    expect(cache.size).toBe(3)
    expect(cache.get(key(1))).toBe(first)
    expect(cache.get(key(2))).not.toBe(second)
  })

  it('tells a view from the buffer that holds it', () => {
    const cache = new KeyCache(4)
    const framed = Uint8Array.from([0, ...key(1), 0])
    expect(cache.get(framed.subarray(1, 33))).toBe(cache.get(key(1)))
  })
})
