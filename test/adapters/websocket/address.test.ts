import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normaliseAddress, parseAddress } from '../../../src/adapters/websocket/address.js'

const urlOf = (text: string, label?: string): string => {
  const result = normaliseAddress(text, label)
  return result.ok ? `${result.value.url} ${result.value.label}` : result.failure.code
}

describe('an address', () => {
  it.each([
    ['mac.local', 'wss://mac.local:4747 static'],
    ['mac.local:80', 'wss://mac.local:80 static'],
    ['Mac.Tail12.TS.net:4747', 'wss://mac.tail12.ts.net:4747 static'],
    ['https://mac.local', 'wss://mac.local:4747 static'],
    ['HTTPS://mac.local:443/', 'wss://mac.local:443 static'],
    ['wss://mac.local:4747/skein', 'wss://mac.local:4747 static'],
    ['wss://mac.local:4747/skein/', 'wss://mac.local:4747 static'],
    ['  192.168.1.20:4747 ', 'wss://192.168.1.20:4747 static'],
    ['127.0.0.1', 'wss://127.0.0.1:4747 local'],
    ['localhost:5000', 'wss://localhost:5000 local'],
    ['ws://127.0.0.1:5000', 'ws://127.0.0.1:5000 local'],
    ['::1', 'wss://[::1]:4747 local'],
    ['[::1]', 'wss://[::1]:4747 local'],
    ['[FE80:0::1]:99', 'wss://[fe80::1]:99 static'],
    ['wss://[fe80::1%eth0]:99', 'wss://[fe80::1%eth0]:99 static'],
    ['bücher.example:1', 'wss://xn--bcher-kva.example:1 static']
  ])('%s becomes %s', (text, expected) => {
    expect(urlOf(text)).toBe(expected)
  })

  it.each(['local', 'lan', 'mdns'])('may go without TLS when it is labelled %s', (label) => {
    expect(urlOf('http://mac.local', label)).toBe(`ws://mac.local:4747 ${label}`)
    expect(urlOf('ws://mac.local:1', label)).toBe(`ws://mac.local:1 ${label}`)
    expect(urlOf('mac.local:1', label)).toBe(`wss://mac.local:1 ${label}`)
  })

  it.each(['vpn', 'wan', 'static', 'Local', '', '__proto__'])('needs TLS when it is labelled %j, and the answer names the fix', (label) => {
    const result = normaliseAddress('ws://mac.local:1', label)
    if (result.ok) throw new Error('accepted')
    expect(result.failure.code).toBe('LINK_INSECURE')
    expect(result.failure.message).toContain('write wss://mac.local:1')
  })

  it.each([
    '',
    ' ',
    ':4747',
    '4747',
    '127.1',
    '0x7f000001',
    'host:0',
    'host:65536',
    'host:-1',
    'host:4747x',
    'host:',
    'ftp://host',
    'me@host',
    'wss://me:secret@host',
    'host/else',
    'host?x=1',
    'host#x',
    'ho st',
    'ho\nst',
    'a:b:c',
    '[::1',
    '[host]:1',
    '[::1]x',
    'wss://',
    'x'.repeat(400)
  ])('%j is refused with its field', (text) => {
    const result = normaliseAddress(text)
    expect(result.ok ? result.value : [result.failure.code, result.failure.field]).toEqual(['FIELD_INVALID', 'address'])
  })

  it('never throws, and what it gives it takes again unchanged', () => {
    const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6(), fc.string(), fc.string({ unit: 'grapheme' }))
    const text = fc.tuple(fc.constantFrom('', 'ws://', 'wss://', 'http://', 'https://'), host, fc.constantFrom('', ':1', ':4747', ':99999', '/'))
    fc.assert(
      fc.property(text, (parts) => {
        const first = normaliseAddress(parts.join(''), 'lan')
        if (first.ok) expect(normaliseAddress(first.value.url, 'lan')).toEqual(first)
      })
    )
  })

  it('gives the parts to dial', () => {
    expect(parseAddress('wss://[fe80::1%eth0]:99')).toEqual({ ok: true, value: { secure: true, host: 'fe80::1%eth0', port: 99 } })
  })
})
