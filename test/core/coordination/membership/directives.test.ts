import { describe, expect, it } from 'vitest'
import { reduceRoster } from '../../../../src/core/coordination/membership/roster.js'
import { concerns, isLive, overriding, stopAt } from '../../../../src/core/coordination/policy/directive.js'
import { LIMITS } from '../../../../src/core/limits.js'
import { codeOf, DrawnMesh, keyOf } from './mesh.js'

/** The texts that stand at a time, the latest first. */
const live = (drawn: DrawnMesh, now = 0): string[] => reduceRoster(drawn.acts).directives.filter(each => isLive(each, now)).map(({ text }) => text)
const pay = [{ repo: 'app', item: 'src/pay/a.ts' }]

describe('directives', () => {
  it('are operators\' words: a host\'s, another mesh\'s, a stranger\'s and the recovery key\'s are none', () => {
    const drawn = new DrawnMesh(undefined, { recovery: 'paper' })
    drawn.join('box')
    for (const by of ['mac', 'box', 'mallory', 'paper']) drawn.directive(by, { text: `forged by ${by}` })
    drawn.directive('op', { text: 'freeze', stop: true })
    expect(reduceRoster(drawn.acts).directives).toMatchObject([{ text: 'freeze', stop: true, by: keyOf('op'), expires: null, withdrawn: null }])
    const other = new DrawnMesh(undefined, { recovery: 'other' })
    expect(() => drawn.keep(other.directive('op', { text: 'of another mesh' }).bytes)).toThrow('ACT_OTHER_MESH')
  })

  it('stand until they expire, or an operator, the same or another, withdraws them', () => {
    const drawn = new DrawnMesh()
    drawn.operator('op', 'second')
    const first = drawn.directive('op', { text: 'one' })
    drawn.directive('op', { text: 'two', expires: 500 })
    expect([live(drawn, 499), live(drawn, 500)]).toEqual([['two', 'one'], ['one']])
    for (const by of ['mac', 'mallory']) drawn.withdraw(by, first)
    expect(live(drawn, 500)).toEqual(['one'])
    drawn.withdraw('second', first, 'over')
    expect(live(drawn, 500)).toEqual([])
    expect(reduceRoster(drawn.acts).directives.at(-1)).toMatchObject({ text: 'one', withdrawn: { by: keyOf('second'), reason: 'over' } })
  })

  it('fall with their operator, and so does a withdrawal, but for what its revocation names', () => {
    const drawn = new DrawnMesh()
    drawn.operator('op', 'second')
    const first = drawn.directive('op', { text: 'one' })
    const kept = drawn.directive('second', { text: 'kept' })
    drawn.directive('second', { text: 'fallen' })
    drawn.withdraw('second', first)
    expect(live(drawn)).toEqual(['fallen', 'kept'])
    drawn.revoke('op', {}, ['second'], [kept.id])
    expect(live(drawn)).toEqual(['kept', 'one'])
    drawn.directive('second', { text: 'afterwards' })
    expect(live(drawn)).toEqual(['kept', 'one'])
  })

  it('must be well formed', () => {
    const drawn = new DrawnMesh()
    const wrong = [{}, { text: ' ' }, { text: 'x'.repeat(LIMITS.directiveChars + 1) }, { text: 'x', stop: 1 }, { text: 'x', scope: [] }, { text: 'x', expires: 'soon' }]
    expect(wrong.map(body => codeOf(drawn.writeAny('op', 'directive', body)))).toEqual(wrong.map(() => 'ACT_MALFORMED'))
    expect([codeOf(drawn.writeAny('op', 'withdraw', { directive: 'd-1a2b' })), codeOf(drawn.writeAny('op', 'directive', { text: 'two\nlines', more: true }))]).toEqual(['ACT_MALFORMED', 'ok'])
  })

  it('go before what is claimed on their scope, and stop it where they say so', () => {
    const drawn = new DrawnMesh()
    drawn.directive('op', { text: 'everybody: be kind' })
    drawn.directive('op', { text: 'careful', repo: 'app', scope: ['src/pay'] })
    drawn.directive('op', { text: 'stop', repo: 'app', scope: ['src/pay/**', 'docs'], stop: true, expires: 900 })
    drawn.directive('op', { text: 'elsewhere', repo: 'other', scope: ['src/pay'], stop: true })
    const { directives } = reduceRoster(drawn.acts)
    expect(overriding(directives, pay, 0).map(({ text }) => text)).toEqual(['stop', 'careful'])
    expect([stopAt(directives, pay, 0)?.text, stopAt(directives, pay, 900), stopAt(directives, [{ repo: 'app', item: 'src/ui' }], 0)]).toEqual(['stop', null, null])
    expect(directives.filter(each => concerns(each, pay)).map(({ text }) => text)).toEqual(['stop', 'careful', 'everybody: be kind'])
  })
})
