import { describe, expect, it } from 'vitest'
import { stateOf } from '../../../../src/core/coordination/claims/claim.js'
import { claimIn, entryIn, give, MINUTE, NOON, Scribe, viewOf, type Written } from '../records/scribe.js'

const mac = new Scribe('mac', 1)
const box = new Scribe('box', 2)
const spark = new Scribe('spark', 3)
const all = [mac, box, spark]
const now = NOON + 10 * MINUTE

const claim = mac.claim(['src', 'docs'], NOON)
const toBoth = { to: { all: [box.host, spark.host] }, claims: [claim.id], ack: true, implicit: true }
const offer = mac.write('offer', toBoth, NOON + MINUTE)
const taken = (by: Scribe, of: Written, at: number, session?: string) => by.write('take', { re: of.id }, at, session)
const handedTo = (written: readonly Written[]) => claimIn(viewOf(all, written), claim).handed?.id ?? null

/** Every order of what came. */
const orders = <Item>(items: readonly Item[]): Item[][] => (items.length < 2 ? [[...items]] : items.flatMap((item, at) => orders(items.filter((_, other) => other !== at)).map(rest => [item, ...rest])))

describe('a claim that was offered', () => {
  const take = taken(box, offer, NOON + 2 * MINUTE)

  it('stands until one of those asked takes it, and is ended by both records together, whatever came first', () => {
    expect(stateOf(claimIn(viewOf(all, [claim, offer]), claim), now)).toBe('live')
    for (const written of orders([claim, offer, take])) {
      const view = viewOf(all, written)
      expect(claimIn(view, claim)).toMatchObject({ scope: [], handed: { id: take.id } })
      expect(view.claims.overlapping({ repo: 'app', scope: ['src'], mode: 'exclusive' }, now)).toEqual([])
    }
  })

  it('stands again where one of the records goes', () => {
    for (const gone of [offer, take]) {
      const view = viewOf(all, [claim, offer, take])
      view.changeAuthor(gone.author, gone.hostKey, { set: [], removed: [gone.id] })
      expect(claimIn(view, claim)).toMatchObject({ scope: ['src', 'docs'], handed: null })
    }
  })

  it('is taken by the first of two, the same on every host, and the other take changes nothing', () => {
    const other = taken(spark, offer, NOON + 2 * MINUTE - 1)
    for (const written of orders([claim, offer, take, other])) expect(handedTo(written)).toBe(other.id)
    const tie = taken(spark, offer, NOON + 2 * MINUTE)
    const [first] = [take, tie].sort((left, right) => (entryIn(viewOf(all, [left]), left).host < entryIn(viewOf(all, [right]), right).host ? -1 : 1))
    for (const written of orders([claim, offer, take, tie])) expect(handedTo(written)).toBe(first?.id)
  })

  it('is not taken by a host that nobody asked, or by its own holder; an asked host speaks for its sessions', () => {
    const named = mac.write('offer', { to: { host: box.host, session: 'codex-2' }, claims: [claim.id] }, NOON + MINUTE)
    expect(handedTo([claim, named, taken(spark, named, now), taken(mac, named, now), taken(mac, named, now, 'other')])).toBeNull()
    for (const session of ['codex-2', 'codex-3']) expect(handedTo([claim, named, taken(box, named, now, session)])).not.toBeNull()
    const home = mac.write('offer', { to: { host: mac.host }, claims: [claim.id] }, NOON + MINUTE)
    expect(handedTo([claim, home, taken(mac, home, now)])).toBeNull()
    expect(handedTo([claim, home, taken(mac, home, now, 'other')])).not.toBeNull()
  })

  it('is not offered by another than its holder', () => {
    for (const [scribe, session] of [[spark, 'claude-1'], [mac, 'claude-2']] as const) {
      const stolen = scribe.write('offer', toBoth, NOON + MINUTE, session)
      expect(handedTo([claim, stolen, taken(box, stolen, now)])).toBeNull()
    }
  })

  it('stays where the offer was taken back or had expired before, and not where that came after', () => {
    const withdraw = (at: number, session?: string) => mac.write('withdraw', { re: offer.id }, at, session)
    for (const written of orders([claim, offer, take, withdraw(NOON + 2 * MINUTE - 1)])) expect(handedTo(written)).toBeNull()
    for (const written of orders([claim, offer, take, withdraw(NOON + 2 * MINUTE + 1)])) expect(handedTo(written)).toBe(take.id)
    expect(handedTo([claim, offer, take, withdraw(NOON + 1, 'claude-2'), box.write('withdraw', { re: offer.id }, NOON + 1)])).toBe(take.id)
    const short = mac.write('offer', { ...toBoth, expires: NOON + 2 * MINUTE }, NOON + MINUTE)
    expect([handedTo([claim, short, taken(box, short, NOON + 2 * MINUTE)]) === null, handedTo([claim, short, taken(box, short, NOON + 2 * MINUTE + 1)]) === null]).toEqual([false, true])
  })

  it('ends no later because its old holder renews what else it holds', () => {
    const renewal = mac.write('renew', { until: NOON + 300 * MINUTE }, NOON + 5 * MINUTE)
    expect(claimIn(viewOf(all, [claim, offer, take, renewal]), claim).until).toBe(NOON + 30 * MINUTE)
    expect(claimIn(viewOf(all, [claim, offer, renewal]), claim).until).toBe(NOON + 300 * MINUTE)
  })

  it('is owed an answer by nobody once it is taken, and by those who did not refuse until then', () => {
    const reach = { now, atPeer: () => true }
    const owing = (written: readonly Written[]) => {
      const { deliveries } = viewOf(all, written)
      return [deliveries.owed({ host: mac.host }, reach).length, deliveries.owing({ host: box.host }, reach).length, deliveries.owing({ host: spark.host }, reach).length]
    }
    expect(owing([claim, offer])).toEqual([2, 1, 1])
    expect(owing([claim, offer, box.write('reject', { re: offer.id }, now)])).toEqual([1, 0, 1])
    expect(owing([claim, offer, take])).toEqual([0, 0, 0])
    expect(owing([claim, offer, taken(mac, offer, now)])).toEqual([2, 1, 1])
  })

  it('tells its offers and who took them', () => {
    const late = taken(spark, offer, NOON + 3 * MINUTE)
    const view = viewOf(all, [claim, offer, late, take])
    const { offers } = view.claims
    const [found] = offers.of(claimIn(view, claim).entry)
    expect([found?.id, found === undefined ? [] : offers.takesOf(found).map(({ id }) => id)]).toEqual([offer.id, [take.id, late.id]])
  })
})

describe('a crossing that is settled', () => {
  const theirs = box.claim(['src'], NOON)
  const settle = (by: Scribe, session?: string) => by.write('resolve', { claims: [claim.id, theirs.id], how: 'both' }, NOON + MINUTE, session)

  it.each([['one holder', mac], ['the other', box]])('is so by the word of %s', (_, by) => {
    const view = viewOf(all, [claim, theirs, settle(by)])
    expect(view.claims.crossings(now)[0]?.resolutions).toHaveLength(1)
    expect(view.claims.resolutionsOf(theirs.id)).toHaveLength(1)
  })

  it('is not so by the word of anybody else', () => {
    const view = viewOf(all, [claim, theirs])
    give(view, [settle(spark), settle(box, 'claude-2')])
    expect(view.claims.crossings(now)[0]?.resolutions).toEqual([])
    expect(view.claims.resolutionsOf(theirs.id)).toEqual([])
  })
})
