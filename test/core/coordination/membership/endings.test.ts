import { describe, expect, it } from 'vitest'
import type { Hash } from '../../../../src/core/brand.js'
import { judgeJoiner } from '../../../../src/core/coordination/membership/admission.js'
import { proveJoining } from '../../../../src/core/coordination/membership/joining.js'
import { reduceRoster } from '../../../../src/core/coordination/membership/roster.js'
import { hostIdOf } from '../../../../src/core/domain.js'
import { codeOf, crypto, DrawnMesh, heldIn, keyOf, namesIn, signer } from './mesh.js'

const head = (epoch: string, seq: number, hash = 'aa') => ({ epoch: epoch.repeat(12), seq, hash: hash.repeat(32) as Hash })
const standing = (drawn: DrawnMesh, host: string) => reduceRoster(drawn.acts).admits(keyOf(host))
const revoked = (...heads: readonly ReturnType<typeof head>[]) => ({ state: 'named', how: 'revoked', heads })

describe('a revoked host', () => {
  it('keeps the heads that the revocation names; of several the lowest, and no epoch that one of them leaves out', () => {
    const drawn = new DrawnMesh()
    drawn.join('box')
    drawn.operator('op', 'second')
    drawn.revoke('op', { box: [head('a1', 9), head('b1', 4, 'cc'), head('c1', 1)] })
    expect(standing(drawn, 'box')).toEqual(revoked(head('a1', 9), head('b1', 4, 'cc'), head('c1', 1)))
    drawn.revoke('second', { box: [head('b1', 4, 'bb'), head('a1', 11)] })
    for (const acts of [drawn.acts, drawn.acts.toReversed()]) expect(reduceRoster(acts).admits(keyOf('box'))).toEqual(revoked(head('a1', 9), head('b1', 4, 'bb')))
  })

  it('is not revoked by who is no operator', () => {
    const drawn = new DrawnMesh()
    drawn.join('box')
    drawn.revoke('box', { mac: [] })
    drawn.revoke('mallory', { mac: [] })
    expect(standing(drawn, 'mac')).toEqual({ state: 'member' })
  })

  it('keeps those whom it let in before, and lets in nobody whom the revocation had not seen', () => {
    const drawn = new DrawnMesh()
    drawn.join('box')
    drawn.join('pi', { by: 'box' })
    drawn.revoke('op', { box: [head('a1', 3)] })
    drawn.join('thief', { by: 'box' })
    expect(namesIn(reduceRoster(drawn.acts))).toEqual(['mac', 'box', 'pi'])
    expect(standing(drawn, 'thief')).toEqual({ state: 'unknown' })
  })

  it('stays revoked, whatever leave its thief signs in its name', () => {
    const drawn = new DrawnMesh()
    drawn.join('box')
    drawn.leave('box', [])
    expect(standing(drawn, 'box')).toMatchObject({ how: 'left', heads: [] })
    drawn.revoke('op', { box: [head('a1', 7)] })
    drawn.leave('box', [])
    expect(standing(drawn, 'box')).toEqual(revoked(head('a1', 7)))
  })

  it('does not come back with its key, and comes as a new host with another (case 48)', () => {
    const drawn = new DrawnMesh()
    drawn.join('box')
    drawn.revoke('op', { box: [head('a1', 7)] })
    const again = drawn.invite('again', { uses: 2 })
    const judged = (host: string) =>
      judgeJoiner({ roster: reduceRoster(drawn.acts), judge: keyOf('mac'), hostKey: keyOf(host), proof: proveJoining(drawn.mesh, 'box', signer(host), signer('invitation again')), nowMesh: 1, crypto })
    expect(codeOf(judged('box'))).toBe('NOT_ADMITTED')
    expect(codeOf(judged('box-anew'))).toBe('ok')
    drawn.witness('mac', again, 'box', 'again')
    drawn.witness('mac', again, 'box-anew', 'again')
    expect(standing(drawn, 'box')).toEqual(revoked(head('a1', 7)))
    expect(standing(drawn, 'box-anew')).toEqual({ state: 'member' })
  })

  it('is kept out by its key also where it was never let in', () => {
    const drawn = new DrawnMesh()
    drawn.revoke('op', { box: [] })
    const invite = drawn.invite('one')
    const proof = proveJoining(drawn.mesh, 'box', signer('box'), signer('invitation one'))
    expect(codeOf(judgeJoiner({ roster: reduceRoster(drawn.acts), judge: keyOf('mac'), hostKey: keyOf('box'), proof, nowMesh: 1, crypto }))).toBe('NOT_ADMITTED')
    drawn.witness('mac', invite, 'box', 'one')
    expect(standing(drawn, 'box')).toEqual(revoked())
  })
})

describe('operators', () => {
  it('are revoked by higher-ranked ones only, and the one of the genesis by none', () => {
    const drawn = new DrawnMesh()
    for (const name of ['second', 'third']) drawn.operator('op', name)
    drawn.revoke('third', {}, ['second'])
    drawn.revoke('second', {}, ['op'])
    drawn.revoke('second', {}, ['second'])
    expect(reduceRoster(drawn.acts).operators.filter(({ revoked: gone }) => gone)).toEqual([])
    drawn.revoke('second', {}, ['third'])
    const roster = reduceRoster(drawn.acts)
    expect(['op', 'second', 'third'].map(name => roster.isOperator(keyOf(name)))).toEqual([true, true, false])
    drawn.operator('op', 'third')
    expect(reduceRoster(drawn.acts).isOperator(keyOf('third'))).toBe(false)
  })

  it('that were revoked keep what the revocation had seen, and nothing else', () => {
    const drawn = new DrawnMesh()
    drawn.operator('op', 'second')
    drawn.witness('mac', drawn.invite('one', {}, { by: 'second' }), 'box', 'one')
    drawn.revoke('op', {}, ['second'])
    drawn.witness('mac', drawn.invite('two', {}, { by: 'second' }), 'thief', 'two')
    drawn.revoke('second', { box: [] })
    expect(namesIn(reduceRoster(drawn.acts))).toEqual(['mac', 'box'])
    expect(standing(drawn, 'box')).toEqual({ state: 'member' })
  })

  it('a host comes back when the one who revoked it had no right to, as a higher-ranked one says', () => {
    const drawn = new DrawnMesh()
    drawn.operator('op', 'second')
    drawn.join('box')
    drawn.revoke('second', { box: [] })
    drawn.revoke('op', {}, ['second'], [])
    expect(standing(drawn, 'box')).toEqual({ state: 'member' })
  })
})

describe('the recovery key (case 55)', () => {
  it('introduces a new operator when the last operator key is lost, and revokes even the one of the genesis', () => {
    const drawn = new DrawnMesh(crypto, { recovery: 'paper' })
    drawn.operator('op', 'second')
    drawn.operator('paper', 'new')
    expect(reduceRoster(drawn.acts).operators.map(({ name, by }) => [name, by])).toEqual([[null, null], ['new', keyOf('paper')], ['second', keyOf('op')]])
    drawn.revoke('paper', {}, ['op'])
    const roster = reduceRoster(drawn.acts)
    expect(['op', 'new', 'second', 'paper'].map(name => roster.isOperator(keyOf(name)))).toEqual([false, true, true, false])
    drawn.witness('mac', drawn.invite('one', {}, { by: 'new' }), 'box', 'one')
    expect(standing(drawn, 'box')).toEqual({ state: 'member' })
  })

  it('signs nothing else that counts, and is nobody in a mesh that has none', () => {
    const drawn = new DrawnMesh(crypto, { recovery: 'paper' })
    drawn.witness('mac', drawn.invite('one', {}, { by: 'paper' }), 'box', 'one')
    expect(standing(drawn, 'box')).toEqual({ state: 'unknown' })
    const bare = new DrawnMesh()
    bare.operator('paper', 'new')
    expect(reduceRoster(bare.acts).operators).toHaveLength(1)
  })
})

describe('a rotated key', () => {
  it('ends, and the new one is the same host, with what the old one had let in', () => {
    const drawn = new DrawnMesh()
    drawn.join('box')
    drawn.join('pi', { by: 'box' })
    drawn.rotate('op', 'box', 'box-2', [head('a1', 5)])
    const roster = reduceRoster(drawn.acts)
    expect(roster.admits(keyOf('box'))).toEqual({ state: 'named', how: 'rotated', heads: [head('a1', 5)] })
    expect(roster.admits(keyOf('box-2'))).toEqual({ state: 'member' })
    const hostId = hostIdOf(crypto, keyOf('box'))
    expect(roster.keysOf(hostId)).toEqual([keyOf('box'), keyOf('box-2')])
    expect(roster.members.get(keyOf('box-2'))).toMatchObject({ hostId, name: 'box', role: 'worker' })
    expect([roster.displayName(keyOf('box')), roster.displayName(keyOf('box-2'))]).toEqual(['box', 'box'])
    expect(namesIn(roster)).toEqual(['mac', 'box', 'pi', 'box'])
    drawn.join('late', { by: 'box' })
    expect(standing(drawn, 'late')).toEqual({ state: 'unknown' })
  })

  it('has one successor: that of the higher-ranked operator, then of the lower id', () => {
    const drawn = new DrawnMesh()
    drawn.operator('op', 'second')
    drawn.join('box')
    drawn.rotate('second', 'box', 'box-2', [])
    drawn.rotate('op', 'box', 'box-3', [])
    drawn.rotate('op', 'box', 'box-4', [])
    const [, , by3, by4] = [0, 0, ...drawn.acts.slice(-2).map(({ id }) => id)]
    const winner = String(by3) < String(by4) ? 'box-3' : 'box-4'
    for (const acts of [drawn.acts, drawn.acts.toReversed()]) {
      const roster = reduceRoster(acts)
      expect(['box-2', 'box-3', 'box-4'].filter(key => roster.admits(keyOf(key)).state === 'member')).toEqual([winner])
    }
  })

  it('is covered with all that came of it by a revocation that had not seen the rotation', () => {
    const drawn = new DrawnMesh()
    drawn.join('box')
    drawn.rotate('op', 'box', 'box-2', [head('a1', 5)])
    drawn.rotate('op', 'box-2', 'box-3', [head('b1', 2)])
    const before = drawn.acts.length
    drawn.revoke('op', { box: [head('a1', 3)] }, [], [])
    expect(['box', 'box-2', 'box-3'].map(key => standing(drawn, key))).toEqual([revoked(head('a1', 3)), revoked(), revoked()])
    drawn.acts.length = before
    drawn.revoke('op', { box: [head('a1', 3)] })
    expect(['box', 'box-2', 'box-3'].map(key => standing(drawn, key))).toMatchObject([revoked(head('a1', 3)), { how: 'rotated' }, { state: 'member' }])
  })

  it('cannot be taken by a key that stands already, nor go round in a circle', () => {
    const drawn = new DrawnMesh()
    for (const host of ['box', 'pi']) drawn.join(host)
    drawn.rotate('op', 'box', 'pi', [])
    drawn.rotate('op', 'pi', 'box', [])
    expect(reduceRoster(drawn.acts).keysOf(hostIdOf(crypto, keyOf('box')))).toEqual([keyOf('box')])
    expect(reduceRoster(drawn.acts).keysOf(hostIdOf(crypto, keyOf('pi')))).toEqual([keyOf('pi')])
  })
})

describe('an ephemeral host', () => {
  it('is retired by a member that is none, with the highest heads that any of them named', () => {
    const drawn = new DrawnMesh()
    for (const host of ['ci', 'ci-2']) drawn.join(host, { ephemeral: true })
    drawn.join('box')
    drawn.leave('ci', [head('a1', 5)], 'ci-2')
    drawn.leave('ci', [head('a1', 5)], 'mallory')
    drawn.leave('box', [], 'mac')
    expect(['ci', 'box'].map(host => standing(drawn, host))).toEqual([{ state: 'member' }, { state: 'member' }])
    drawn.leave('ci', [head('a1', 5)], 'box')
    drawn.leave('ci', [head('a1', 3), head('b1', 0)], 'mac')
    expect(standing(drawn, 'ci')).toEqual({ state: 'named', how: 'retired', heads: [head('a1', 5), head('b1', 0)] })
    drawn.revoke('op', { box: [] }, [], [])
    expect(standing(drawn, 'ci')).toMatchObject({ heads: [head('a1', 3), head('b1', 0)] })
  })
})

describe('a host that is held back', () => {
  const overused = () => {
    const drawn = new DrawnMesh()
    const invite = drawn.invite('one')
    drawn.witness('mac', invite, 'box', 'one')
    drawn.witness('mac', invite, 'late', 'one')
    return drawn
  }

  it('is let in by an invitation that names it, and by no other host', () => {
    const drawn = overused()
    expect(heldIn(reduceRoster(drawn.acts))).toEqual(['late'])
    const named = drawn.invite('named', { host: keyOf('late'), role: 'viewer' })
    const roster = reduceRoster(drawn.acts)
    expect(heldIn(roster)).toEqual([])
    expect(roster.members.get(keyOf('late'))).toMatchObject({ role: 'viewer', invite: named.id, state: 'member' })
    drawn.witness('mac', named, 'other', 'named')
    expect(standing(drawn, 'other')).toEqual({ state: 'unknown' })
  })

  it('is named no more once it is revoked', () => {
    const drawn = overused()
    drawn.revoke('op', { late: [] })
    const roster = reduceRoster(drawn.acts)
    expect([heldIn(roster), roster.admits(keyOf('late')), roster.isBarred(keyOf('late'))]).toEqual([[], { state: 'unknown' }, true])
  })
})

describe('a role', () => {
  it('changes from the named heads on; of two at once that of the higher-ranked operator holds', () => {
    const drawn = new DrawnMesh()
    drawn.operator('op', 'second')
    drawn.join('box', { role: 'viewer' })
    const seen = [drawn.role('op', 'box', 'worker', [head('a1', 3)]).id]
    drawn.role('second', 'box', 'viewer', [head('a1', 7)], seen)
    drawn.role('op', 'box', 'planner', [head('a1', 6)], seen)
    drawn.role('box', 'box', 'standby-planner')
    drawn.rotate('op', 'box', 'box-2', [head('a1', 9)])
    for (const acts of [drawn.acts, drawn.acts.toReversed()]) {
      const roster = reduceRoster(acts)
      for (const key of ['box', 'box-2']) {
        expect(roster.members.get(keyOf(key))).toMatchObject({
          role: 'planner',
          formerRoles: [{ role: 'viewer', heads: [head('a1', 3)] }, { role: 'worker', heads: [head('a1', 7)] }, { role: 'viewer', heads: [head('a1', 6)] }]
        })
      }
    }
  })
})
