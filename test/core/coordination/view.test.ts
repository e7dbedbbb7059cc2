import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../../src/adapters/crypto/node.js'
import type { AuthorId, RecordId } from '../../../src/core/brand.js'
import { stateOf } from '../../../src/core/coordination/claims/claim.js'
import { proseOf } from '../../../src/core/coordination/records/entry.js'
import { View } from '../../../src/core/coordination/view.js'
import { entryIn, give, MESH, MINUTE, NOON, Scribe, viewOf, type Written } from './records/scribe.js'

const mac = new Scribe('mac', 1)
const box = new Scribe('box', 2, 90_000)
const spark = new Scribe('spark', 3)
const hosts = [mac, box, spark]

/** A mixed history of three hosts with everything that folds. */
const history = (): Written[] => {
  const written: Written[] = []
  for (const [index, host] of hosts.entries()) {
    for (let round = 0; round < 4; round++) {
      const at = NOON + round * MINUTE + index * 1_000
      const claim = host.claim([`src/${round % 2}/**`, '@mutex'], at)
      written.push(claim, host.write('message', { to: { all: hosts.map(each => each.host) }, text: `round ${round}`, ack: true }, at + 1))
      if (round === 1) written.push(host.write('release', { claims: [claim.id] }, at + 10_000))
      if (round === 2) written.push(host.write('renew', { until: at + 90 * MINUTE, turns: { [claim.id]: [Math.floor(at / MINUTE) + 1, index] } }, at + 20_000))
      if (round === 3) written.push((hosts[(index + 1) % 3] ?? mac).write('reclaim', { claims: [claim.id], reason: 'gone' }, at + 30_000))
    }
    written.push(host.sign(`{"v":1,"kind":"sonnet","session":"s","stamp":[${NOON},0],"lines":14}`), host.sign('not json'))
  }
  return written
}

/** Everything that a view answers, as one text. */
const answers = (view: View): string => {
  const now = NOON + 20 * MINUTE
  return JSON.stringify({
    hash: view.hash(),
    count: view.count,
    invalid: view.invalid(),
    claims: view.claims.inState(now, ['not-yet', 'live', 'stale', 'released']).map(claim => [claim.id, stateOf(claim, now), claim.scope, claim.until, claim.turn, claim.lead, claim.reclaims.map(({ id }) => id)]),
    crossings: view.claims.crossings(now).map(({ key, lead, witness }) => [key, lead.id, witness]),
    owed: hosts.map(({ host }) => view.deliveries.owing({ host }, { now, atPeer: () => false }).map(({ entry, delivery }) => [entry.id, delivery.state])),
    timeline: view.timeline.entries().map(entry => proseOf(entry, view.names()))
  })
}

describe('view', () => {
  it('is the same whatever the order, the repetitions, the epochs and the way it came about', () => {
    const all = history()
    const expected = answers(viewOf(hosts, all))
    fc.assert(
      fc.property(
        fc.shuffledSubarray(all, { minLength: all.length }),
        fc.array(fc.tuple(fc.nat(all.length - 1), fc.integer({ min: 1, max: 3 })), { maxLength: 12 }),
        fc.array(fc.nat(all.length), { maxLength: 3 }),
        fc.boolean(),
        (order, again, passing, rosterLast) => {
          const view = new View({ crypto: nodeCrypto, mesh: MESH })
          const enrol = () => view.setRoster(new Map(hosts.map(host => host.member())))
          if (!rosterLast) enrol()
          give(view, order)
          for (const [index, epoch] of again) {
            const written = all[index]
            const scribe = hosts.find(({ hostKey }) => hostKey === written?.hostKey)
            if (written !== undefined && scribe !== undefined) give(view, [{ ...written, author: scribe.epoch(epoch) }])
          }
          if (rosterLast) enrol()
          for (const index of passing) {
            const extra = mac.write('note', { text: `passing ${index}` }, NOON + index)
            give(view, [extra])
            view.hash()
            view.timeline.entries()
            view.changeAuthor(extra.author, extra.hostKey, { set: [], removed: [extra.id] })
          }
          expect(answers(view)).toBe(expected)
        }
      ),
      { numRuns: 100 }
    )
  })

  it('equals a fold from nothing after every change', () => {
    const all = history()
    const change = fc.record({ index: fc.nat(all.length - 1), epoch: fc.integer({ min: 1, max: 2 }), act: fc.constantFrom('set', 'remove', 'drop', 'replace', 'viewer', 'worker', 'out') })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), changes => {
        const view = viewOf(hosts)
        const documents = new Map<AuthorId, Map<RecordId, string>>()
        const roles = new Map(hosts.map(host => [host.hostKey, 'worker']))
        const roster = () => new Map(hosts.filter(host => roles.get(host.hostKey) !== 'out').map(host => host.member(roles.get(host.hostKey))))
        for (const { index, epoch, act } of changes) {
          const written = all[index]
          const scribe = hosts.find(({ hostKey }) => hostKey === written?.hostKey)
          if (written === undefined || scribe === undefined) continue
          const author = scribe.epoch(epoch)
          const document = documents.get(author) ?? new Map<RecordId, string>()
          if (act === 'set') {
            documents.set(author, document.set(written.id, written.text))
            view.changeAuthor(author, scribe.hostKey, { set: [[written.id, written.text]], removed: [] })
          } else if (act === 'remove') {
            document.delete(written.id)
            view.changeAuthor(author, scribe.hostKey, { set: [], removed: [written.id] })
          } else if (act === 'replace') {
            const records = all.filter(({ hostKey }, at) => hostKey === scribe.hostKey && at % 3 === index % 3).map(({ id, text }) => [id, text] as const)
            documents.set(author, new Map(records))
            view.replaceAuthor(author, scribe.hostKey, records)
          } else if (act === 'drop') {
            documents.delete(author)
            view.dropAuthor(author)
          } else {
            roles.set(scribe.hostKey, act)
            view.setRoster(roster())
          }
        }
        const fresh = new View({ crypto: nodeCrypto, mesh: MESH })
        fresh.setRoster(roster())
        for (const [author, records] of documents) fresh.replaceAuthor(author, author.slice(0, 64) as typeof mac.hostKey, records)
        expect(answers(view)).toBe(answers(fresh))
      }),
      { numRuns: 100 }
    )
  })

  it('changes its hash with every record and every member', () => {
    const view = viewOf([mac])
    const hashes = [view.hash()]
    give(view, [mac.claim(['src'], NOON)])
    hashes.push(view.hash())
    view.setRoster(new Map([mac.member(), box.member()]))
    hashes.push(view.hash())
    view.setRoster(new Map([mac.member(), box.member('viewer')]))
    hashes.push(view.hash())
    expect(new Set(hashes).size).toBe(4)
    expect(view.hash()).toBe(view.hash())
  })

  it('counts nothing of a host that the roster does not name', () => {
    const view = viewOf([mac], [mac.claim(['src'], NOON), box.claim(['src'], NOON)])
    expect(view.count).toBe(1)
    view.setRoster(new Map([mac.member(), box.member('worker', 'left')]))
    expect(view.count).toBe(2)
    view.setRoster(new Map())
    expect([view.count, view.claims.count, view.timeline.entries().length]).toEqual([0, 0, 0])
  })

  it('counts of a viewer only what a viewer may say', () => {
    const message = mac.write('message', { to: { host: box.host }, text: 'hi', ack: true }, NOON)
    const ack = box.write('ack', { re: message.id, hash: 'c'.repeat(64) }, NOON)
    const view = viewOf([mac], [message, ack, box.claim(['src'], NOON), box.write('profile', {}, NOON), box.sign('{}')])
    view.setRoster(new Map([mac.member(), box.member('viewer')]))
    expect([...view.records()].map(({ id }) => id).sort()).toEqual([message.id, ack.id, box.write('profile', {}, NOON).id].sort())
    expect(view.invalid()).toEqual([])
  })

  it('takes a record only under its own id, and names what stands elsewhere', () => {
    const claim = mac.claim(['src'], NOON)
    const view = viewOf([mac, box])
    const stolen = { ...claim, hostKey: box.hostKey, author: box.author }
    give(view, [stolen, { ...claim, text: claim.text.replace('src', 'lib') }])
    expect(view.count).toBe(0)
    expect(view.invalid().map(({ hostKey, id }) => [hostKey, id])).toEqual([[mac.hostKey, claim.id], [box.hostKey, claim.id]])
    give(view, [claim])
    expect(view.record(claim.id)?.host).toBe(mac.host)
    expect(view.invalid()).toHaveLength(1)
    view.dropAuthor(box.author)
    expect([view.count, view.invalid().length]).toEqual([1, 0])
  })

  it('keeps what is unknown or invalid, byte for byte, and out of the way', () => {
    const strange = mac.sign('{"v":1,"kind":"sonnet",  "session":"s","stamp":[5,0]}')
    const broken = mac.sign('{"v":1,"kind":"claim","session":"s","stamp":[5,0]}')
    const view = viewOf([mac], [strange, broken, mac.claim(['src'], NOON)])
    expect(view.count).toBe(3)
    expect(entryIn(view, strange).text).toBe(strange.text)
    expect(view.kindOf(strange.id)).toBe('unknown:sonnet')
    expect(view.invalid()).toEqual([{ hostKey: mac.hostKey, id: broken.id, reason: 'scope is missing' }])
    expect(view.claims.live(NOON)).toHaveLength(1)
  })

  it('keeps one record of several epochs until the last of them is gone', () => {
    const claim = mac.claim(['src'], NOON)
    const view = viewOf([mac], [claim, { ...claim, author: mac.epoch(2) }, { ...claim, author: mac.epoch(3) }])
    expect(view.count).toBe(1)
    view.dropAuthor(mac.epoch(1))
    view.dropAuthor(mac.epoch(3))
    expect(view.count).toBe(1)
    view.dropAuthor(mac.epoch(2))
    expect(view.count).toBe(0)
  })

  it('finds by letter and beginning, and names the candidates where there are several', () => {
    const notes = Array.from({ length: 200 }, (_, index) => mac.write('note', { text: `note ${index}` }, NOON + index))
    const claim = mac.claim(['src'], NOON)
    const view = viewOf([mac], [...notes, claim])
    const short = view.shortId(entryIn(view, claim))
    expect(short).toBe(`c-${claim.id.slice(0, 8)}`)
    for (const text of [short, claim.id, short.toUpperCase(), claim.id.slice(0, 8), `c-${claim.id.slice(0, 1)}`]) {
      expect(view.find(text)).toMatchObject({ ok: true, value: { id: claim.id } })
    }
    expect(view.find(`no-${claim.id}`)).toMatchObject({ ok: false, failure: { code: 'NO_SUCH_RECORD' } })
    expect(view.find('c-uuuu')).toMatchObject({ ok: false, failure: { code: 'NO_SUCH_RECORD' } })
    expect(view.find('')).toMatchObject({ ok: false, failure: { code: 'NO_SUCH_RECORD' } })
    const crowded = notes.map(({ id }) => id.slice(0, 1)).find((first, index, all) => all.indexOf(first) !== index) ?? ''
    expect(view.find(crowded)).toMatchObject({ ok: false, failure: { code: 'ID_AMBIGUOUS', details: { candidates: expect.arrayContaining([expect.stringMatching(/^[a-z]{1,2}-.{8}$/)]) } } })
  })

  it('tells two hosts of one name apart', () => {
    const paul = new Scribe('paul', 8)
    const other = new Scribe('paul', 9)
    const view = viewOf([mac, paul, other])
    expect(view.names().host(mac.host)).toBe('mac')
    expect(view.names().host(paul.host)).toBe(`paul-${paul.host.slice(0, 8)}`)
    expect(view.names().host(other.host)).not.toBe(view.names().host(paul.host))
  })
})
