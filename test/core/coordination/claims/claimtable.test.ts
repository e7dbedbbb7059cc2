import { describe, expect, it } from 'vitest'
import type { SessionName } from '../../../../src/core/brand.js'
import { ageOf, sameTree, stateOf, unreadableOf } from '../../../../src/core/coordination/claims/claim.js'
import { LIMITS } from '../../../../src/core/limits.js'
import { claimIn, give, MINUTE, NOON, Scribe, viewOf } from '../records/scribe.js'

const mac = new Scribe('mac', 1)
const box = new Scribe('box', 2)
const actor = (scribe: Scribe, session = 'claude-1') => ({ host: scribe.host, session: session as SessionName })
const query = (scope: readonly string[], mode: 'exclusive' | 'shared' = 'exclusive', repo = 'app') => ({ repo, scope, mode })
const GRACE = LIMITS.leaseGraceMs

describe('overlap', () => {
  const claim = mac.claim(['src/auth/**', 'docs'], NOON, { reason: 'rewrite' })
  const shared = mac.claim(['lib'], NOON, { mode: 'shared' }, 'claude-2')
  const mutex = mac.claim(['@test-mutex', 'branch:refs/heads/x'], NOON, {}, 'claude-3')
  const view = viewOf([mac, box], [claim, shared, mutex])
  const found = (...given: Parameters<typeof query>) => view.claims.overlapping(query(...given), NOON).map(({ claim: { id }, item, other, witness }) => ({ id, item, other, witness }))

  it.each([
    [['src/auth/login.ts'], claim, 'src/auth/login.ts', 'src/auth/**', 'src/auth/login.ts'],
    [['src'], claim, 'src', 'src/auth/**', 'src/auth/x'],
    [['docs/*.md'], claim, 'docs/*.md', 'docs', 'docs/x.md'],
    [['**'], mutex, null, null, null],
    [['@test-mutex'], mutex, '@test-mutex', '@test-mutex', '@test-mutex'],
    [['branch:refs/heads/x'], mutex, 'branch:refs/heads/x', 'branch:refs/heads/x', 'branch:refs/heads/x']
  ] as const)('%j', (scope, expected, item, other, witness) => {
    const hits = found(scope).filter(({ id }) => id === expected.id)
    if (item === null) expect(hits).toEqual([])
    else expect(hits).toEqual([{ id: expected.id, item, other, witness: expect.stringContaining(witness.slice(0, 4)) }])
  })

  it('is none with another place, repository or name', () => {
    for (const scope of [['srcx'], ['src/auth.ts'], ['@test-mutex2'], ['branch:refs/heads/xy'], ['test-mutex']]) expect(found(scope)).toEqual([])
    expect(found(['src'], 'exclusive', 'other')).toEqual([])
  })

  it('is none between two who only read', () => {
    expect(found(['lib'], 'shared')).toEqual([])
    expect(found(['lib'], 'exclusive')).toHaveLength(1)
    expect(found(['docs'], 'shared')).toHaveLength(1)
  })

  it('is told for each item of the query', () => {
    expect(found(['src/auth/a', 'free', 'docs/b', 'lib']).map(({ item }) => item)).toEqual(['src/auth/a', 'docs/b', 'lib'])
  })

  it('is never with oneself, and always with another session, whatever they share', () => {
    const held = (exceptSession: ReturnType<typeof actor>) => view.claims.overlapping(query(['docs']), NOON, { exceptSession }).length
    expect(held(actor(mac))).toBe(0)
    expect(held(actor(mac, 'claude-2'))).toBe(1)
    expect(held(actor(box))).toBe(1)
    expect(held(actor(mac, 'claude-1/sub'))).toBe(0)
    expect(held(actor(mac, 'claude-11'))).toBe(1)
  })

  it('lets two subagents of one parent warn each other, and neither their parent', () => {
    const subs = viewOf([mac], [mac.claim(['src'], NOON, {}, 'p/a'), mac.claim(['src'], NOON, {}, 'p/b'), mac.claim(['src'], NOON, {}, 'p')])
    expect(subs.claims.crossings(NOON).map(({ lead, follows }) => [lead.session, follows.session].sort())).toEqual([['p/a', 'p/b']])
  })

  it('covers everything where a pattern cannot be read, and says so', () => {
    const strange = mac.claim(['src/[[:alpha:]]', 'new{1..9}'], NOON)
    const odd = viewOf([mac], [strange])
    expect(unreadableOf(claimIn(odd, strange))).toEqual(['src/[[:alpha:]]', 'new{1..9}'])
    expect(odd.claims.overlapping(query(['anything']), NOON)).toHaveLength(1)
    give(odd, [mac.write('release', { claims: [strange.id], scope: ['new{1..9}'] }, NOON + 1)])
    expect(odd.claims.overlapping(query(['anything']), NOON + 1)).toHaveLength(1)
    give(odd, [mac.write('release', { claims: [strange.id], scope: ['src/[[:alpha:]]'] }, NOON + 2)])
    expect(odd.claims.overlapping(query(['anything']), NOON + 2)).toEqual([])
  })

  it.each([
    [['src/[[:alpha:]]', 'new{1..9}', 'docs'], ['new{1..9}']],
    [['', 'new{1..9}', 'docs'], ['new{1..9}']],
    [['', 'new{1..9}', 'docs'], ['']]
  ])('goes on covering everything while another item of %j does, once %j is released', (scope, released) => {
    const several = mac.claim(scope, NOON)
    const view = viewOf([mac], [several])
    give(view, [mac.write('release', { claims: [several.id], scope: released }, NOON + 1)])
    expect(view.claims.overlapping(query(['anything']), NOON + 1)).toHaveLength(1)
    give(view, [mac.write('release', { claims: [several.id], scope: scope.filter(item => item !== 'docs') }, NOON + 2)])
    expect(view.claims.overlapping(query(['anything']), NOON + 2)).toEqual([])
    expect(view.claims.overlapping(query(['docs']), NOON + 2)).toHaveLength(1)
  })

  it('stops where the looks are used up, and says so by what is left of them', () => {
    const many = viewOf([mac], Array.from({ length: 50 }, (_, index) => mac.claim([`src/${index}`], NOON, {}, `s-${index}`)))
    const looks = { left: 20 }
    expect(many.claims.overlapping(query(['src']), NOON, { looks })).toHaveLength(20)
    expect(looks.left).toBeLessThan(0)
    const enough = { left: 200 }
    expect(many.claims.overlapping(query(['src']), NOON, { looks: enough })).toHaveLength(50)
    expect(enough.left).toBe(150)
  })

  it('of one host are found by its sessions', () => {
    const view = viewOf([mac, box], [mac.claim(['a'], NOON), mac.claim(['b'], NOON, {}, 's-2'), box.claim(['c'], NOON), mac.claim(['d'], NOON - 60 * MINUTE)])
    expect(view.claims.liveOfHost(mac.host, NOON).map(({ scope }) => scope[0]).sort()).toEqual(['a', 'b'])
  })

  it('of one host that nothing has ended are counted as they come and go, under whatever key', () => {
    const held = [mac.claim(['a', 'b'], NOON, { repo: 'work/team/app' }), mac.claim(['c'], NOON - 60 * MINUTE, {}, 's-2'), box.claim(['d'], NOON)]
    const view = viewOf([mac, box], held)
    const count = () => [view.claims.standingCount(mac.host), view.claims.standingCount(box.host)]
    expect(count()).toEqual([2, 1])
    const claims = held.slice(0, 1).map(({ id }) => id)
    give(view, [mac.write('release', { claims, scope: ['a'] }, NOON + 1)])
    expect(count()).toEqual([2, 1])
    const keys = ['work/team/app', 'github.com/team/app'].map(key => mac.write('repo', { key, state: 'enrolled', root: 'a'.repeat(40) }, NOON))
    give(view, keys)
    expect([view.claims.live(NOON).length, ...count()]).toEqual([2, 2, 1])
    give(view, [mac.write('release', { claims }, NOON + 2)])
    expect(count()).toEqual([1, 1])
    view.dropAuthor(mac.author)
    expect(count()).toEqual([0, 1])
  })

  it('tells two work trees apart', () => {
    const at = (scribe: Scribe, checkout?: string) => {
      const written = scribe.claim(['src'], NOON, checkout === undefined ? {} : { where: { checkout } })
      return claimIn(viewOf([mac, box], [written]), written)
    }
    expect(sameTree(at(mac, 'a'), at(mac, 'a'))).toBe(true)
    expect(sameTree(at(mac, 'a'), at(mac, 'b'))).toBe(false)
    expect(sameTree(at(mac, 'a'), at(box, 'a'))).toBe(false)
    expect(sameTree(at(mac), at(mac))).toBe(false)
  })

  it('of one among 10,000 looks at those around it and not at all', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => mac.claim([`src/feature${index % 100}/module${index}/file.ts`], NOON, {}, `s-${index % 50}`))
    const large = viewOf([mac], [...many, mac.claim(['**/*.md'], NOON)])
    expect(large.claims.count).toBe(10_001)
    expect([...large.claims.candidates('app', 'src/feature7/module107/file.ts')]).toHaveLength(2)
    expect([...large.claims.candidates('app', 'src/feature7')]).toHaveLength(101)
    const hits = large.claims.overlapping(query(['src/feature7/module107/**']), NOON)
    expect(hits.map(({ other, witness }) => [other, witness]).sort()).toEqual([
      ['**/*.md', 'src/feature7/module107/x.md'],
      ['src/feature7/module107/file.ts', 'src/feature7/module107/file.ts']
    ])
  })
})

describe('lease', () => {
  const claim = mac.claim(['src'], NOON)
  const end = NOON + 30 * MINUTE

  it('is live to its end and through the grace, then stale and not gone', () => {
    const view = viewOf([mac], [claim])
    const at = (now: number) => stateOf(claimIn(view, claim), now)
    expect([NOON - 1, NOON, end, end + GRACE, end + GRACE + 1, end + 1e9].map(at)).toEqual(['not-yet', 'live', 'live', 'live', 'stale', 'stale'])
    expect(view.claims.live(end + GRACE + 1)).toEqual([])
    expect(view.claims.ofSession(mac.host, 'claude-1' as SessionName, end + 1e9)).toHaveLength(1)
    expect(view.claims.overlapping(query(['src']), end + 1e9, { states: ['live', 'stale'] })).toHaveLength(1)
    expect(ageOf(claimIn(view, claim), NOON + MINUTE)).toBe(MINUTE)
    expect(ageOf(claimIn(view, claim), NOON - MINUTE)).toBe(0)
  })

  it('does not count as held before its own time, and counts by corrected time', () => {
    const ahead = new Scribe('ahead', 4, 600_000)
    const view = viewOf([mac, ahead], [ahead.claim(['lib'], NOON), mac.claim(['lib'], NOON + 5 * MINUTE)])
    expect(view.claims.live(NOON).map(({ host }) => host)).toEqual([ahead.host])
  })

  it('is moved by one renewal for all claims that its session had made', () => {
    const renewed = NOON + 10 * MINUTE
    const later = mac.claim(['later'], renewed + 1)
    const other = mac.claim(['other'], NOON, {}, 'claude-2')
    const lapsed = mac.claim(['lapsed'], NOON + 1)
    const renewal = mac.write('renew', { until: renewed + 60 * MINUTE, except: [lapsed.id] }, renewed)
    const view = viewOf([mac], [renewal, claim, later, other, lapsed])
    expect(claimIn(view, claim).until).toBe(renewed + 60 * MINUTE)
    for (const untouched of [later, other, lapsed]) expect(claimIn(view, untouched).until).toBeLessThan(renewed + 60 * MINUTE)
    view.changeAuthor(mac.author, mac.hostKey, { set: [], removed: [renewal.id] })
    expect(claimIn(view, claim).until).toBe(end)
  })

  it('is moved only by its own session on its own host, and never shortened', () => {
    const stranger = box.write('renew', { until: end + MINUTE }, NOON + 1)
    const shorter = mac.write('renew', { until: NOON + MINUTE }, NOON + 1)
    expect(claimIn(viewOf([mac, box], [claim, stranger, shorter]), claim).until).toBe(end)
  })

  it('keeps the highest of all turns that its author raised, and lowers none', () => {
    const minute = Math.floor(NOON / MINUTE)
    const raise = (turn: readonly number[], at: number, scribe = mac) => scribe.write('renew', { until: end, turns: { [claim.id]: turn } }, at)
    const renewals = [raise([minute - 5, 0], NOON + 3), raise([minute, 4], NOON + 1), raise([minute, 2], NOON + 2), raise([minute + 1, 0], NOON, box)]
    for (const written of [renewals, renewals.toReversed()]) expect(claimIn(viewOf([mac, box], [claim, ...written]), claim).turn).toEqual([minute, 4])
  })

  it('ends within a month of the record that states it', () => {
    const endless = mac.claim(['src'], NOON, { until: NOON * 2 })
    const renewal = mac.write('renew', { until: NOON * 2 }, NOON + MINUTE)
    expect(claimIn(viewOf([mac], [endless]), endless).until).toBe(NOON + LIMITS.leasePersonMaxMs)
    expect(claimIn(viewOf([mac], [endless, renewal]), endless).until).toBe(NOON + MINUTE + LIMITS.leasePersonMaxMs)
  })
})

describe('release', () => {
  const claim = mac.claim(['src', 'docs', '@mutex'], NOON)

  it('ends the claim, or the items that it names', () => {
    const part = mac.write('release', { claims: [claim.id], scope: ['docs', 'elsewhere'] }, NOON + 1)
    const rest = mac.write('release', { claims: [claim.id], scope: ['src', '@mutex'] }, NOON + 2)
    const view = viewOf([mac], [part, claim])
    expect(claimIn(view, claim).scope).toEqual(['src', '@mutex'])
    expect(view.claims.overlapping(query(['docs']), NOON + 1)).toEqual([])
    expect(view.claims.overlapping(query(['src']), NOON + 1)).toHaveLength(1)
    give(view, [rest])
    expect(stateOf(claimIn(view, claim), NOON + 2)).toBe('released')
    expect(view.claims.ofSession(mac.host, 'claude-1' as SessionName, NOON + 2)).toEqual([])
    expect([...view.claims.candidates('app', '**')]).toEqual([])
  })

  it('by another session or another host changes nothing', () => {
    const others = [mac.write('release', { claims: [claim.id] }, NOON + 1, 'claude-2'), box.write('release', { claims: [claim.id] }, NOON + 1), box.write('withdraw', { re: claim.id }, NOON + 1)]
    expect(claimIn(viewOf([mac, box], [claim, ...others]), claim).scope).toHaveLength(3)
  })

  it('is also what a withdrawal of the claim is', () => {
    expect(claimIn(viewOf([mac], [claim, mac.write('withdraw', { re: claim.id }, NOON + 1)]), claim).scope).toEqual([])
  })

  it('of one session leaves the claims of another', () => {
    const other = mac.claim(['lib'], NOON, {}, 'claude-2')
    const view = viewOf([mac], [claim, other, mac.write('release', { claims: [claim.id] }, NOON + 1)])
    expect(view.claims.live(NOON + 1).map(({ id }) => id)).toEqual([other.id])
  })
})

describe('reclaim', () => {
  const claim = mac.claim(['src'], NOON)
  const taker = box.claim(['src'], NOON + 40 * MINUTE)
  const reclaim = box.write('reclaim', { claims: [claim.id], reason: 'not heard since 14:00' }, NOON + 40 * MINUTE)
  const now = NOON + 41 * MINUTE

  it('marks the claim and passes the lead, and ends nothing', () => {
    const view = viewOf([mac, box], [claim, taker, reclaim])
    expect(claimIn(view, claim).reclaims.map(({ id }) => id)).toEqual([reclaim.id])
    expect(stateOf(claimIn(view, claim), now)).toBe('stale')
    give(view, [mac.write('renew', { until: now + 30 * MINUTE }, now)])
    expect(view.claims.crossings(now).map(({ lead, follows }) => [lead.id, follows.id])).toEqual([[taker.id, claim.id]])
  })

  it('is taken back by a renewal of its holder that has seen it, and by nothing else', () => {
    const back = (scribe: Scribe, session?: string) => scribe.write('renew', { until: now + 30 * MINUTE, back: [reclaim.id] }, now, session)
    const lead = (written: Parameters<typeof viewOf>[1]) => viewOf([mac, box], [claim, taker, reclaim, mac.write('renew', { until: now + 30 * MINUTE }, now), ...(written ?? [])]).claims.crossings(now)[0]?.lead.id
    expect(lead([])).toBe(taker.id)
    expect(lead([back(box), back(mac, 'claude-2')])).toBe(taker.id)
    expect(lead([back(mac)])).toBe(claim.id)
  })

  it('leaves the taker in the lead where the holder comes back after its lease, with a later turn', () => {
    const turn = [Math.floor(now / MINUTE), 1]
    const back = mac.write('renew', { until: now + 30 * MINUTE, back: [reclaim.id], turns: { [claim.id]: turn } }, now)
    const view = viewOf([mac, box], [claim, taker, reclaim, back])
    expect(claimIn(view, claim)).toMatchObject({ turn, reclaims: [] })
    expect(view.claims.crossings(now)[0]?.lead.id).toBe(taker.id)
  })

  it('of one’s own claim is nothing', () => {
    expect(claimIn(viewOf([mac], [claim, mac.write('reclaim', { claims: [claim.id] }, now)]), claim).reclaims).toEqual([])
  })
})
