import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex, toHex, utf8, utf8Length } from '../../../src/core/encoding/bytes.js'

test('hex is read back to the same bytes, whatever their number', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 9_000, size: 'max' }), bytes => {
    const hex = toHex(bytes)
    expect(hex).toBe(Buffer.from(bytes).toString('hex'))
    expect(fromHex(hex)).toEqual(bytes)
  }), { numRuns: 50 })
})

test.each(['0', 'abc', 'AB', '0g', 'é0', '00\u0000\u0000', ' 00 '])('%j is no hex', text => {
  expect(fromHex(text)).toBeNull()
})

test('the length in UTF-8 is that of the bytes, halves of pairs included', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.array(fc.integer({ min: 0xd7f0, max: 0xe010 })), (text, units) => {
    const both = text + String.fromCharCode(...units)
    expect(utf8Length(both)).toBe(utf8(both).length)
  }))
})
