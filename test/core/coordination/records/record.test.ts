import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../../../src/adapters/crypto/node.js'
import type { HostKey, SessionName } from '../../../../src/core/brand.js'
import { entryOf, kindShown } from '../../../../src/core/coordination/records/entry.js'
import { correctedWall, formRecord, parseRecord, recordIdOf } from '../../../../src/core/coordination/records/record.js'
import { isRecordId } from '../../../../src/core/coordination/records/reference.js'
import { LIMITS } from '../../../../src/core/limits.js'
import { MESH, NOON, Scribe } from './scribe.js'

const scribe = new Scribe('mac', 1)
const text = (more: string) => `{"v":1,"kind":"status","session":"claude-1","stamp":[${NOON},0],"text":"hi"${more}}`
const reasonOf = (given: string) => {
  const parsed = parseRecord(given)
  return parsed.type === 'invalid' ? parsed.reason : parsed.type
}

describe('text of a record', () => {
  it('is the header and then the fields, the offset only where there is one', () => {
    const form = { kind: 'status', session: 'claude-1' as SessionName, stamp: [NOON, 3] as const, fields: { text: 'hi', to: undefined } }
    expect(formRecord({ ...form, offset: 0 })).toEqual({ ok: true, value: `{"v":1,"kind":"status","session":"claude-1","stamp":[${NOON},3],"text":"hi"}` })
    expect(formRecord({ ...form, offset: -250 })).toEqual({ ok: true, value: `{"v":1,"kind":"status","session":"claude-1","stamp":[${NOON},3],"offset":-250,"text":"hi"}` })
  })

  it('is refused when it is too large', () => {
    const fields = { text: '\u0001'.repeat(LIMITS.textChars) }
    expect(formRecord({ kind: 'message', session: 's' as SessionName, stamp: [0, 0], offset: 0, fields })).toMatchObject({ ok: false, failure: { code: 'TOO_LARGE' } })
  })

  it('names the record, together with mesh and host', () => {
    const id = recordIdOf(nodeCrypto, MESH, scribe.hostKey, text(''))
    expect(isRecordId(id)).toBe(true)
    const tag = Buffer.from('skein.record')
    const whole = Buffer.concat([Buffer.from([0, tag.length]), tag, Buffer.from([0, 1]), Buffer.from(MESH, 'hex'), Buffer.from(scribe.hostKey, 'hex'), Buffer.from(text(''))])
    const bits = [...createHash('sha256').update(whole).digest().subarray(0, 20)].map(byte => byte.toString(2).padStart(8, '0')).join('')
    const letters = Array.from({ length: 32 }, (_, index) => '0123456789abcdefghjkmnpqrstvwxyz'[Number.parseInt(bits.slice(index * 5, index * 5 + 5), 2)])
    expect(id).toBe(letters.join(''))
    expect(recordIdOf(nodeCrypto, MESH, 'ff'.repeat(32) as HostKey, text(''))).not.toBe(id)
    expect(recordIdOf(nodeCrypto, MESH, scribe.hostKey, text(' '))).not.toBe(id)
  })

  it('says mesh time by its stamp and offset', () => {
    const parsed = parseRecord(scribe.write('status', { text: 'x' }, NOON).text)
    expect(parsed.type === 'valid' && correctedWall(parsed.record)).toBe(NOON)
    const skewed = new Scribe('box', 2, 600_000).write('status', { text: 'x' }, NOON)
    expect(entryOf(skewed.id, scribe.host, scribe.hostKey, skewed.text).wall).toBe(NOON)
  })
})

describe('reading', () => {
  it.each([
    ['', 'the text is not JSON'],
    ['[]', 'the text is not a JSON object'],
    ['null', 'the text is not a JSON object'],
    ['"claim"', 'the text is not a JSON object'],
    ['{"v":1,"kind":"Claim"}', 'kind must be a name'],
    ['{"v":1,"kind":"status"}', 'session must be the name of a session'],
    [text('').replace('"v":1', '"v":0'), 'v must be a version from 1 on'],
    [text('').replace('"v":1,', ''), 'v must be a version from 1 on'],
    [text('').replace('claude-1', 'a b'), 'session must be the name of a session'],
    [text('').replace('claude-1', '\\u001b[2J'), 'session must be the name of a session'],
    [text('').replace(`[${NOON},0]`, '[1]'), 'stamp must be [wall, count]'],
    [text('').replace(`[${NOON},0]`, '[1,2,3]'), 'stamp must be [wall, count]'],
    [text('').replace(`[${NOON},0]`, '[1e300,0]'), 'stamp must be [wall, count]'],
    [text('').replace(`[${NOON},0]`, '[-1,0]'), 'stamp must be [wall, count]'],
    [text(',"offset":0.5'), 'offset must be whole milliseconds'],
    [text(`,"offset":${NOON + 1}`), 'stamp minus offset is no time'],
    [text(',"x":{"__proto__":{"admin":true}}'), 'the text has a key __proto__'],
    [text(',"x":[{"constructor":1}]'), 'the text has a key constructor'],
    [text(',"prototype":1'), 'the text has a key prototype'],
    [text(`,"x":${'['.repeat(32)}${']'.repeat(32)}`), 'the text is more than 32 levels deep'],
    [`{"a":${'['.repeat(16_000)}`, 'the text is more than 32 levels deep'],
    [text(`,"x":"${'é'.repeat(LIMITS.recordBytes / 2)}"`), `the record has more than ${LIMITS.recordBytes} bytes`]
  ])('%s → %s', (given, reason) => {
    expect(reasonOf(given)).toBe(reason)
  })

  it('counts brackets in a text as text', () => {
    expect(reasonOf(text(`,"x":"${'[{'.repeat(100)}\\"${'['.repeat(100)}"`))).toBe('valid')
  })

  it('keeps a kind it does not know, and reads a newer version of one it knows', () => {
    const strange = scribe.sign('{"v":3,"kind":"sonnet","session":"s","stamp":[5,0],"lines":14}')
    const entry = entryOf(strange.id, scribe.host, scribe.hostKey, strange.text)
    expect(kindShown(entry)).toBe('unknown:sonnet')
    expect(entry.parsed).toMatchObject({ type: 'unknown', fields: { lines: 14 } })
    expect(entry.text).toBe(strange.text)
    expect(reasonOf(text(',"v":2,"mood":"calm"'))).toBe('valid')
  })

  it('refuses a turn that lies far after its own time, and takes one that lies before', () => {
    const at = (minute: number) => reasonOf(scribe.claim(['src'], NOON, { turn: [minute, 0] }).text)
    expect(at(NOON / 60_000 + LIMITS.turnAheadMinutes)).toBe('valid')
    expect(at(0)).toBe('valid')
    expect(at(NOON / 60_000 + LIMITS.turnAheadMinutes + 1)).toBe("turn lies more than 10 minutes after the record's own time")
  })

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.json(), fc.jsonValue().map(value => text(`,"to":${JSON.stringify(value)}`))), given => {
        expect(['valid', 'unknown', 'invalid']).toContain(parseRecord(given).type)
      }),
      { numRuns: 200 }
    )
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })
})
