import { describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../../../src/adapters/crypto/node.js'
import type { SessionName } from '../../../../src/core/brand.js'
import type { Reach } from '../../../../src/core/coordination/delivery/delivery.js'
import { checkDraft } from '../../../../src/core/coordination/records/draft.js'
import { textHash } from '../../../../src/core/coordination/records/entry.js'
import type { RecordFields } from '../../../../src/core/coordination/records/record.js'
import { entryIn, give, MINUTE, NOON, Scribe, viewOf, type Written } from '../records/scribe.js'

const mac = new Scribe('mac', 1)
const box = new Scribe('box', 2)
const spark = new Scribe('spark', 3)
const hosts = [mac, box, spark]
const session = (name: string) => name as SessionName

const asked = (more: RecordFields = {}) => mac.write('message', { to: { host: box.host }, text: 'please read', ack: true, ...more }, NOON)
const answer = (kind: string, to: Written, scribe = box, at = NOON + MINUTE, more: RecordFields = {}, from = 'codex-2b') => {
  const hash = textHash(nodeCrypto, entryIn(viewOf([mac], [to]), to))
  const fields = { ack: { re: to.id, hash }, nack: { re: to.id, hash, reason: 'no' }, answer: { re: to.id, text: 'yes' }, receipt: { re: [to.id] }, withdraw: { re: to.id } }[kind] ?? { re: to.id }
  return scribe.write(kind, { ...fields, ...more }, at, from)
}
const reach = (now: number, more: Partial<Reach> = {}): Reach => ({ now, atPeer: () => false, ...more })
const states = (written: readonly Written[], about: Written, facts = reach(NOON + 2 * MINUTE)) => {
  const view = viewOf(hosts, written)
  return view.deliveries.of(entryIn(view, about), facts).map(({ state }) => state)
}

describe('delivery', () => {
  it('goes from written to at peer to surfaced to acked, by what is known and nothing else', () => {
    const message = asked()
    expect(states([message], message)).toEqual(['written'])
    expect(states([message], message, reach(NOON, { atPeer: host => host === box.host }))).toEqual(['at-peer'])
    expect(states([message, answer('receipt', message)], message)).toEqual(['surfaced'])
    expect(states([message, answer('receipt', message), answer('receipt', message, box, NOON + 5)], message)).toEqual(['surfaced'])
    expect(states([message, answer('receipt', message), answer('ack', message)], message)).toEqual(['acked'])
    expect(states([message, answer('nack', message)], message)).toEqual(['refused'])
  })

  it('is undone with the record that brought it', () => {
    const message = asked()
    const ack = answer('ack', message)
    const view = viewOf(hosts, [ack, message])
    view.changeAuthor(box.author, box.hostKey, { set: [], removed: [ack.id] })
    expect(view.deliveries.of(entryIn(view, message), reach(NOON)).map(({ state }) => state)).toEqual(['written'])
  })

  it('counts an ack only for the text that it names, and only from whom was asked', () => {
    const message = asked()
    expect(states([message, answer('ack', message, box, NOON + 1, { hash: 'c'.repeat(64) })], message)).toEqual(['written'])
    expect(states([message, answer('ack', message, spark)], message)).toEqual(['written'])
    const toSelf = mac.write('message', { to: { host: mac.host }, text: 'x', ack: true }, NOON)
    expect(states([toSelf, answer('ack', toSelf, mac, NOON + 1, {}, 'claude-1')], toSelf)).toEqual(['written'])
    expect(states([toSelf, answer('ack', toSelf, mac, NOON + 1, {}, 'claude-2')], toSelf)).toEqual(['acked'])
  })

  it('takes the last explicit word, and an explicit word before any reply', () => {
    const message = asked({ implicit: true })
    const later = (kind: string, minutes: number) => answer(kind, message, box, NOON + minutes * MINUTE)
    expect(states([message, later('answer', 1)], message)).toEqual(['acked'])
    expect(states([message, later('answer', 3), later('nack', 2)], message)).toEqual(['refused'])
    expect(states([message, later('nack', 1), later('ack', 2)], message)).toEqual(['acked'])
    const view = viewOf(hosts, [message, later('answer', 1)])
    expect(view.deliveries.of(entryIn(view, message), reach(NOON))).toMatchObject([{ implicit: true, by: { session: 'codex-2b' } }])
  })

  it('takes a reply for no ack where the sender did not allow it', () => {
    const message = asked()
    expect(states([message, answer('answer', message)], message)).toEqual(['written'])
  })

  it('expires, ends, is overdue; and a late ack still counts', () => {
    const message = asked({ deadline: NOON + MINUTE, expires: NOON + 10 * MINUTE })
    const view = viewOf(hosts, [message])
    const at = (now: number, more: Partial<Reach> = {}) => view.deliveries.of(entryIn(view, message), reach(now, more)).map(({ state, overdue }) => [state, overdue])
    expect(at(NOON + MINUTE)).toEqual([['written', false]])
    expect(at(NOON + MINUTE + 1)).toEqual([['written', true]])
    expect(at(NOON + MINUTE + 1, { ended: host => host === box.host })).toEqual([['ended', false]])
    expect(at(NOON + 10 * MINUTE + 1)).toEqual([['expired', false]])
    give(view, [answer('ack', message, box, NOON + 20 * MINUTE)])
    expect(at(NOON + 20 * MINUTE, { ended: () => true })).toEqual([['acked', false]])
  })

  it('is kept apart for each recipient', () => {
    const message = mac.write('message', { to: { role: 'worker', hosts: hosts.map(({ host }) => host) }, text: 'all', ack: true }, NOON)
    expect(states([message, answer('ack', message), answer('receipt', message, spark)], message)).toEqual(['written', 'acked', 'surfaced'])
  })

  it('to one session is surfaced by that session alone', () => {
    const message = asked({ to: { host: box.host, session: 'codex-2b' } })
    expect(states([message, answer('receipt', message, box, NOON + 1, {}, 'other')], message)).toEqual(['written'])
    expect(states([message, answer('receipt', message)], message)).toEqual(['surfaced'])
  })

  it('of what is addressed to nobody is none', () => {
    const note = mac.write('note', { text: 'x' }, NOON)
    expect(states([note], note)).toEqual([])
  })
})

describe('owed', () => {
  const first = asked()
  const second = mac.write('question', { to: { host: box.host, session: 'codex-2b' }, text: 'who?', ack: true }, NOON + MINUTE, 'claude-2')
  const third = mac.write('message', { to: { host: box.host }, text: 'no ack wanted' }, NOON)
  const fourth = spark.write('message', { to: { all: [mac.host, box.host] }, text: 'all', ack: true }, NOON + 2 * MINUTE)
  const view = viewOf(hosts, [fourth, third, second, first])
  const now = NOON + 47 * MINUTE
  const told = (list: ReturnType<typeof view.deliveries.owed>) => list.map(({ entry, delivery: { recipient }, ageMs }) => [entry.id, recipient.host, ageMs / MINUTE])

  it('to a host, a session and by them, oldest first, with its age', () => {
    const { deliveries } = view
    expect(told(deliveries.owed({ host: mac.host }, reach(now)))).toEqual([[first.id, box.host, 47], [second.id, box.host, 46]])
    expect(told(deliveries.owed({ host: mac.host, session: session('claude-2') }, reach(now)))).toEqual([[second.id, box.host, 46]])
    expect(told(deliveries.owed({ host: spark.host }, reach(now)))).toEqual([[fourth.id, mac.host, 45], [fourth.id, box.host, 45]])
    expect(told(deliveries.owing({ host: box.host }, reach(now)))).toEqual([[first.id, box.host, 47], [second.id, box.host, 46], [fourth.id, box.host, 45]])
    expect(told(deliveries.owing({ host: box.host, session: session('other') }, reach(now)))).toEqual([[first.id, box.host, 47], [fourth.id, box.host, 45]])
    expect(told(deliveries.owing({ host: spark.host }, reach(now)))).toEqual([])
    const toOwnHost = mac.write('message', { to: { host: mac.host }, text: 'to whoever is beside me', ack: true }, NOON)
    const here = viewOf(hosts, [toOwnHost]).deliveries
    expect(told(here.owing({ host: mac.host, session: session('claude-1') }, reach(now)))).toEqual([])
    expect(told(here.owing({ host: mac.host, session: session('claude-2') }, reach(now)))).toHaveLength(1)
  })

  it('no more once it is acked, refused or withdrawn', () => {
    const after = (...more: readonly Written[]) => viewOf(hosts, [first, ...more]).deliveries.owed({ host: mac.host }, reach(now)).length
    expect(after()).toBe(1)
    expect(after(answer('ack', first))).toBe(0)
    expect(after(answer('nack', first))).toBe(0)
    expect(after(answer('receipt', first))).toBe(1)
    expect(after(answer('withdraw', first, mac, NOON + 1, {}, 'claude-1'))).toBe(0)
    expect(after(answer('withdraw', first, mac, NOON + 1, {}, 'claude-2'))).toBe(1)
    expect(after(answer('withdraw', first))).toBe(1)
  })

  it('still, with the same id, however often it is read', () => {
    const readTwice = viewOf(hosts, [first, answer('receipt', first), answer('receipt', first, box, NOON + 9)])
    expect(readTwice.deliveries.owing({ host: box.host }, reach(now)).map(({ entry }) => entry.id)).toEqual([first.id])
  })
})

describe('what is said anew', () => {
  const first = asked()
  const second = mac.write('message', { to: { host: box.host }, text: 'please read, now', ack: true, supersedes: first.id, attempt: 2 }, NOON + 2 * MINUTE)
  const open = (...written: readonly Written[]) => viewOf(hosts, written).deliveries.owed({ host: mac.host }, reach(NOON + 9 * MINUTE)).map(({ entry }) => entry.id)

  it('is owed in place of what it stands for, and a late ack of that one does not clear it', () => {
    expect(open(first)).toEqual([first.id])
    expect(open(first, second)).toEqual([second.id])
    expect(open(first, second, answer('ack', first, box, NOON + 3 * MINUTE))).toEqual([second.id])
    expect(open(first, second, answer('ack', second, box, NOON + 3 * MINUTE))).toEqual([])
    // an ack whose hash is that of the old text clears nothing, whatever it names
    const stale = textHash(nodeCrypto, entryIn(viewOf([mac], [first]), first))
    expect(open(first, second, answer('ack', second, box, NOON + 3 * MINUTE, { hash: stale }))).toEqual([second.id])
  })

  it('only by its own author', () => {
    const other = spark.write('message', { to: { host: box.host }, text: 'no', ack: true, supersedes: first.id }, NOON + MINUTE)
    const beside = mac.write('message', { to: { host: box.host }, text: 'no', supersedes: first.id }, NOON + MINUTE, 'claude-2')
    expect(open(first, other)).toEqual([first.id])
    expect(open(first, beside)).toEqual([first.id])
  })
})

describe('a quorum', () => {
  const call = (quorum?: number) => mac.write('message', { to: { role: 'worker', hosts: hosts.map(({ host }) => host) }, text: 'go?', ack: true, ...(quorum === undefined ? {} : { quorum }) }, NOON)
  const tally = (about: Written, written: readonly Written[], viewer: Scribe | null = null) => {
    const view = viewOf(hosts, [about, ...written])
    const facts = reach(NOON + 9 * MINUTE, { isViewer: host => host === viewer?.host })
    return [view.deliveries.tally(entryIn(view, about), facts), view.deliveries.owed({ host: mac.host }, facts).length]
  }
  const two = (about: Written) => [answer('ack', about), answer('ack', about, spark)]

  it('is met by so many acks, and then nobody owes one; without it all are asked', () => {
    const [all, pair, three] = [call(), call(2), call(3)]
    expect(tally(all, two(all))).toEqual([{ of: 3, acked: 2, refused: 0, quorum: null }, 1])
    expect(tally(pair, two(pair))).toEqual([{ of: 3, acked: 2, refused: 0, quorum: { needs: 2, counted: 2, met: true } }, 0])
    expect(tally(three, two(three))).toEqual([{ of: 3, acked: 2, refused: 0, quorum: { needs: 3, counted: 2, met: false } }, 1])
    expect(tally(pair, [answer('ack', pair), answer('nack', pair, spark)])).toEqual([{ of: 3, acked: 1, refused: 1, quorum: { needs: 2, counted: 1, met: false } }, 1])
  })

  it('counts no viewer', () => {
    const pair = call(2)
    expect(tally(pair, two(pair), spark)).toEqual([{ of: 3, acked: 2, refused: 0, quorum: { needs: 2, counted: 1, met: false } }, 1])
  })

  it('asks for an ack, and for no more than were asked', () => {
    const to = { all: [box.host, spark.host] }
    expect(checkDraft('message', { to, text: 'x', quorum: 2 })).toMatchObject({ ok: false, failure: { code: 'FIELD_MISSING', field: 'ack' } })
    expect(checkDraft('message', { to, text: 'x', ack: true, quorum: 3 })).toMatchObject({ ok: false, failure: { code: 'FIELD_INVALID', field: 'quorum' } })
    expect(checkDraft('message', { to, text: 'x', ack: true, quorum: 0 })).toMatchObject({ ok: false, failure: { code: 'FIELD_INVALID', field: 'quorum' } })
    expect(checkDraft('message', { to, text: 'x', ack: true, quorum: 2 }).ok).toBe(true)
  })
})
