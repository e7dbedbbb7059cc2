import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonLine } from '../../src/cli/json-line.js'
import { hanging, wrapText } from '../../src/cli/paragraph.js'
import { quotation } from '../../src/cli/records.js'
import { standardInput } from '../../src/cli/standard-input.js'

describe('text on a terminal', () => {
  it('is wrapped between words, within the width, and loses nothing', () => {
    expect(wrapText('a bb ccc dddd', 5)).toEqual(['a bb', 'ccc', 'dddd'])
    expect(wrapText('abcdefghijkl', 5)).toEqual(['abcde', 'fghij', 'kl'])
    expect(wrapText('', 5)).toEqual([''])
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 4, max: 40 }), (text, width) => {
        const lines = wrapText(text, width)
        expect(lines.every(line => Array.from(line).length <= width)).toBe(true)
        expect(lines.join('').replace(/\s/gu, '')).toBe(text.replace(/\s/gu, ''))
      })
    )
  })

  it('hangs under its first line', () => {
    expect(hanging('id ', 'one two three four five six seven', 24)).toBe('id one two three four\n   five six seven')
  })

  it('is quoted line by line, whatever somebody else wrote', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        for (const line of quotation(text, 60)) {
          expect(line).toMatch(/^ {2}>/)
          expect(line).not.toMatch(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u)
        }
      })
    )
  })

  it('is one line of JSON in which nothing controls a terminal, with the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
        const line = jsonLine({ value, text })
        expect(line).not.toMatch(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u)
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify({ value, text })))
      })
    )
  })

  it('comes from standard input up to its bound', async () => {
    const from = async function* (...chunks: string[]) {
      for (const chunk of chunks) yield Buffer.from(chunk)
    }
    expect(await standardInput(8, from('ab', 'cd\r\n'))).toEqual({ ok: true, value: 'abcd' })
    expect(await standardInput(3, from('ab', 'cd'))).toMatchObject({ ok: false, failure: { code: 'TOO_LARGE', field: 'text' } })
  })
})
