import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MeshId } from '../../../../src/core/brand.js'
import { LIMITS } from '../../../../src/core/limits.js'
import { decodeToken, encodeToken, type InvitationToken } from '../../../../src/core/coordination/membership/token.js'
import { codeOf, crypto, keyOf, take } from './mesh.js'

const token: InvitationToken = {
  mesh: 'ab'.repeat(32) as MeshId,
  meshName: 'demo',
  secret: new Uint8Array(32).fill(7),
  host: keyOf('mac'),
  hostName: 'mac',
  expires: 1_790_000_000_000,
  addresses: [
    { url: 'wss://192.168.1.20:7411', label: 'lan' },
    { url: 'wss://mac.tail12.ts.net:7411', label: 'vpn' }
  ]
}
const BASE32 = '0123456789abcdefghjkmnpqrstvwxyz'

describe('an invitation token', () => {
  it('comes back as it was made, also with line breaks and blanks from a terminal', () => {
    const text = take(encodeToken(crypto, token))
    expect(text).toMatch(/^sk1_[0-9a-z]+$/)
    expect(take(decodeToken(crypto, text))).toEqual(token)
    expect(take(decodeToken(crypto, `  ${text.slice(0, 80)}\r\n  ${text.slice(80)}\n`))).toEqual(token)
  })

  it('tells of every changed, missing or doubled character', () => {
    const text = take(encodeToken(crypto, token))
    for (let index = 0; index < text.length; index++) {
      const other = BASE32[(BASE32.indexOf(text[index] ?? '') + 1 + (index % 31)) % 32]
      if (other !== text[index]) expect(codeOf(decodeToken(crypto, text.slice(0, index) + other + text.slice(index + 1))), `changed at ${index}`).toBe('TOKEN_INVALID')
      expect(codeOf(decodeToken(crypto, text.slice(0, index) + text.slice(index + 1))), `missing at ${index}`).toBe('TOKEN_INVALID')
      expect(codeOf(decodeToken(crypto, text.slice(0, index) + text[index] + text.slice(index))), `doubled at ${index}`).toBe('TOKEN_INVALID')
    }
  })

  it('says what to do about anything else, however long', () => {
    const failureOf = (text: string) => {
      const result = decodeToken(crypto, text)
      return result.ok ? null : result.failure
    }
    expect(failureOf('')?.message).toContain('skein invite')
    expect(failureOf('https://example.org')?.message).toContain('sk1_')
    expect(failureOf('sk2_abc')?.message).toContain('format 2')
    expect(failureOf('sk1_')?.code).toBe('TOKEN_INVALID')
    expect(failureOf('x'.repeat(10_000_000))?.message).toContain('longer')
    fc.assert(fc.property(fc.string(), text => !decodeToken(crypto, `sk1_${text}`).ok))
  })

  it('is bounded when it is made', () => {
    const address = (length: number) => ({ url: `wss://${'a'.repeat(length - 6)}`, label: 'lan' })
    expect(codeOf(encodeToken(crypto, { ...token, addresses: Array.from({ length: LIMITS.profileAddresses }, () => address(64)) }))).toBe('ok')
    expect(codeOf(encodeToken(crypto, { ...token, addresses: Array.from({ length: LIMITS.profileAddresses + 1 }, () => address(64)) }))).toBe('TOO_LARGE')
    expect(codeOf(encodeToken(crypto, { ...token, addresses: Array.from({ length: LIMITS.profileAddresses }, () => address(LIMITS.addressChars)) }))).toBe('TOO_LARGE')
    expect(codeOf(encodeToken(crypto, { ...token, addresses: [{ url: 'wss://a b', label: 'lan' }] }))).toBe('FIELD_INVALID')
    expect(codeOf(encodeToken(crypto, { ...token, hostName: 'my mac' }))).toBe('FIELD_INVALID')
  })
})
