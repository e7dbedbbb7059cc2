import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HostKey } from '../../../../src/core/brand.js'
import type { Crypto } from '../../../../src/core/crypto.js'
import { judgeJoiner, type Joiner } from '../../../../src/core/coordination/membership/admission.js'
import { writeAct } from '../../../../src/core/coordination/membership/act.js'
import { ActSet } from '../../../../src/core/coordination/membership/acts.js'
import { proveJoining } from '../../../../src/core/coordination/membership/joining.js'
import { reduceRoster } from '../../../../src/core/coordination/membership/roster.js'
import { recordCase } from '../../../support/cases.js'
import { codeOf, crypto, DrawnMesh, heldIn, keyOf, namesIn, rosterText, signer, take } from './mesh.js'

const joinerOf = (drawn: DrawnMesh, host: string, invitation: string, rest: Partial<Joiner> = {}): Joiner => ({
  roster: reduceRoster(drawn.acts),
  judge: keyOf('mac'),
  hostKey: keyOf(host),
  proof: proveJoining(drawn.mesh, host, signer(host), signer(`invitation ${invitation}`)),
  nowMesh: 5_000,
  crypto,
  ...rest
})

describe('a newcomer', () => {
  it('with an invitation that holds is given a witness, which lets it in', () => {
    const drawn = new DrawnMesh()
    const invite = drawn.invite('one')
    const { witness } = take(judgeJoiner(joinerOf(drawn, 'box', 'one')))
    expect(witness).toEqual(drawn.witnessBody(invite, 'box', 'one'))
    if (witness) drawn.write('mac', { kind: 'witness', body: witness })
    expect(namesIn(reduceRoster(drawn.acts))).toEqual(['mac', 'box'])
  })

  it('is refused by name: unknown, expired, used and cancelled invitations', () => {
    const drawn = new DrawnMesh()
    const used = drawn.invite('used')
    drawn.witness('mac', used, 'box', 'used')
    drawn.invite('old', { expires: 5_000 })
    const cancelled = drawn.invite('cancelled')
    drawn.write('op', { kind: 'cancel', body: { invite: cancelled.id } })
    drawn.invite('forged', {}, { by: 'mallory' })
    const codes = ['used', 'old', 'cancelled', 'forged', 'never made'].map(name => codeOf(judgeJoiner(joinerOf(drawn, 'pi', name))))
    expect(codes).toEqual(['INVITATION_USED', 'INVITATION_EXPIRED', 'INVITATION_CANCELLED', 'INVITATION_INVALID', 'INVITATION_INVALID'])
    expect(codeOf(judgeJoiner(joinerOf(drawn, 'pi', 'old', { nowMesh: 4_999 })))).toBe('ok')
  })

  it('is refused when its proof is another\'s, of another mesh, or has no valid name', () => {
    const drawn = new DrawnMesh()
    drawn.invite('one')
    const { proof } = joinerOf(drawn, 'box', 'one')
    const foreign = proveJoining(keyOf('another mesh') as string as DrawnMesh['mesh'], 'box', signer('box'), signer('invitation one'))
    const wrong: Partial<Joiner>[] = [
      { hostKey: keyOf('mallory') },
      { proof: foreign },
      { proof: { ...proof, name: 'ox' } },
      { proof: { ...proof, byHost: proof.byInvitation } },
      { proof: { ...proof, byInvitation: new Uint8Array(0) } },
      { proof: proveJoining(drawn.mesh, 'b/x', signer('box'), signer('invitation one')) }
    ]
    for (const part of wrong) expect(codeOf(judgeJoiner(joinerOf(drawn, 'box', 'one', part)))).toBe('INVITATION_INVALID')
  })

  it('costs no signature check before its invitation was found good, and two after', () => {
    const drawn = new DrawnMesh()
    drawn.invite('one')
    let checks = 0
    const counting: Crypto = { ...crypto, verify: (...given) => (checks++, crypto.verify(...given)) }
    judgeJoiner(joinerOf(drawn, 'box', 'guessed', { crypto: counting }))
    judgeJoiner(joinerOf(drawn, 'box', 'one', { crypto: counting, nowMesh: 9_000_000 }))
    expect(checks).toBe(0)
    take(judgeJoiner(joinerOf(drawn, 'box', 'one', { crypto: counting })))
    expect(checks).toBe(2)
  })

  it('that has left does not come back, and a host that does not stand lets nobody in', () => {
    const drawn = new DrawnMesh()
    const invite = drawn.invite('one', { uses: 3 })
    drawn.witness('mac', invite, 'box', 'one')
    drawn.leave('box', [])
    expect(codeOf(judgeJoiner(joinerOf(drawn, 'box', 'one')))).toBe('NOT_ADMITTED')
    expect(codeOf(judgeJoiner(joinerOf(drawn, 'pi', 'one', { judge: keyOf('box') })))).toBe('NOT_ADMITTED')
    expect(codeOf(judgeJoiner(joinerOf(drawn, 'pi', 'one', { judge: keyOf('mallory') })))).toBe('NOT_ADMITTED')
    expect(codeOf(judgeJoiner(joinerOf(drawn, 'pi', 'one', { roster: reduceRoster([]) })))).toBe('NOT_ADMITTED')
  })

  it('that stands is simply admitted; further witnesses while its own invitation holds, three in all', () => {
    const drawn = new DrawnMesh()
    const many = drawn.invite('many', { uses: 9 })
    const judges = ['ox', 'elk', 'pi', 'owl']
    for (const host of judges) drawn.witness('mac', many, host, 'many')
    const invite = drawn.invite('one')
    drawn.witness('mac', invite, 'box', 'one')
    const judged = (judge: string, invitation = 'one', rest: Partial<Joiner> = {}) => take(judgeJoiner(joinerOf(drawn, 'box', invitation, { judge: keyOf(judge), ...rest }))).witness
    expect(judged('mac')).toBeNull()
    expect(judged('ox', 'many')).toBeNull()
    expect(judged('ox', 'never made')).toBeNull()
    expect(judged('ox', 'one', { nowMesh: 9_000_000 })).toBeNull()
    expect(judged('ox', 'one', { proof: { ...joinerOf(drawn, 'box', 'one').proof, name: 'ox' } })).toBeNull()
    expect(judged('box')).toBeNull()
    expect(judged('ox')).not.toBeNull()
    for (const judge of ['ox', 'elk']) drawn.witness(judge, invite, 'box', 'one')
    expect(judged('pi')).toBeNull()
    expect(reduceRoster(drawn.acts).members.get(keyOf('box'))?.witnesses).toHaveLength(3)
  })
})

/** A mesh of honest hosts, each with its own set of acts, that meet now and then. */
class HonestMesh {
  readonly drawn = new DrawnMesh()
  readonly sets = new Map<string, ActSet>()
  readonly uses = new Map<string, number>()
  #time = 10

  constructor() {
    this.sets.set('mac', new ActSet(crypto, this.drawn.mesh))
    take(this.setOf('mac').add(this.drawn.genesis.bytes))
  }

  setOf(host: string): ActSet {
    const set = this.sets.get(host)
    if (!set) throw new Error(`no host ${host}`)
    return set
  }

  meet(one: string, other: string): void {
    const [left, right] = [this.setOf(one), this.setOf(other)]
    for (const { bytes } of left.values()) take(right.add(bytes))
    for (const { bytes } of right.values()) take(left.add(bytes))
  }

  invite(name: string, uses: number): void {
    const act = this.drawn.invite(name, { uses }, { seen: this.setOf('mac').roster().newestActs(keyOf('op')) })
    this.uses.set(name, uses)
    take(this.setOf('mac').add(act.bytes))
  }

  join(host: string, name: string, invitation: string, judge: string): string {
    const set = this.setOf(judge)
    const proof = proveJoining(this.drawn.mesh, name, signer(host), signer(`invitation ${invitation}`))
    const judged = judgeJoiner({ roster: set.roster(), judge: keyOf(judge), hostKey: keyOf(host), proof, nowMesh: 5_000, crypto })
    if (!judged.ok || judged.value.witness === null) return codeOf(judged)
    const seen = set.roster().newestActs(keyOf(judge))
    take(set.add(take(writeAct({ mesh: this.drawn.mesh, stamp: { wall: ++this.#time * 1000, count: 0 }, seen, content: { kind: 'witness', body: judged.value.witness } }, signer(judge)))))
    if (!this.sets.has(host)) this.sets.set(host, new ActSet(crypto, this.drawn.mesh))
    this.meet(host, judge)
    return 'ok'
  }

  meetAll(): void {
    for (const [one] of this.sets) this.meet('mac', one)
    for (const [one] of this.sets) this.meet('mac', one)
  }
}

const step = fc.record({ join: fc.boolean(), one: fc.nat(), other: fc.nat(), invitation: fc.nat({ max: 2 }) })
const pick = (from: Iterable<string>, index: number): string => {
  const all = [...from]
  return all[index % all.length] ?? 'mac'
}

const play = (steps: readonly { join: boolean; one: number; other: number; invitation: number }[], isConnected: boolean): { mesh: HonestMesh; wanted: number } => {
  const mesh = new HonestMesh()
  for (const [index, uses] of [2, 1, 3].entries()) mesh.invite(String(index), uses)
  let wanted = 0
  for (const { join, one, other, invitation } of steps) {
    if (join) mesh.join(`host ${wanted}`, `h${wanted++}`, String(invitation), pick(mesh.sets.keys(), one))
    else mesh.meet(pick(mesh.sets.keys(), one), pick(mesh.sets.keys(), other))
    if (isConnected) mesh.meetAll()
  }
  mesh.meetAll()
  return { mesh, wanted }
}

describe('honest hosts that let others in while apart', () => {
  it('all come to one roster and digest, with no invitation used too often, and whoever is left out was let in unseen', () => {
    let contended = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 4, maxLength: 16 }), steps => {
        const { mesh } = play(steps, false)
        const [first] = mesh.sets.values()
        if (!first) throw new Error('no host')
        for (const set of mesh.sets.values()) {
          expect(set.digest()).toBe(first.digest())
          expect(rosterText(set.roster())).toBe(rosterText(first.roster()))
        }
        const roster = first.roster()
        expect(roster.members.size + roster.heldBack.size).toBe(mesh.sets.size)
        for (const { uses, usedBy } of roster.invitations.values()) expect(usedBy.length).toBeLessThanOrEqual(uses)
        contended += roster.heldBack.size > 0 ? 1 : 0

        const acts = new Map([...first.values()].map(act => [act.id, act]))
        const hasSeen = (from: string, wanted: string): boolean => [...(acts.get(from as never)?.seen ?? [])].some(id => id === wanted || hasSeen(id, wanted))
        const witnessOf = (key: HostKey) => [...acts.values()].find(({ content }) => content?.kind === 'witness' && content.body.host.key === key)
        for (const held of roster.heldBack.values()) {
          // behind a held-back host, its guests are out through no fault of the order
          if (!held.witnesses.some(key => roster.members.has(key))) continue
          for (const key of roster.invitations.get(held.invite)?.usedBy ?? []) expect(hasSeen(witnessOf(key)?.id ?? '', witnessOf(held.key)?.id ?? '')).toBe(false)
        }
      }),
      { numRuns: 60, seed: 20_261_120 }
    )
    expect(contended).toBeGreaterThan(5)
  })

  it('that are never apart leave nobody out', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 4, maxLength: 10 }), steps => {
        const { mesh } = play(steps, true)
        expect(heldIn(mesh.setOf('mac').roster())).toEqual([])
      }),
      { numRuns: 20 }
    )
  })
})

describe('an invitation (case 50)', () => {
  it('lets in one host, however often it is tried, whoever races for it, and whatever is guessed', () => {
    const drawn = new DrawnMesh()
    let checks = 0
    const counting: Crypto = {
      ...crypto,
      sha256: bytes => crypto.sha256(bytes),
      verify: (signature, message, key) => {
        checks += 1
        return crypto.verify(signature, message, key)
      }
    }
    drawn.join('pi')
    const invite = drawn.invite('one')
    const roster = reduceRoster(drawn.acts)
    const { proof } = joinerOf(drawn, 'box', 'one')
    let guessed = 0
    const guess = (index: number): Uint8Array => crypto.sha256(new TextEncoder().encode(`guess ${index}`))
    // secrets that are not the invitation's have another public half: refused before a signature is looked at
    for (let index = 0; index < 20_000; index++) if (judgeJoiner(joinerOf(drawn, 'eve', 'one', { roster, crypto: counting, proof: { ...proof, invitationKey: guess(index) } })).ok) guessed += 1
    expect([guessed, checks]).toEqual([0, 0])
    // whoever has seen the public half and not the secret one costs at most two checks a try
    for (let index = 0; index < 500; index++) {
      const half = guess(index)
      if (judgeJoiner(joinerOf(drawn, 'eve', 'one', { roster, crypto: counting, proof: { ...proof, byInvitation: new Uint8Array([...half, ...half]) } })).ok) guessed += 1
    }
    expect(guessed).toBe(0)
    expect(checks).toBeLessThanOrEqual(1_000)

    // two hosts at two members that have not heard of each other
    const seen = drawn.acts.map(({ id }) => id)
    for (const [judge, host] of [['mac', 'box'], ['pi', 'late']] as const) {
      const { witness } = take(judgeJoiner(joinerOf(drawn, host, 'one', { roster, judge: keyOf(judge) })))
      if (witness !== null) drawn.write(judge, { kind: 'witness', body: witness }, { seen })
    }
    const after = reduceRoster(drawn.acts)
    expect([namesIn(after), heldIn(after)]).toEqual([['mac', 'pi', 'box'], ['late']])
    expect(after.invitations.get(invite.id)?.usedBy).toEqual([keyOf('box')])
    expect(codeOf(judgeJoiner(joinerOf(drawn, 'eve', 'one', { roster: after })))).toBe('INVITATION_USED')
    drawn.invite('old', { expires: 5_000 })
    expect(codeOf(judgeJoiner(joinerOf(drawn, 'eve', 'old', { roster: reduceRoster(drawn.acts) })))).toBe('INVITATION_EXPIRED')
    const strangers = namesIn(after).filter(name => !['mac', 'pi', 'box'].includes(name)).length
    recordCase(50, { test: 'core/membership/admission', runs: 20_504, worst: guessed + strangers, limit: 0, unit: 'let in beyond its uses' })
  })
})
