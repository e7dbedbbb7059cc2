import { describe, expect, it } from 'vitest'
import { ActSet } from '../../../../src/core/coordination/membership/acts.js'
import { reduceRoster } from '../../../../src/core/coordination/membership/roster.js'
import { LIMITS } from '../../../../src/core/limits.js'
import { codeOf, DrawnMesh, take, toyCrypto } from './mesh.js'

const onPay = { key: 'overlap', repo: 'app', scope: ['src/pay'] }

/** Key and value of what stands, the latest first. */
const standing = (drawn: DrawnMesh, acts = drawn.acts): string[] => reduceRoster(acts).policies.map(({ key, value, area, expires }) => `${key} ${value} ${area.repo ?? '*'}:${area.item ?? '*'}${expires === null ? '' : ` until ${expires}`}`)

describe('policies', () => {
  it('are operators\' words: a host\'s, a stranger\'s and the recovery key\'s are none', () => {
    const drawn = new DrawnMesh(undefined, { recovery: 'paper' })
    drawn.join('box')
    for (const by of ['mac', 'box', 'mallory', 'paper']) drawn.policy(by, { key: 'overlap', value: 'deny' })
    expect(standing(drawn)).toEqual([])
    drawn.policy('op', { key: 'overlap', value: 'strict' })
    expect(standing(drawn)).toEqual(['overlap strict *:*'])
  })

  it('hold per key and place: the latest stands, and one without a value clears it', () => {
    const drawn = new DrawnMesh()
    drawn.policy('op', { ...onPay, value: 'strict' })
    drawn.policy('op', { key: 'deadlock', value: 'auto' })
    drawn.policy('op', { key: 'overlap', repo: 'app', scope: ['src/pay', 'docs'], value: 'deny' })
    drawn.policy('op', { key: 'overlap', repo: 'other', scope: ['src/pay'], value: 'strict' })
    expect(standing(drawn)).toEqual(['overlap strict other:src/pay', 'overlap deny app:docs', 'overlap deny app:src/pay', 'deadlock auto *:*'])
    drawn.policy('op', onPay)
    drawn.policy('op', { key: 'deadlock' })
    expect(standing(drawn)).toEqual(['overlap strict other:src/pay', 'overlap deny app:docs'])
  })

  it('keep an earlier one that lasts longer under one that expires, and no clock takes part', () => {
    const drawn = new DrawnMesh()
    drawn.policy('op', { ...onPay, value: 'strict' })
    drawn.policy('op', { ...onPay, value: 'deny', expires: 5_000 })
    expect(standing(drawn)).toEqual(['overlap deny app:src/pay until 5000', 'overlap strict app:src/pay'])
    drawn.policy('op', { ...onPay, value: 'warn', expires: 9_000 })
    expect(standing(drawn)).toEqual(['overlap warn app:src/pay until 9000', 'overlap strict app:src/pay'])
    drawn.policy('op', { ...onPay, value: 'deny' })
    expect(standing(drawn)).toEqual(['overlap deny app:src/pay'])
  })

  it('follow sight before any clock, then rank, then the stamp, then the id', () => {
    const drawn = new DrawnMesh()
    drawn.operator('op', 'second')
    const before = drawn.acts.map(({ id }) => id)
    drawn.policy('second', { ...onPay, value: 'deny' }, { wall: 9_000_000 })
    drawn.policy('op', { ...onPay, value: 'strict' }, { wall: 5_000 })
    expect(standing(drawn)).toEqual(['overlap strict app:src/pay'])
    const apart = new DrawnMesh()
    apart.operator('op', 'second')
    apart.policy('op', { ...onPay, value: 'strict' }, { seen: before, wall: 5_000 })
    apart.policy('second', { ...onPay, value: 'deny' }, { seen: before, wall: 9_000_000 })
    expect(standing(apart)).toEqual(['overlap strict app:src/pay'])
    apart.policy('op', { ...onPay, value: 'warn' }, { seen: before, wall: 6_000 })
    expect(standing(apart)).toEqual(['overlap warn app:src/pay'])
  })

  it('fall with their operator, but for those that its revocation had seen, and what they had covered is back', () => {
    const drawn = new DrawnMesh()
    drawn.operator('op', 'second')
    drawn.policy('op', { ...onPay, value: 'strict' })
    const kept = drawn.policy('second', { key: 'deadlock', value: 'auto' })
    drawn.policy('second', { ...onPay, value: 'warn' })
    expect(standing(drawn)).toEqual(['overlap warn app:src/pay', 'deadlock auto *:*'])
    drawn.revoke('op', {}, ['second'], [kept.id])
    expect(standing(drawn)).toEqual(['deadlock auto *:*', 'overlap strict app:src/pay'])
  })

  it('are the same in every order in which their acts come, for who comes late too', () => {
    const drawn = new DrawnMesh()
    drawn.operator('op', 'second')
    const seen = drawn.acts.map(({ id }) => id)
    drawn.policy('op', { ...onPay, value: 'strict' }, { seen })
    drawn.policy('second', { ...onPay, value: 'deny', expires: 7_000 }, { seen })
    drawn.policy('second', { key: 'overlap', value: 'deny' })
    drawn.policy('op', { key: 'overlap' })
    const told = standing(drawn)
    const orders = permutations(drawn.acts.slice(1))
    for (const order of orders) {
      const late = new ActSet(drawn.crypto, drawn.mesh)
      for (const { bytes } of [...order, drawn.genesis]) take(late.add(bytes))
      late.settle()
      expect(standing(drawn, [...late.values()])).toEqual(told)
    }
    expect(orders).toHaveLength(120)
  })

  it(`are at most ${LIMITS.policies}, the latest`, () => {
    const drawn = new DrawnMesh(toyCrypto)
    for (let number = 0; number < LIMITS.policies + 3; number++) drawn.policy('op', { key: 'overlap', repo: 'app', scope: [`p${number}`], value: 'deny' })
    const told = standing(drawn)
    expect([told.length, told[0], told.at(-1)]).toEqual([LIMITS.policies, `overlap deny app:p${LIMITS.policies + 2}`, 'overlap deny app:p3'])
  })

  it('may say what this version does not know, and must be well formed', () => {
    const drawn = new DrawnMesh()
    expect(codeOf(drawn.writeAny('op', 'policy', { key: 'quorum', value: 'three', more: 1 }))).toBe('ok')
    const wrong = [{}, { key: 'Overlap', value: 'deny' }, { key: 'overlap', value: '' }, { key: 'overlap', value: 'a\nb' }, { key: 'overlap', scope: [] }, { key: 'overlap', scope: ['a', 'a'] }, { key: 'overlap', expires: -1 }, { key: 'overlap', value: 'x'.repeat(LIMITS.policyValueChars + 1) }]
    expect(wrong.map(body => codeOf(drawn.writeAny('op', 'policy', body)))).toEqual(wrong.map(() => 'ACT_MALFORMED'))
    expect(codeOf(drawn.writeAny('op', 'policy', { key: 'Overlap' }, 9))).toBe('ok')
    expect(standing(drawn)).toEqual(['quorum three *:*'])
  })
})

const permutations = <Item>(items: readonly Item[]): Item[][] => (items.length === 0 ? [[]] : items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map(rest => [item, ...rest])))
