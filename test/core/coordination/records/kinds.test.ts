import { describe, expect, it } from 'vitest'
import type { HostId, SessionName } from '../../../../src/core/brand.js'
import { entryOf, proseOf } from '../../../../src/core/coordination/records/entry.js'
import { checkDraft } from '../../../../src/core/coordination/records/draft.js'
import { KIND_NAMES, kindSpec, UNKNOWN_LETTER } from '../../../../src/core/coordination/records/kinds.js'
import { formRecord, parseRecord, type RecordFields } from '../../../../src/core/coordination/records/record.js'
import type { Reference } from '../../../../src/core/coordination/records/reference.js'
import { SAMPLES, SOME_ID } from './samples.js'
import { MESH, NOON, Scribe } from './scribe.js'

const scribe = new Scribe('mac', 1)
const names = { host: (id: HostId) => `h-${id.slice(0, 4)}`, record: (id: Reference) => `x-${id.slice(0, 8)}` }
const kinds = Object.entries(SAMPLES)

const formed = (kind: string, fields: RecordFields): string => {
  const text = formRecord({ kind, session: 'claude-1' as SessionName, stamp: [NOON, 0], offset: 0, fields })
  if (!text.ok) throw new Error(text.failure.message)
  return text.value
}

describe('the registry', () => {
  it('knows every kind of the design', () => {
    const design =
      'claim renew release reclaim resolve offer take wait intent proposal accept reject ack nack status message question answer block unblock decision directive withdraw label responder profile repo task result handoff note receipt tempo'
    expect(KIND_NAMES).toEqual(expect.arrayContaining(design.split(' ')))
    expect(MESH).toHaveLength(64)
  })

  it('gives each kind a letter of its own', () => {
    const letters = KIND_NAMES.map(name => kindSpec(name)?.letter)
    expect(new Set([...letters, UNKNOWN_LETTER]).size).toBe(KIND_NAMES.length + 1)
    for (const letter of letters) expect(letter).toMatch(/^[a-z]{1,2}$/)
  })

  it.each(['constructor', '__proto__', 'toString', ''])('knows no kind %j', name => {
    expect(kindSpec(name)).toBeNull()
  })
})

describe.each(kinds)('%s', (kind, sample) => {
  const spec = kindSpec(kind)
  if (spec === null) throw new Error(`no kind ${kind}`)

  it('goes from draft to text to record', () => {
    const draft = checkDraft(kind, sample)
    expect(draft).toEqual({ ok: true, value: sample })
    const parsed = parseRecord(formed(kind, sample))
    expect(parsed.type === 'valid' ? Object.keys(parsed.record.fields).sort() : parsed).toEqual(Object.keys(sample).sort())
  })

  it('reads as one line', () => {
    const written = scribe.write(kind, sample, NOON)
    const line = proseOf(entryOf(written.id, scribe.host, scribe.hostKey, written.text), names)
    expect(line).toMatch(/^h-.{4}\/claude-1 [a-z].+$/u)
    expect(line).not.toMatch(/undefined|null|\[object|\n/)
  })

  it('is described', () => {
    expect(spec.description.length).toBeGreaterThan(20)
    for (const field of Object.values(spec.fields)) expect(field.type).not.toBe('')
  })

  it.each(Object.entries(spec.fields).map(([name, field]) => ({ name, required: field.required })))('names the field $name where it is missing or wrong', ({ name, required }) => {
    const { [name]: _, ...without } = sample
    const missing = checkDraft(kind, without)
    if (required) {
      expect(missing).toMatchObject({ ok: false, failure: { code: 'FIELD_MISSING', field: name } })
      expect(parseRecord(formed(kind, without))).toMatchObject({ type: 'invalid', kind })
    }
    for (const wrong of [null, 3.5, {}, { toString: 1 }, [[]], '']) {
      if (wrong === '' && name === 'scope') continue
      const checked = checkDraft(kind, { ...sample, [name]: wrong })
      expect(checked).toMatchObject({ ok: false, failure: { code: 'FIELD_INVALID', field: name } })
      expect(parseRecord(formed(kind, { ...sample, [name]: wrong }))).toMatchObject({ type: 'invalid', kind })
    }
  })

  it('refuses a field it does not know when written, and keeps it when read', () => {
    expect(checkDraft(kind, { ...sample, extra: 1 })).toMatchObject({ ok: false, failure: { code: 'FIELD_INVALID', field: 'extra' } })
    expect(parseRecord(formed(kind, { ...sample, extra: 1 })).type).toBe('valid')
  })
})

describe('what fields say together', () => {
  it.each([
    ['message', { text: 'hi' }, 'to', 'FIELD_MISSING'],
    ['note', { text: 'hi', ack: true }, 'to', 'FIELD_MISSING'],
    ['note', { text: 'hi', implicit: true }, 'to', 'FIELD_MISSING'],
    ['note', { text: 'hi', scope: ['src'] }, 'repo', 'FIELD_MISSING'],
    ['proposal', { to: { host: SOME_ID }, text: 'x' }, 'scope', 'FIELD_MISSING'],
    ['offer', { claims: [SOME_ID] }, 'to', 'FIELD_MISSING'],
    ['wait', {}, 'scope', 'FIELD_MISSING'],
    ['result', { outcome: 'done', text: 'x' }, 'evidence', 'FIELD_MISSING'],
    ['intent', { text: 'x'.repeat(2_001) }, 'text', 'FIELD_INVALID'],
    ['label', { labels: ['a b'] }, 'labels', 'FIELD_INVALID'],
    ['label', { labels: ['x'.repeat(33)] }, 'labels', 'FIELD_INVALID'],
    ['release', { claims: [SOME_ID, SOME_ID] }, 'claims', 'FIELD_INVALID'],
    ['status', { text: 'half \ud800' }, 'text', 'FIELD_INVALID']
  ])('%s %j: %s', (kind, fields, field, code) => {
    expect(checkDraft(kind, fields)).toMatchObject({ ok: false, failure: { code, field } })
  })

  it.each([
    ['intent', { text: '🦢'.repeat(2_000) }],
    ['note', { text: 'hi', scope: ['@test-mutex', 'branch:refs/heads/x'] }],
    ['label', {}],
    ['result', { outcome: 'claimed-done', text: 'x' }]
  ])('%s may do without', (kind, fields) => {
    expect(checkDraft(kind, fields).ok).toBe(true)
  })
})
