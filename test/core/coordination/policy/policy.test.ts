import { describe, expect, it } from 'vitest'
import type { ActId, HostId, SessionName } from '../../../../src/core/brand.js'
import type { OperatorKey } from '../../../../src/core/coordination/membership/body.js'
import type { Policy } from '../../../../src/core/coordination/membership/policies.js'
import { advantageOf, deadlockRule, overlapRule, overlapRuleBetween } from '../../../../src/core/coordination/policy/policy.js'

let count = 0
const policy = (key: string, value: string, item: string | null = null, { repo = item === null ? null : 'app', expires = null }: { repo?: string | null; expires?: number | null } = {}): Policy => ({
  act: `${++count}` as ActId,
  key,
  value,
  area: { repo, item },
  by: 'op' as OperatorKey,
  stamp: { wall: count, count: 0 },
  expires
})

const at = (item: string, repo = 'app') => ({ repo, item })
const rule = (policies: readonly Policy[], item: string, { sameTree = false, now = 0, repo = 'app' } = {}): string => overlapRule(policies, at(item, repo), sameTree, now).rule

describe('what is in force for overlapping claims', () => {
  it('is a warning where nothing is set', () => {
    expect(overlapRule([], at('src'), true, 0)).toEqual({ rule: 'warn', policy: null })
  })

  it('holds for every claim that covers something of its scope, in its repository alone', () => {
    const policies = [policy('overlap', 'deny', 'src/pay/**')]
    expect(['src/pay/a.ts', 'src', '', '**/*.ts', 'src/ui', 'docs'].map(item => rule(policies, item))).toEqual(['deny', 'deny', 'deny', 'deny', 'warn', 'warn'])
    expect(rule(policies, 'src/pay/a.ts', { repo: 'other' })).toBe('warn')
  })

  it('holds for a name, or for everything', () => {
    const named = [policy('overlap', 'strict', '@deploy', { repo: '' })]
    expect([rule(named, '@deploy', { repo: '' }), rule(named, '@test', { repo: '' })]).toEqual(['strict', 'warn'])
    const all = [policy('overlap', 'strict')]
    expect([rule(all, '@test', { repo: '' }), rule(all, 'src', { repo: 'other' })]).toEqual(['strict', 'strict'])
  })

  it('is the latest that covers a claim wholly, and the strictest of what shows of earlier ones', () => {
    const policies = [policy('overlap', 'warn', 'docs/**'), policy('overlap', 'strict', ''), policy('overlap', 'deny', 'src/pay')]
    expect(rule(policies, 'docs/a.md')).toBe('warn')
    expect(rule(policies, 'doc*')).toBe('strict')
    expect(rule(policies, 'src/pay')).toBe('strict')
    expect(rule(policies.toReversed(), 'src/pay')).toBe('deny')
    expect(rule(policies.toReversed(), 'src/**')).toBe('deny')
  })

  it('ends with its time', () => {
    const policies = [policy('overlap', 'deny', 'src', { expires: 100 }), policy('overlap', 'strict', 'src')]
    expect([rule(policies, 'src', { now: 99 }), rule(policies, 'src', { now: 100 })]).toEqual(['deny', 'strict'])
  })

  it('may be stricter in the same tree', () => {
    const policies = [policy('overlap-same-tree', 'deny', 'src'), policy('overlap', 'strict', 'src')]
    expect([rule(policies, 'src/a', { sameTree: true }), rule(policies, 'src/a')]).toEqual(['deny', 'strict'])
    expect(rule([policy('overlap-same-tree', 'warn', 'src'), policy('overlap', 'strict', 'src')], 'src/a', { sameTree: true })).toBe('strict')
  })

  it('asks of two claims whether it holds on something of both', () => {
    const policies = [policy('overlap', 'deny', 'src/pay')]
    const between = (own: string, other: string): string => overlapRuleBetween(policies, at(own), at(other), false, 0).rule
    expect([between('src/**', 'src/pay/a'), between('src/**', 'src/ui/a'), between('src/pay/a', 'src/**')]).toEqual(['deny', 'warn', 'deny'])
  })

  it('lets a value of a later version, and a scope that cannot be read, do no harm', () => {
    expect(rule([policy('overlap', 'quorum', 'src')], 'src')).toBe('warn')
    expect([rule([policy('overlap', 'deny', 'src/[')], 'docs'), rule([policy('overlap', 'deny', 'src/[')], 'docs', { repo: 'other' })]).toEqual(['deny', 'warn'])
  })
})

describe('other policies', () => {
  it('say what becomes of a deadlock', () => {
    expect([deadlockRule([], 0).rule, deadlockRule([policy('deadlock', 'auto', null, { expires: 5 })], 4).rule, deadlockRule([policy('deadlock', 'auto', null, { expires: 5 })], 5).rule, deadlockRule([policy('deadlock', 'vote')], 0).rule]).toEqual(['advise', 'auto', 'advise', 'advise'])
  })

  it('bring a turn forward for the host or session that they name, on all of a claim or not at all', () => {
    const mac = 'mac' as HostId
    const who = (session: string, host = mac) => ({ host, session: session as SessionName })
    const hostwide = [policy('advantage', 'mac')]
    expect([advantageOf(hostwide, [at('src')], who('a'), 0), advantageOf(hostwide, [at('src')], who('a', 'box' as HostId), 0), advantageOf([], [at('src')], who('a'), 0)]).toEqual([10, 0, 0])
    const tests = [policy('advantage', 'mac/ci', 'test/**')]
    expect([
      advantageOf(tests, [at('test/a')], who('ci'), 0),
      advantageOf(tests, [at('test/a')], who('ci/sub'), 0),
      advantageOf(tests, [at('test/a')], who('cinema'), 0),
      advantageOf(tests, [at('test/a'), at('src')], who('ci'), 0),
      advantageOf(tests, [at('te*')], who('ci'), 0),
      advantageOf(tests, [at('test/a', 'other')], who('ci'), 0)
    ]).toEqual([10, 10, 0, 0, 0, 0])
  })
})
