import { describe, expect, it } from 'vitest'
import { checkDraft, checkSendable } from '../../../../src/core/coordination/records/draft.js'
import { KIND_NAMES } from '../../../../src/core/coordination/records/kinds.js'
import { SAMPLES, SOME_ID } from './samples.js'

describe('draft', () => {
  it('of an unknown kind is refused with the kinds there are', () => {
    expect(checkDraft('clam', {})).toMatchObject({ ok: false, failure: { code: 'KIND_UNKNOWN', field: 'kind', details: { kinds: KIND_NAMES } } })
  })

  it.each(['ack', 'nack', 'receipt'])('of an ack for a %s is refused', about => {
    expect(checkDraft('ack', SAMPLES.ack, () => about)).toMatchObject({ ok: false, failure: { code: 'ACK_OF_ACK', field: 're' } })
    expect(checkDraft('nack', SAMPLES.nack, () => about)).toMatchObject({ ok: false, failure: { code: 'ACK_OF_ACK' } })
    expect(checkDraft('answer', SAMPLES.answer, () => about).ok).toBe(true)
  })

  it('answers something that is here, and of the kind that it answers', () => {
    expect(checkDraft('ack', SAMPLES.ack, () => null)).toMatchObject({ ok: false, failure: { code: 'NO_SUCH_RECORD', field: 're' } })
    expect(checkDraft('ack', SAMPLES.ack, id => (id === SOME_ID ? 'message' : null)).ok).toBe(true)
    expect(checkDraft('accept', SAMPLES.accept, () => 'message')).toMatchObject({ ok: false, failure: { code: 'FIELD_INVALID', field: 're' } })
    expect(checkDraft('accept', SAMPLES.accept, () => 'proposal').ok).toBe(true)
  })

  it('leaves out what is undefined', () => {
    expect(checkDraft('note', { text: 'hi', repo: undefined })).toEqual({ ok: true, value: { text: 'hi' } })
  })
})

describe('send --kind', () => {
  it.each(KIND_NAMES.filter(name => checkSendable(name).ok))('makes a %s', kind => {
    expect(SAMPLES).toHaveProperty(kind)
  })

  it('sends free text and its like, and nothing that has a command of its own', () => {
    expect(KIND_NAMES.filter(name => checkSendable(name).ok)).toEqual(
      ['accept', 'reject', 'status', 'message', 'question', 'answer', 'block', 'unblock', 'decision', 'directive', 'withdraw', 'label', 'responder', 'task', 'result', 'note']
    )
    expect(checkSendable('claim')).toMatchObject({ ok: false, failure: { code: 'FIELD_INVALID', next: ['skein claim SCOPE…'] } })
    expect(checkSendable('receipt')).toMatchObject({ ok: false, failure: { code: 'FIELD_INVALID', message: 'receipt is written by the host itself' } })
  })

  it('says what makes a role', () => {
    for (const checked of [checkSendable('role'), checkDraft('role', { text: 'planner' })]) {
      expect(checked).toMatchObject({ ok: false, failure: { code: 'FIELD_INVALID', field: 'kind', next: ['skein invite --role ROLE'] } })
    }
  })

  it('does not take a name from a prototype for a command', () => {
    expect(checkSendable('constructor')).toMatchObject({ ok: false, failure: { code: 'KIND_UNKNOWN' } })
  })
})
