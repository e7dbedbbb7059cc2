import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Hash } from '../../../../src/core/brand.js'
import { hostIdOf } from '../../../../src/core/domain.js'
import { LIMITS } from '../../../../src/core/limits.js'
import { reduceRoster } from '../../../../src/core/coordination/membership/roster.js'
import { crypto, DrawnMesh, heldIn, keyOf, namesIn, rosterText, take } from './mesh.js'

const head = (epoch: string, seq: number, hash = 'aa') => ({ epoch: epoch.repeat(12), seq, hash: hash.repeat(32) as Hash })

describe('the roster', () => {
  it('is empty without its genesis', () => {
    const drawn = new DrawnMesh()
    const invite = drawn.invite('one')
    drawn.witness('mac', invite, 'box', 'one')
    const roster = reduceRoster(drawn.acts.slice(1))
    expect(roster).toMatchObject({ mesh: null, name: null, operators: [], members: new Map(), invitations: new Map() })
    expect(roster.admits(keyOf('mac'))).toEqual({ state: 'unknown' })
  })

  it('begins with the founder and its operator', () => {
    const drawn = new DrawnMesh()
    const roster = reduceRoster(drawn.acts)
    expect(roster).toMatchObject({ mesh: drawn.mesh, name: 'demo', operators: [{ key: keyOf('op'), name: null, act: drawn.genesis.id }] })
    expect([...roster.members.values()]).toEqual([
      { key: keyOf('mac'), hostId: hostIdOf(crypto, keyOf('mac')), name: 'mac', role: 'worker', ephemeral: false, since: { wall: 1000, count: 0 }, invite: null, witnesses: [], state: 'member' }
    ])
    expect(roster.isOperator(keyOf('op'))).toBe(true)
    expect(roster.isOperator(keyOf('mac'))).toBe(false)
  })

  it('lets in whom a member witnessed, with the role of the invitation', () => {
    const drawn = new DrawnMesh()
    const invite = drawn.invite('one', { role: 'viewer', ephemeral: true })
    const witness = drawn.witness('mac', invite, 'box', 'one')
    const roster = reduceRoster(drawn.acts)
    expect(roster.admits(keyOf('box'))).toEqual({ state: 'member' })
    expect(roster.members.get(keyOf('box'))).toMatchObject({ role: 'viewer', ephemeral: true, since: witness.stamp, invite: invite.id, witnesses: [keyOf('mac')] })
    expect(roster.invitations.get(invite.id)).toMatchObject({ uses: 1, usedBy: [keyOf('box')], cancelled: false })
  })

  it('holds while one witness stands, and names them all', () => {
    const drawn = new DrawnMesh()
    const first = drawn.invite('one')
    drawn.witness('mac', first, 'box', 'one')
    const second = drawn.invite('two')
    drawn.witness('mac', second, 'pi', 'two')
    drawn.witness('box', second, 'pi', 'two')
    drawn.witness('box', second, 'pi', 'two')
    expect(reduceRoster(drawn.acts).members.get(keyOf('pi'))?.witnesses).toEqual([keyOf('mac'), keyOf('box')])
    expect(reduceRoster(drawn.acts.slice(0, 5)).admits(keyOf('pi'))).toEqual({ state: 'member' })
  })

  it('counts witnesses of the invitation that the host stands by, and no use of another one', () => {
    const drawn = new DrawnMesh()
    drawn.witness('mac', drawn.invite('one'), 'pi', 'one')
    const first = drawn.invite('first')
    drawn.witness('mac', first, 'box', 'first')
    const second = drawn.invite('second')
    drawn.witness('pi', second, 'box', 'second')
    const roster = reduceRoster(drawn.acts)
    expect(roster.members.get(keyOf('box'))).toMatchObject({ invite: first.id, witnesses: [keyOf('mac')] })
    expect(roster.invitations.get(second.id)?.usedBy).toEqual([])
  })

  it('does not count a host\'s word for itself', () => {
    const drawn = new DrawnMesh()
    const invite = drawn.invite('one')
    drawn.witness('mac', invite, 'box', 'one')
    drawn.witness('box', invite, 'box', 'one')
    expect(reduceRoster(drawn.acts).members.get(keyOf('box'))?.witnesses).toEqual([keyOf('mac')])
  })

  it('does not count a witness by a stranger, nor two strangers who vouch for each other', () => {
    const drawn = new DrawnMesh()
    const invite = drawn.invite('one', { uses: 9 })
    drawn.witness('mallory', invite, 'trudy', 'one')
    drawn.witness('trudy', invite, 'mallory', 'one')
    drawn.witness('mallory', invite, 'mallory', 'one')
    const roster = reduceRoster(drawn.acts)
    expect(namesIn(roster)).toEqual(['mac'])
    expect(roster.heldBack.size).toBe(0)
    expect(roster.admits(keyOf('trudy'))).toEqual({ state: 'unknown' })
    drawn.witness('mac', invite, 'trudy', 'one')
    expect(namesIn(reduceRoster(drawn.acts))).toEqual(['mac', 'trudy', 'mallory'])
  })

  it('does not count an invitation or a cancellation by somebody who is no operator, member or not', () => {
    const drawn = new DrawnMesh()
    for (const by of ['mac', 'mallory']) {
      const invite = drawn.invite(by, {}, { by })
      drawn.witness('mac', invite, `guest-of-${by}`, by)
    }
    const good = drawn.invite('good')
    drawn.write('mac', { kind: 'cancel', body: { invite: good.id } })
    const roster = reduceRoster(drawn.acts)
    expect(namesIn(roster)).toEqual(['mac'])
    expect([...roster.invitations.values()]).toMatchObject([{ invite: good.id, cancelled: false }])
  })

  it('does not count a witness that names the invitation of another key', () => {
    const drawn = new DrawnMesh()
    const real = drawn.invite('real')
    drawn.invite('forged', {}, { by: 'mallory' })
    drawn.witness('mac', real, 'trudy', 'forged')
    expect(namesIn(reduceRoster(drawn.acts))).toEqual(['mac'])
  })

  it('keeps who was let in before a cancellation or an expiry was known: those bind the witness', () => {
    const drawn = new DrawnMesh()
    const invite = drawn.invite('one', { expires: 1 })
    drawn.witness('mac', invite, 'box', 'one')
    drawn.write('op', { kind: 'cancel', body: { invite: invite.id } })
    const roster = reduceRoster(drawn.acts)
    expect(namesIn(roster)).toEqual(['mac', 'box'])
    expect(roster.invitations.get(invite.id)?.cancelled).toBe(true)
  })

  it('ranks operators by introduction, and takes nobody whom no operator introduced', () => {
    const drawn = new DrawnMesh()
    drawn.operator('op', 'second')
    drawn.operator('second', 'backdated', 0)
    drawn.operator('op', 'third')
    drawn.operator('mallory', 'trudy')
    drawn.operator('trudy', 'mallory')
    drawn.operator('third', 'second')
    const roster = reduceRoster(drawn.acts)
    expect(roster.operators.map(({ name }) => name)).toEqual([null, 'second', 'third', 'backdated'])
    const invite = drawn.invite('one', {}, { by: 'backdated' })
    drawn.witness('mac', invite, 'box', 'one')
    expect(namesIn(reduceRoster(drawn.acts))).toEqual(['mac', 'box'])
  })

  it('lists what this version does not understand, and nothing else changes', () => {
    const drawn = new DrawnMesh()
    const before = reduceRoster(drawn.acts)
    const kinds = ['something-new', 'another']
    for (const kind of kinds) take(drawn.writeAny('op', kind, { host: keyOf('mac') }))
    const roster = reduceRoster(drawn.acts)
    expect(roster.carried.map(({ kind }) => kind).sort()).toEqual(kinds.sort())
    expect([...roster.members]).toEqual([...before.members])
  })
})

describe('a host that leaves', () => {
  it('stays in the roster as left, up to the heads that it named, and those whom it let in stay', () => {
    const drawn = new DrawnMesh()
    drawn.witness('mac', drawn.invite('one'), 'box', 'one')
    drawn.witness('box', drawn.invite('two'), 'pi', 'two')
    const heads = [head('b1', 7), head('a1', 3)]
    drawn.leave('box', heads)
    const roster = reduceRoster(drawn.acts)
    expect(roster.admits(keyOf('box'))).toEqual({ state: 'named', how: 'left', heads: [heads[1], heads[0]] })
    expect(roster.admits(keyOf('pi'))).toEqual({ state: 'member' })
  })

  it('is not made to leave by another, and does not come back with another witness', () => {
    const drawn = new DrawnMesh()
    const invite = drawn.invite('one', { uses: 2 })
    drawn.witness('mac', invite, 'box', 'one')
    drawn.leave('box', [], 'mac')
    expect(reduceRoster(drawn.acts).admits(keyOf('box'))).toEqual({ state: 'member' })
    drawn.leave('box', [])
    drawn.witness('mac', invite, 'box', 'one')
    expect(reduceRoster(drawn.acts).admits(keyOf('box'))).toEqual({ state: 'named', how: 'left', heads: [] })
  })

  it('that left twice says the less of both', () => {
    const drawn = new DrawnMesh()
    drawn.witness('mac', drawn.invite('one'), 'box', 'one')
    drawn.leave('box', [head('a1', 3), head('b1', 7, 'cc'), head('c1', 1)])
    drawn.leave('box', [head('b1', 7, 'bb'), head('a1', 9)])
    for (const acts of [drawn.acts, drawn.acts.toReversed()]) {
      expect(reduceRoster(acts).admits(keyOf('box'))).toEqual({ state: 'named', how: 'left', heads: [head('a1', 3), head('b1', 7, 'bb')] })
    }
  })
})

describe('names', () => {
  it('get the first 8 characters of the id where two hosts have one name', () => {
    const drawn = new DrawnMesh()
    const invite = drawn.invite('one', { uses: 5 })
    for (const host of ['paul-1', 'paul-2']) drawn.witness('mac', invite, host, 'one', { name: 'paul' })
    drawn.witness('mac', invite, 'paul-3', 'one', { name: 'Paul' })
    const short = (host: string) => hostIdOf(crypto, keyOf(host)).slice(0, 8)
    drawn.witness('mac', invite, 'mimic', 'one', { name: `paul-${short('paul-1')}` })
    const roster = reduceRoster(drawn.acts)
    expect(['mac', 'paul-1', 'paul-2', 'paul-3', 'mimic', 'nobody'].map(host => roster.displayName(keyOf(host)))).toEqual([
      'mac',
      `paul-${short('paul-1')}`,
      `paul-${short('paul-2')}`,
      `Paul-${short('paul-3')}`,
      `paul-${short('paul-1')}-${short('mimic')}`,
      `unknown-${keyOf('nobody').slice(0, 8)}`
    ])
  })
})

describe('a host that is held back', () => {
  it('is named with its id and takes nobody\'s name away', () => {
    const drawn = new DrawnMesh()
    const invite = drawn.invite('one')
    drawn.witness('mac', invite, 'box', 'one')
    drawn.witness('mac', invite, 'late', 'one', { name: 'mac' })
    const roster = reduceRoster(drawn.acts)
    expect(heldIn(roster)).toEqual(['mac'])
    expect(roster.displayName(keyOf('mac'))).toBe('mac')
    expect(roster.displayName(keyOf('late'))).toBe(`mac-${hostIdOf(crypto, keyOf('late')).slice(0, 8)}`)
  })
})

describe('an invitation used more often than allowed', () => {
  const twoMembers = (uses: number) => {
    const drawn = new DrawnMesh()
    const box = drawn.witness('mac', drawn.invite('first'), 'box', 'first')
    const invite = drawn.invite('shared', { uses })
    return { drawn, box, invite, known: drawn.acts.map(({ id }) => id) }
  }

  it('gives way to the use that the other witness had seen', () => {
    const { drawn, invite, known } = twoMembers(1)
    const seen = drawn.witness('box', invite, 'early', 'shared', { seen: known })
    drawn.witness('mac', invite, 'late', 'shared', { seen: [seen.id], wall: 1 })
    const roster = reduceRoster(drawn.acts)
    expect(namesIn(roster)).toEqual(['mac', 'box', 'early'])
    expect(roster.admits(keyOf('late'))).toEqual({ state: 'held-back' })
    expect([...roster.heldBack.values()]).toEqual([{ key: keyOf('late'), hostId: hostIdOf(crypto, keyOf('late')), name: 'late', invite: invite.id, witnesses: [keyOf('mac')] }])
    expect(roster.invitations.get(invite.id)?.usedBy).toEqual([keyOf('early')])
  })

  it('goes to the longer-standing witness where neither had seen the other, whatever their stamps', () => {
    const { drawn, invite, known } = twoMembers(1)
    drawn.witness('box', invite, 'by-box', 'shared', { seen: known, wall: 1 })
    drawn.witness('mac', invite, 'by-mac', 'shared', { seen: known, wall: 900_000 })
    const roster = reduceRoster(drawn.acts)
    expect(namesIn(roster)).toEqual(['mac', 'box', 'by-mac'])
    expect(heldIn(roster)).toEqual(['by-box'])
  })

  it.each([['box', 'pi'], ['pi', 'box']])('goes by standing and not by key: %s before %s', (older, newer) => {
    const drawn = new DrawnMesh()
    for (const host of [older, newer]) drawn.witness('mac', drawn.invite(host), host, host)
    const invite = drawn.invite('shared')
    const seen = [invite.id]
    drawn.witness(newer, invite, `by-${newer}`, 'shared', { seen })
    drawn.witness(older, invite, `by-${older}`, 'shared', { seen })
    expect(heldIn(reduceRoster(drawn.acts))).toEqual([`by-${newer}`])
  })

  it('sees through acts between: sight is passed on', () => {
    const { drawn, invite, known } = twoMembers(1)
    const early = drawn.witness('box', invite, 'early', 'shared', { seen: known })
    const between = drawn.invite('between', {}, { seen: [early.id] })
    drawn.witness('mac', invite, 'late', 'shared', { seen: [between.id] })
    expect(heldIn(reduceRoster(drawn.acts))).toEqual(['late'])
  })

  it('keeps out also those whom only the held-back host let in, until it has another witness', () => {
    const { drawn, invite, known } = twoMembers(1)
    drawn.witness('mac', invite, 'first', 'shared', { seen: known })
    const late = drawn.witness('box', invite, 'late', 'shared', { seen: known })
    const other = drawn.invite('other', {}, { seen: [late.id] })
    drawn.witness('late', other, 'guest', 'other', { seen: [other.id] })
    expect(heldIn(reduceRoster(drawn.acts)).sort()).toEqual(['guest', 'late'])
    drawn.witness('mac', drawn.invite('third'), 'late', 'third')
    const roster = reduceRoster(drawn.acts)
    expect(heldIn(roster)).toEqual([])
    expect(roster.admits(keyOf('guest'))).toEqual({ state: 'member' })
  })

  it('counts hosts, not witnesses', () => {
    const { drawn, invite } = twoMembers(1)
    drawn.witness('mac', invite, 'pi', 'shared')
    drawn.witness('box', invite, 'pi', 'shared')
    const roster = reduceRoster(drawn.acts)
    expect(roster.heldBack.size).toBe(0)
    expect(roster.invitations.get(invite.id)?.usedBy).toEqual([keyOf('pi')])
  })

  it('has one answer also where a guest would crowd out the host that let it in', () => {
    const { drawn, invite, known } = twoMembers(1)
    const host = drawn.witness('box', invite, 'host', 'shared', { seen: known })
    const other = drawn.invite('other', {}, { seen: known })
    const guest = drawn.witness('host', other, 'guest', 'other', { seen: [] })
    drawn.witness('guest', invite, 'rival', 'shared', { seen: [] })
    for (const acts of [drawn.acts, drawn.acts.toReversed()]) expect(namesIn(reduceRoster(acts))).toEqual(['mac', 'box', 'host', 'guest'])
    expect(heldIn(reduceRoster(drawn.acts))).toEqual(['rival'])
    expect([host, guest].map(({ kind }) => kind)).toEqual(['witness', 'witness'])
  })
})

describe('what the next act names as seen', () => {
  it('is what nobody has seen yet', () => {
    const drawn = new DrawnMesh()
    const one = drawn.invite('one', {}, { seen: [drawn.genesis.id] })
    const two = drawn.invite('two', {}, { seen: [drawn.genesis.id] })
    expect(reduceRoster(drawn.acts).newestActs()).toEqual([one.id, two.id].sort())
    const three = drawn.invite('three')
    expect(reduceRoster(drawn.acts).newestActs()).toEqual([three.id])
  })

  it('is bounded, and the signer\'s own come first', () => {
    const drawn = new DrawnMesh()
    const own = drawn.write('mac', { kind: 'cancel', body: { invite: drawn.genesis.id } }, { seen: [], wall: 1 })
    for (let index = 0; index < LIMITS.actSeen + 6; index++) drawn.invite(`many ${index % 3}`, {}, { seen: [] })
    const roster = reduceRoster(drawn.acts)
    expect(roster.newestActs()).toHaveLength(LIMITS.actSeen)
    expect(roster.newestActs()).not.toContain(own.id)
    expect(roster.newestActs(keyOf('mac'))).toContain(own.id)
    expect(roster.newestActs(keyOf('mac'))).toHaveLength(LIMITS.actSeen)
  })
})

const HOSTS = ['mac', 'box', 'pi', 'ox', 'elk', 'mallory', 'trudy']
const OPERATORS = ['op', 'second', 'third']

/** Anybody writes anything about anybody, having seen anything. */
const step = fc.record({
  kind: fc.constantFrom('invite', 'witness', 'witness', 'witness', 'witness', 'cancel', 'operator', 'retire', 'unknown'),
  by: fc.nat(),
  about: fc.nat(),
  invite: fc.nat(),
  uses: fc.integer({ min: 1, max: 2 }),
  wall: fc.integer({ min: 1, max: 50 }),
  seen: fc.array(fc.nat(), { maxLength: 4 })
})
const pick = <Item>(from: readonly Item[], index: number): Item => {
  const item = from[index % from.length]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

const draw = (steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[]): DrawnMesh => {
  const drawn = new DrawnMesh()
  const invites = [drawn.invite('0', { uses: 2 }, { seen: [drawn.genesis.id] })]
  for (const { kind, by, about, invite, uses, wall, seen: seenAt } of steps) {
    const seen = [...new Set(seenAt.map(index => pick(drawn.acts, index).id))]
    const host = pick(HOSTS, by)
    const number = invite % invites.length
    if (kind === 'invite') invites.push(drawn.invite(String(invites.length), { uses }, { by: pick([...OPERATORS, 'mallory'], by), seen }))
    else if (kind === 'witness') drawn.witness(host, pick(invites, number), pick(HOSTS, about), String(number), { seen, wall: wall * 1000 })
    else if (kind === 'cancel') drawn.write(pick(OPERATORS, by), { kind, body: { invite: pick(invites, number).id } }, { seen })
    else if (kind === 'operator') drawn.operator(pick([...OPERATORS, 'mallory'], by), pick(OPERATORS, about), wall * 1000)
    else if (kind === 'retire') drawn.leave(host, [head('a1', uses)], host, seen)
    else take(drawn.writeAny(host, 'later-kind', { number: wall }))
  }
  return drawn
}

describe('any history', () => {
  const histories = fc.array(step, { maxLength: 24 }).map(draw)

  it('gives one roster in any order, with any repetition, and from any two parts of it', () => {
    fc.assert(
      fc.property(histories, fc.infiniteStream(fc.nat()), (drawn, chance) => {
        const next = () => Number(chance.next().value)
        const expected = rosterText(reduceRoster(drawn.acts))
        const shuffled = drawn.acts
          .flatMap(act => (next() % 3 === 0 ? [act, act] : [act]))
          .map(act => ({ act, place: next() }))
          .sort((left, right) => left.place - right.place)
          .map(({ act }) => act)
        expect(rosterText(reduceRoster(shuffled))).toBe(expected)
        const left = drawn.acts.filter(() => next() % 2 === 0)
        const rest = drawn.acts.filter(act => !left.includes(act) || next() % 2 === 0)
        expect(rosterText(reduceRoster([...rest, ...left]))).toBe(expected)
      }),
      { numRuns: 150 }
    )
  })

  it('lets nobody in without a member before it and an operator\'s invitation, and no invitation twice too often', () => {
    fc.assert(
      fc.property(histories, drawn => {
        const roster = reduceRoster(drawn.acts)
        const before = new Set<string>()
        for (const member of roster.members.values()) {
          if (before.size === 0) expect(member.key).toBe(keyOf('mac'))
          else {
            expect(member.invite !== null && roster.invitations.get(member.invite)?.usedBy.includes(member.key)).toBe(true)
            expect(before.has(member.witnesses[0] ?? '')).toBe(true)
            expect(member.witnesses.every(key => roster.members.has(key))).toBe(true)
          }
          before.add(member.key)
        }
        for (const { uses, usedBy } of roster.invitations.values()) expect(usedBy.length).toBeLessThanOrEqual(uses)
        for (const key of roster.heldBack.keys()) expect(roster.members.has(key)).toBe(false)
      }),
      { numRuns: 150 }
    )
  })
})
