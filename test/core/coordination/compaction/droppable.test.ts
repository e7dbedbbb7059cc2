import { describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../../../src/adapters/crypto/node.js'
import type { RecordId } from '../../../../src/core/brand.js'
import { droppable } from '../../../../src/core/coordination/compaction/droppable.js'
import { textHash } from '../../../../src/core/coordination/records/entry.js'
import type { RecordFields } from '../../../../src/core/coordination/records/record.js'
import { LIMITS } from '../../../../src/core/limits.js'
import { entryIn, MINUTE, NOON, Scribe, viewOf, type Written } from '../records/scribe.js'

const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const mac = new Scribe('mac', 1)
const box = new Scribe('box', 2)

interface Look {
  readonly others?: readonly Written[]
  readonly elsewhere?: readonly Written[]
  readonly isAllShown?: boolean
  readonly members?: readonly Scribe[]
}

/** Which of mac's records its snapshot at this time leaves out, by their place in the list. */
const dropped = (own: readonly Written[], at: number, { others = [], elsewhere = [], isAllShown = true, members = [mac, box] }: Look = {}): number[] => {
  const view = viewOf(members, [...own, ...others])
  const records = new Map(own.map(({ id, text }) => [id, text] as const))
  const going = droppable({ view, host: mac.host, records, elsewhere: id => elsewhere.some(each => each.id === id), isAllShown }, at)
  return own.flatMap(({ id }, index) => (going.has(id) ? [index] : []))
}

const ackOf = (by: Scribe, target: Written, at: number, kind = 'ack', more: RecordFields = {}): Written =>
  by.write(kind, { re: target.id, hash: textHash(nodeCrypto, entryIn(viewOf([mac, box], [target]), target)), ...more }, at)

const toBox = { to: { host: box.host } }

describe('what a snapshot may leave out: claims', () => {
  const claim = mac.claim(['src/**'], NOON)
  const release = mac.write('release', { claims: [claim.id] }, NOON + MINUTE)
  const leaseEnd = NOON + 30 * MINUTE + LIMITS.leaseGraceMs

  it('keeps a claim and its release until the lease, the grace and a while are over, then drops both together', () => {
    expect(dropped([claim, release], leaseEnd + LIMITS.endedKeptMs)).toEqual([])
    expect(dropped([claim, release], leaseEnd + LIMITS.endedKeptMs + 1)).toEqual([0, 1])
  })

  it('counts the lease as the renewals have it', () => {
    const renew = mac.write('renew', { until: NOON + 2 * HOUR }, NOON + 20_000)
    expect(dropped([claim, renew, release], leaseEnd + LIMITS.endedKeptMs + 1)).toEqual([])
    expect(dropped([claim, renew, release], NOON + 2 * HOUR + LIMITS.leaseGraceMs + LIMITS.endedKeptMs + 1)).toEqual([0, 1, 2])
  })

  it('keeps a claim that lapsed and was never released over a weekend', () => {
    expect(dropped([claim], leaseEnd + LIMITS.staleClaimKeptMs)).toEqual([])
    expect(dropped([claim], leaseEnd + LIMITS.staleClaimKeptMs + 1)).toEqual([0])
  })

  it('never drops a release before the claim that it ends', () => {
    const long = mac.claim(['docs'], NOON, { until: NOON + 10 * DAY })
    const both = mac.write('release', { claims: [claim.id, long.id] }, NOON + MINUTE)
    expect(dropped([claim, long, both], NOON + 5 * DAY)).toEqual([0])
    expect(dropped([long, both], NOON + 11 * DAY)).toEqual([0])
    expect(dropped([long, both], NOON + 15 * DAY)).toEqual([0, 1])
  })

  it('keeps what ends a claim that another epoch of the key holds, and that claim', () => {
    expect(dropped([claim, release], NOON + 400 * DAY, { elsewhere: [claim] })).toEqual([])
    expect(dropped([release], NOON + 400 * DAY, { others: [{ ...claim, author: mac.epoch(2) }] })).toEqual([])
    expect(dropped([claim, release], NOON + 400 * DAY, { elsewhere: [release] })).toEqual([0])
  })

  it('keeps of many renewals the one that gives each claim its lease end, and those that raise a turn or take something back', () => {
    const later = mac.claim(['docs'], NOON + 10 * MINUTE)
    const renewals = [40, 50, 60, 70].map(minutes => mac.write('renew', { until: NOON + minutes * MINUTE, except: minutes === 70 ? [later.id] : undefined }, NOON + (minutes - 25) * MINUTE))
    const turned = mac.write('renew', { until: NOON + 41 * MINUTE, turns: { [claim.id]: [Math.floor(NOON / MINUTE) + 1, 0] } }, NOON + 11 * MINUTE)
    const back = mac.write('renew', { until: NOON + 42 * MINUTE, back: [release.id] }, NOON + 12 * MINUTE)
    const all = [claim, later, ...renewals, turned, back]
    expect(dropped(all, NOON + 65 * MINUTE)).toEqual([2, 3])
    expect(dropped(all, NOON + 20 * MINUTE)).toEqual([])
  })

  it('keeps the offer of a claim that was handed over as long as that claim stands here or in another epoch, and its withdrawal with it', () => {
    const long = mac.claim(['docs'], NOON, { until: NOON + 20 * DAY })
    const offer = mac.write('offer', { ...toBox, claims: [long.id], ack: true, implicit: true }, NOON + MINUTE)
    const take = box.write('take', { re: offer.id }, NOON + 2 * MINUTE)
    const look = { others: [take] }
    expect([15, 19, 21].map(days => dropped([long, offer], NOON + days * DAY, look))).toEqual([[], [], [0, 1]])
    expect(dropped([offer], NOON + 400 * DAY, { others: [take, { ...long, author: mac.epoch(2) }] })).toEqual([])
    const withdraw = mac.write('withdraw', { re: offer.id }, NOON + 3 * MINUTE)
    expect([15, 21].map(days => dropped([long, offer, withdraw], NOON + days * DAY, look))).toEqual([[], [0, 1, 2]])
  })

  it('keeps the own take of another host\'s offer as long as that offer is shown: the claim would stand again', () => {
    const theirs = box.claim(['docs'], NOON)
    const offer = box.write('offer', { to: { host: mac.host }, claims: [theirs.id] }, NOON + MINUTE)
    const take = mac.write('take', { re: offer.id }, NOON + 2 * MINUTE)
    expect([dropped([take], NOON + 400 * DAY, { others: [theirs, offer] }), dropped([take], NOON + 400 * DAY, { others: [theirs] })]).toEqual([[], [0]])
  })

  it('keeps what settled two claims as long as one of them is shown', () => {
    const [mine, theirs] = [mac.claim(['docs'], NOON, { until: NOON + 20 * DAY }), box.claim(['docs'], NOON)]
    const resolve = mac.write('resolve', { claims: [mine.id, theirs.id], how: 'both' }, NOON + MINUTE)
    expect([dropped([mine, resolve], NOON + 19 * DAY), dropped([resolve], NOON + 400 * DAY, { others: [theirs] }), dropped([resolve], NOON + 400 * DAY)]).toEqual([[], [], [0]])
  })

  it('keeps a reclaim of another host\'s claim as long as that claim is shown', () => {
    const theirs = box.claim(['src/**'], NOON)
    const reclaim = mac.write('reclaim', { claims: [theirs.id] }, NOON + HOUR)
    expect(dropped([reclaim], NOON + 400 * DAY, { others: [theirs] })).toEqual([])
    expect(dropped([reclaim], NOON + 400 * DAY)).toEqual([0])
  })
})

describe('what a snapshot may leave out: what was said', () => {
  it('keeps a message that wants an ack until it has it, whatever its age', () => {
    const message = mac.write('message', { ...toBox, text: 'stop', ack: true }, NOON)
    expect(dropped([message], NOON + 400 * DAY)).toEqual([])
    expect(dropped([message], NOON + 400 * DAY, { others: [ackOf(box, message, NOON + MINUTE)] })).toEqual([0])
    expect(dropped([message], NOON + 14 * DAY, { others: [ackOf(box, message, NOON + MINUTE)] })).toEqual([])
    expect(dropped([message], NOON + 400 * DAY, { others: [box.write('ack', { re: message.id, hash: 'a'.repeat(64) }, NOON + MINUTE)] })).toEqual([])
  })

  it('lets one go that expired, was withdrawn, or whose recipient is gone for good', () => {
    const expiring = mac.write('message', { ...toBox, text: 'stop', ack: true, expires: NOON + 20 * DAY }, NOON)
    expect([dropped([expiring], NOON + 20 * DAY), dropped([expiring], NOON + 20 * DAY + LIMITS.endedKeptMs + 1)]).toEqual([[], [0]])
    const message = mac.write('message', { ...toBox, text: 'stop', ack: true }, NOON)
    expect(dropped([message, mac.write('withdraw', { re: message.id }, NOON + DAY)], NOON + 400 * DAY)).toEqual([0, 1])
    expect(dropped([message, mac.write('withdraw', { re: message.id }, NOON + DAY, 'other')], NOON + 400 * DAY)).toEqual([])
    const view = viewOf([mac, box], [message])
    view.setRoster(new Map([mac.member(), box.member('worker', 'named')]))
    expect([...droppable({ view, host: mac.host, records: new Map([[message.id, message.text]]), elsewhere: () => false, isAllShown: true }, NOON + 400 * DAY)]).toEqual([message.id])
  })

  it('keeps the own ack as long as the other host\'s record is shown, or may be shown again', () => {
    const message = box.write('message', { to: { host: mac.host }, text: 'stop', ack: true }, NOON)
    const ack = ackOf(mac, message, NOON + MINUTE)
    expect(dropped([ack], NOON + 400 * DAY, { others: [message] })).toEqual([])
    expect(dropped([ack], NOON + 400 * DAY, { isAllShown: false })).toEqual([])
    expect(dropped([ack], NOON + 10 * DAY)).toEqual([])
    expect(dropped([ack], NOON + 400 * DAY)).toEqual([0])
    expect(dropped([mac.write('ack', { re: 'd'.repeat(64), hash: 'a'.repeat(64) }, NOON)], NOON + 400 * DAY)).toEqual([])
  })

  it('keeps between sessions of one host what is open, and drops what was asked with its answer', () => {
    const question = mac.write('question', { to: { host: mac.host }, text: 'why?', ack: true }, NOON, 's1')
    const answer = mac.write('answer', { re: question.id, text: 'so' }, NOON + MINUTE, 's2')
    const ack = ackOf(mac, question, NOON + 2 * MINUTE)
    expect(dropped([question], NOON + 400 * DAY)).toEqual([])
    expect(dropped([question, answer], NOON + 400 * DAY)).toEqual([])
    expect(dropped([question, answer, ack], NOON + 400 * DAY)).toEqual([])
    const theirs = box.write('answer', { re: question.id, text: 'so' }, NOON + 3 * MINUTE)
    expect(dropped([question, answer, ack], NOON + 400 * DAY, { others: [theirs] })).toEqual([0, 1, 2])
  })

  it.each([
    ['question', { ...toBox, text: 'why?' }, 'answer', { text: 'so' }],
    ['proposal', { ...toBox, text: 'split it', repo: 'app', scope: ['src'] }, 'accept', {}],
    ['block', { text: 'no access' }, 'unblock', {}],
    ['offer', { ...toBox, claims: ['0'.repeat(32)] }, 'take', {}]
  ])('keeps a %s until it is answered', (kind, fields, answer, more) => {
    const open = mac.write(kind, fields, NOON)
    expect(dropped([open], NOON + 4_000 * DAY)).toEqual([])
    expect(dropped([open], NOON + 400 * DAY, { others: [box.write(answer, { re: open.id, ...more }, NOON + DAY)] })).toEqual([0])
    expect(dropped([open], NOON + 10 * DAY, { others: [box.write(answer, { re: open.id, ...more }, NOON + DAY)] })).toEqual([])
  })

  it('keeps a relayed directive for two weeks after it expired', () => {
    const relayed = mac.write('directive', { text: 'freeze', expires: NOON + 20 * DAY }, NOON)
    expect([dropped([relayed], NOON + 33 * DAY), dropped([relayed], NOON + 35 * DAY)]).toEqual([[], [0]])
  })

  it('keeps a decision until it is withdrawn, and a task until it is done', () => {
    const decision = mac.write('decision', { text: 'tabs' }, NOON)
    expect(dropped([decision], NOON + 4_000 * DAY)).toEqual([])
    expect(dropped([decision, mac.write('withdraw', { re: decision.id }, NOON + DAY)], NOON + 400 * DAY)).toEqual([0, 1])
    const task = mac.write('task', { text: 'tabs', state: 'open' }, NOON)
    const done = mac.write('task', { re: task.id, text: 'tabs', state: 'done' }, NOON + DAY)
    expect([dropped([task], NOON + 400 * DAY), dropped([task, done], NOON + 400 * DAY), dropped([task, done], NOON + 10 * DAY)]).toEqual([[], [0, 1], []])
  })

  it('keeps what was said for a time: to somebody two weeks, plans three days, notes a month', () => {
    const said = [mac.write('message', { ...toBox, text: 'hi' }, NOON), mac.write('intent', { text: 'tests' }, NOON), mac.write('status', { text: 'busy' }, NOON), mac.write('note', { text: 'remember' }, NOON)]
    expect([1, 4, 15, 31].map(days => dropped(said, NOON + days * DAY))).toEqual([[], [1, 2], [0, 1, 2], [0, 1, 2, 3]])
  })

  it('keeps receipts as long as what they name is shown', () => {
    const theirs = [box.write('message', { to: { host: mac.host }, text: '1' }, NOON), box.write('message', { to: { host: mac.host }, text: '2' }, NOON)]
    const receipt = mac.write('receipt', { re: theirs.map(({ id }) => id) }, NOON + MINUTE)
    expect([dropped([receipt], NOON + 90 * DAY, { others: theirs }), dropped([receipt], NOON + 90 * DAY, { others: theirs.slice(1) }), dropped([receipt], NOON + 90 * DAY)]).toEqual([[], [], [0]])
  })
})

describe('what a snapshot may leave out: the host itself', () => {
  it('keeps the newest profile, and the newest label of each session, and the newest word of each repository', () => {
    const own = [
      mac.write('profile', { version: '1' }, NOON),
      mac.write('profile', { version: '2' }, NOON + MINUTE),
      mac.write('label', { labels: ['a'] }, NOON, 's1'),
      mac.write('label', { labels: ['b'] }, NOON + MINUTE, 's1'),
      mac.write('label', { labels: ['c'] }, NOON, 's2'),
      mac.write('repo', { key: 'app' }, NOON),
      mac.write('repo', { key: 'app', state: 'removed' }, NOON + MINUTE),
      mac.write('repo', { key: 'lib' }, NOON)
    ]
    expect(dropped(own, NOON + DAY)).toEqual([0, 2, 5])
    expect(dropped(own, NOON + LIMITS.endedKeptMs)).toEqual([])
  })

  it('keeps what this version cannot read, and what is in no view', () => {
    const own = [mac.sign(`{"v":1,"kind":"sonnet","session":"s","stamp":[${NOON},0],"lines":14}`), mac.sign('not json'), mac.write('intent', { text: 'tests' }, NOON)]
    expect(dropped(own, NOON + 400 * DAY)).toEqual([2])
    expect(dropped(own, NOON + 400 * DAY, { members: [box] })).toEqual([])
  })

  it('takes no more than 0.5 s of work for the largest document there can be', () => {
    const claims = Array.from({ length: LIMITS.liveRecordsPerAuthor / 2 }, (_, index) => mac.claim([`src/${index}`], NOON + index))
    const own = claims.flatMap((claim, index) => [claim, mac.write('release', { claims: [claim.id] }, NOON + 20_000 + index)])
    const view = viewOf([mac], own)
    const records = new Map<RecordId, string>(own.map(({ id, text }) => [id, text]))
    const before = process.cpuUsage()
    expect(droppable({ view, host: mac.host, records, elsewhere: () => false, isAllShown: true }, NOON + DAY).size).toBe(own.length)
    const took = process.cpuUsage(before).user / 1_000
    process.stdout.write(`droppable: ${own.length} records in ${took.toFixed(0)} ms\n`)
    expect(took).toBeLessThan(500)
  })
})

describe('what a snapshot may leave out: sessions that ended', () => {
  const handoff = mac.write('handoff', { cause: 'died' }, NOON, 'claude-1')
  const take = mac.write('take', { re: handoff.id }, NOON + MINUTE, 'claude-2')
  const asked = box.write('message', { to: { host: mac.host, session: 'claude-1' }, text: 'read', ack: true }, NOON)
  const over = NOON + MINUTE + LIMITS.saidKeptMs + 1

  it('keeps the end and who came after while something that was sent to one that ended is open, then drops both together', () => {
    expect(dropped([handoff, take], over - 2)).toEqual([])
    expect(dropped([handoff, take], over)).toEqual([0, 1])
    expect(dropped([handoff, take], over, { others: [asked] })).toEqual([])
    expect(dropped([handoff, take, ackOf(mac, asked, NOON + 2 * MINUTE)], over, { others: [asked] })).toEqual([0, 1])
  })

  it('keeps them while the one that ended still waits for an answer', () => {
    const waits = mac.write('message', { ...toBox, text: 'read', ack: true }, NOON, 'claude-1')
    expect(dropped([handoff, take, waits], over)).toEqual([])
  })
})
