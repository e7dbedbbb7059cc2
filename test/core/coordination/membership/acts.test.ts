import { describe, expect, it } from 'vitest'
import type { Crypto } from '../../../../src/core/crypto.js'
import { LIMITS } from '../../../../src/core/limits.js'
import { judgeJoiner } from '../../../../src/core/coordination/membership/admission.js'
import { ActSet } from '../../../../src/core/coordination/membership/acts.js'
import { proveJoining } from '../../../../src/core/coordination/membership/joining.js'
import { reduceRoster } from '../../../../src/core/coordination/membership/roster.js'
import { codeOf, crypto, DrawnMesh, keyOf, signer, take } from './mesh.js'

const counting = () => {
  const counted = { checks: 0 }
  const counter: Crypto = { ...crypto, verify: (...given) => (counted.checks++, crypto.verify(...given)) }
  return { counted, counter }
}

describe('a set of acts', () => {
  it('holds each once, and gives it back as it came', () => {
    const drawn = new DrawnMesh()
    const invite = drawn.invite('one')
    const set = new ActSet(crypto, drawn.mesh)
    expect(drawn.acts.map(({ bytes }) => take(set.add(bytes)).isNew)).toEqual([true, true])
    expect(take(set.add(invite.bytes)).isNew).toBe(false)
    expect(set.size).toBe(2)
    expect(set.ids()).toEqual([drawn.genesis.id, invite.id].sort())
    expect(set.has(invite.id)).toBe(true)
    expect(set.bytes(invite.id)).toEqual(invite.bytes)
    expect(set.bytes(keyOf('nothing') as never)).toBeNull()
  })

  it('knows what it holds before it looks at a signature', () => {
    const drawn = new DrawnMesh()
    const witness = drawn.witness('mac', drawn.invite('one'), 'box', 'one')
    const { counted, counter } = counting()
    const set = new ActSet(counter, drawn.mesh)
    take(set.add(witness.bytes))
    expect(counted.checks).toBe(3)
    for (let again = 0; again < 100; again++) take(set.add(witness.bytes))
    expect(counted.checks).toBe(3)
  })

  it('is not closed to an act by bytes with its id and a wrong signature', () => {
    const drawn = new DrawnMesh()
    const set = new ActSet(crypto, drawn.mesh)
    const wrong = drawn.genesis.bytes.slice()
    wrong.fill(0, wrong.length - 64)
    expect(codeOf(set.add(wrong))).toBe('ACT_BAD_SIGNATURE')
    expect(take(set.add(drawn.genesis.bytes)).isNew).toBe(true)
  })

  it('has one digest for one content, in whatever order it came', () => {
    const drawn = new DrawnMesh()
    for (const name of ['one', 'two', 'three']) drawn.invite(name)
    const [left, right] = [new ActSet(crypto, drawn.mesh), new ActSet(crypto, drawn.mesh)]
    for (const { bytes } of drawn.acts) take(left.add(bytes))
    const digests = new Set([right.digest()])
    for (const { bytes } of drawn.acts.toReversed()) {
      take(right.add(bytes))
      digests.add(right.digest())
    }
    expect(left.digest()).toBe(right.digest())
    expect(digests.size).toBe(drawn.acts.length + 1)
  })

  it('keeps its roster until something new comes', () => {
    const drawn = new DrawnMesh()
    const set = new ActSet(crypto, drawn.mesh)
    take(set.add(drawn.genesis.bytes))
    const roster = set.roster()
    take(set.add(drawn.genesis.bytes))
    expect(set.roster()).toBe(roster)
    take(set.add(drawn.invite('one').bytes))
    expect(set.roster()).not.toBe(roster)
  })

  it('of a full mesh costs each signature once, reduces without one, and has room for no more', () => {
    const { counted, counter } = counting()
    const drawn = new DrawnMesh(counter)
    let invite = drawn.genesis
    for (let index = 0; index < LIMITS.members + 4; index++) {
      if (index % 64 === 0) invite = drawn.invite(`batch ${index}`, { uses: 64 })
      const invitation = `batch ${index - (index % 64)}`
      drawn.witness(index < 3 ? 'mac' : `h${index % 3}`, invite, `h${index}`, invitation, { seen: drawn.acts.slice(-3).map(({ id }) => id) })
    }
    const atIntake = counted.checks
    expect(atIntake).toBe(2 + 17 + 3 * (LIMITS.members + 4))
    const started = performance.now()
    const roster = reduceRoster(drawn.acts)
    const tookMs = performance.now() - started
    expect(roster.members.size).toBe(LIMITS.members)
    expect(roster.heldBack.size).toBe(5)
    expect(counted.checks).toBe(atIntake)
    expect(tookMs).toBeLessThan(2_000)

    const proof = proveJoining(drawn.mesh, 'late', signer('late'), signer('invitation batch 1024'))
    const joiner = { roster, judge: keyOf('mac'), hostKey: keyOf('late'), proof, nowMesh: 5_000, crypto }
    expect(codeOf(judgeJoiner(joiner))).toBe('NOT_ADMITTED')
  })
})
