import { describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../../../src/adapters/crypto/node.js'
import type { SessionName } from '../../../../src/core/brand.js'
import { textHash } from '../../../../src/core/coordination/records/entry.js'
import type { RecordFields } from '../../../../src/core/coordination/records/record.js'
import { entryIn, MINUTE, NOON, Scribe, viewOf, type Written } from '../records/scribe.js'

const mac = new Scribe('mac', 1)
const box = new Scribe('box', 2)
const where = { checkout: 'box:app' }

const actor = (session: string, scribe = box) => ({ host: scribe.host, session: session as SessionName })
const message = (more: RecordFields = {}) => mac.write('message', { to: { host: box.host, session: 'one' }, text: 'please read', ack: true, ...more }, NOON)
const ends = (session: string, minutes: number, more: RecordFields = {}) => box.write('handoff', { cause: 'died', where, ...more }, NOON + minutes * MINUTE, session)
const takes = (session: string, handoff: Written, minutes: number) => box.write('take', { re: handoff.id }, NOON + minutes * MINUTE, session)
const sees = (session: string, what: Written, minutes: number) => box.write('receipt', { re: [what.id] }, NOON + minutes * MINUTE, session)
const acks = (session: string, what: Written, minutes: number) =>
  box.write('ack', { re: what.id, hash: textHash(nodeCrypto, entryIn(viewOf([mac], [what]), what)) }, NOON + minutes * MINUTE, session)

/** State and heir of the only recipient, where every record is known to be at box. */
const stateOf = (about: Written, ...written: readonly Written[]): string => {
  const view = viewOf([mac, box], [about, ...written])
  const [delivery] = view.deliveries.of(entryIn(view, about), { now: NOON + 60 * MINUTE, atPeer: () => true })
  return `${delivery?.state}${delivery?.heir === null || delivery === undefined ? '' : ` → ${delivery.heir.session ?? 'host'}`}`
}

const owedBy = (session: string, about: Written, ...written: readonly Written[]): number =>
  viewOf([mac, box], [about, ...written]).deliveries.owing(actor(session), { now: NOON + 60 * MINUTE, atPeer: () => true }).length

describe('what was sent to a session that ended', () => {
  const asked = message()
  const end = ends('one', 10)
  const take = takes('two', end, 12)

  it('goes to its host until somebody in its checkout takes over, then to that one, and never counts as shown before it is', () => {
    expect(stateOf(asked)).toBe('at-peer')
    expect(stateOf(asked, sees('one', asked, 5))).toBe('surfaced')
    expect(stateOf(asked, sees('one', asked, 5), end)).toBe('at-peer → host')
    expect(stateOf(asked, sees('one', asked, 5), end, sees('three', asked, 11))).toBe('surfaced → host')
    expect(stateOf(asked, sees('one', asked, 5), end, take)).toBe('at-peer → two')
    expect(stateOf(asked, end, take, sees('three', asked, 13))).toBe('at-peer → two')
    expect(stateOf(asked, end, take, sees('two', asked, 13))).toBe('surfaced → two')
    expect(stateOf(asked, end, take, acks('two', asked, 14))).toBe('acked')
    expect(stateOf(asked, acks('one', asked, 6), end)).toBe('acked')
    // a late word of the one that ended still counts
    expect(stateOf(asked, end, take, acks('one', asked, 9))).toBe('acked')
  })

  it('is owed by the successor alone, before that by every session of the host', () => {
    expect([owedBy('one', asked), owedBy('two', asked)]).toEqual([1, 0])
    expect([owedBy('two', asked, end), owedBy('three', asked, end)]).toEqual([1, 1])
    expect([owedBy('one', asked, end, take), owedBy('two', asked, end, take), owedBy('three', asked, end, take)]).toEqual([0, 1, 0])
    expect(owedBy('two', asked, end, take, acks('two', asked, 14))).toBe(0)
  })

  it('goes on to the successor of the successor, and back where that one had none', () => {
    const next = ends('two', 20)
    expect(stateOf(asked, end, take, sees('two', asked, 13), next)).toBe('at-peer → host')
    expect(stateOf(asked, end, take, next, takes('three', next, 21))).toBe('at-peer → three')
  })

  it('is its own again once it is back', () => {
    const back = box.write('withdraw', { re: end.id }, NOON + 15 * MINUTE, 'one')
    expect(stateOf(asked, end, take, back)).toBe('at-peer')
    expect(stateOf(asked, end, box.write('withdraw', { re: end.id }, NOON + 15 * MINUTE, 'two'))).toBe('at-peer → host')
    expect(stateOf(asked, end, take, back, ends('one', 30))).toBe('at-peer → host')
  })

  it('stays with whom it was shown to where no answer is wanted', () => {
    const told = message({ ack: false })
    expect(stateOf(told, sees('one', told, 5), end, take)).toBe('surfaced')
    expect(stateOf(told, end, take)).toBe('at-peer → two')
  })

  it('takes only the first of its own host that took it, and no loop', () => {
    expect(stateOf(asked, end, takes('three', end, 13), take)).toBe('at-peer → two')
    expect(stateOf(asked, end, mac.write('take', { re: end.id }, NOON + 11 * MINUTE, 'far'))).toBe('at-peer → host')
    expect(stateOf(asked, end, takes('one', end, 11))).toBe('at-peer → host')
    const other = ends('two', 20)
    expect(stateOf(asked, end, take, other, takes('one', other, 21))).toBe('at-peer → host')
  })

  it('has ended for good where its own author is who came after', () => {
    const within = box.write('message', { to: { host: box.host, session: 'one' }, text: 'beside you', ack: true }, NOON, 'two')
    expect(stateOf(within, end, take)).toBe('ended')
    expect(owedBy('two', within, end, take)).toBe(0)
  })

  it('leaves what it waited for to who came after', () => {
    const question = box.write('question', { to: { host: mac.host }, text: 'which?', ack: true }, NOON, 'one')
    const view = viewOf([mac, box], [question, end, take])
    const reach = { now: NOON + 60 * MINUTE, atPeer: () => true }
    expect(['one', 'two', 'three'].map(session => view.deliveries.owed(actor(session), reach).length)).toEqual([1, 1, 0])
  })
})

describe('what is left', () => {
  it('is listed for whom it waits, and for who took it', () => {
    const [one, two] = [ends('one', 10), ends('two', 11)]
    const view = viewOf([mac, box], [one, two, takes('three', one, 12)])
    expect(view.deliveries.successions.untaken(box.host).map(({ id }) => id)).toEqual([two.id])
    expect(view.deliveries.successions.takenBy(actor('three')).map(({ id }) => id)).toEqual([one.id])
    expect(view.deliveries.successions.untaken(mac.host)).toEqual([])
  })
})
