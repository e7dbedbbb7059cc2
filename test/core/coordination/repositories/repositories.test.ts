import { describe, expect, it } from 'vitest'
import type { ActId, SessionName } from '../../../../src/core/brand.js'
import { proposalCrossings } from '../../../../src/core/coordination/agreement/proposals.js'
import type { OperatorKey } from '../../../../src/core/coordination/membership/body.js'
import type { Policy } from '../../../../src/core/coordination/membership/policies.js'
import { decreesIn } from '../../../../src/core/coordination/policy/decrees.js'
import { overlapRule } from '../../../../src/core/coordination/policy/policy.js'
import { goalsOf } from '../../../../src/core/coordination/waiting/goal.js'
import { standingWaits } from '../../../../src/core/coordination/waiting/wait.js'
import { ownerAndName } from '../../../../src/core/coordination/repositories/repositories.js'
import { entryIn, give, MINUTE, NOON, Scribe, viewOf } from '../records/scribe.js'

const mac = new Scribe('mac', 1)
const box = new Scribe('box', 2)
const spark = new Scribe('spark', 3)
const ROOT = 'a'.repeat(40)
const now = NOON + 5 * MINUTE
const saying = (scribe: Scribe, key: string, root: string | null = ROOT, at = NOON, state = 'enrolled') => scribe.write('repo', { key, state, ...(root === null ? {} : { root }) }, at)
const claim = (scribe: Scribe, repo: string, scope = 'src') => scribe.claim([scope], NOON + MINUTE, { repo })

describe('repositories', () => {
  it.each([
    ['github.com/team/app', 'team/app'],
    ['work/team/app', 'team/app'],
    ['host.example:2222/group/sub/app', 'sub/app'],
    ['team/app', null],
    ['file:/srv/team/app', null],
    [`root:${ROOT}`, null],
    ['random:abc/d/e', null]
  ])('%s is called %s', (key, name) => {
    expect(ownerAndName(key)).toBe(name)
  })

  it('are one under two keys with one first commit and one owner/name, whatever came first, and claims in them overlap', () => {
    const written = [saying(mac, 'github.com/team/app'), saying(box, 'work/team/app'), claim(mac, 'github.com/team/app'), claim(box, 'work/team/app', 'src/x.ts')]
    for (const order of [written, written.toReversed()]) {
      const view = viewOf([mac, box], order)
      expect(view.repositories.nameOf('work/team/app')).toBe('github.com/team/app')
      expect(view.claims.crossings(now)).toMatchObject([{ witness: 'src/x.ts' }])
      for (const repo of ['work/team/app', 'github.com/team/app']) {
        expect(view.claims.overlapping({ repo, scope: ['src/x.ts'], mode: 'exclusive' }, now).map(({ claim: found }) => found.repo)).toEqual(['github.com/team/app', 'github.com/team/app'])
      }
    }
  })

  it('are two again once one is no longer coordinated, and one again after', () => {
    const view = viewOf([mac, box], [saying(mac, 'github.com/team/app'), saying(box, 'work/team/app'), claim(mac, 'github.com/team/app'), claim(box, 'work/team/app')])
    expect(view.claims.crossings(now)).toHaveLength(1)
    give(view, [saying(box, 'work/team/app', ROOT, NOON + 1, 'removed')])
    expect(view.claims.crossings(now)).toEqual([])
    give(view, [saying(box, 'work/team/app', ROOT, NOON + 2)])
    expect(view.claims.crossings(now)).toHaveLength(1)
    view.dropAuthor(box.author)
    expect(view.repositories.names().size).toBe(0)
  })

  it.each([
    ['another first commit', 'work/team/app', 'b'.repeat(40)],
    ['none that is known', 'work/team/app', null],
    ['another owner', 'github.com/me/app', ROOT],
    ['no address', `root:${ROOT}`, ROOT]
  ])('stay two with %s', (_, key, root) => {
    const view = viewOf([mac, box], [saying(mac, 'github.com/team/app'), saying(box, key, root), claim(mac, 'github.com/team/app'), claim(box, key)])
    expect(view.repositories.names().size).toBe(0)
    expect(view.claims.crossings(now)).toEqual([])
  })

  it('are one through a third, and named by the address that is no alias', () => {
    const said = [saying(mac, 'work/team/app'), saying(box, 'gitlab.example.org/team/app'), saying(spark, 'lab/team/app')]
    for (const order of [said, said.toReversed()]) {
      const view = viewOf([mac, box, spark], order)
      expect(new Set(view.repositories.names().values())).toEqual(new Set(['gitlab.example.org/team/app']))
      expect(view.repositories.names().size).toBe(2)
    }
  })

  it('are one for what is listed, waited for and proposed, and for what operators set, whichever key was named', () => {
    const asked = box.write('note', { repo: 'work/team/app', scope: ['src/x.ts'], text: 'an aside' }, NOON + MINUTE)
    const waits = box.write('wait', { repo: 'work/team/app', scope: ['src/x.ts'] }, NOON + 2 * MINUTE)
    const mine = mac.write('proposal', { to: { host: box.host }, repo: 'github.com/team/app', scope: ['src'], text: 'split it' }, NOON + MINUTE)
    const theirs = box.write('proposal', { to: { host: mac.host }, repo: 'work/team/app', scope: ['src/x.ts'], text: 'rewrite it' }, NOON + MINUTE)
    const view = viewOf([mac, box], [claim(mac, 'github.com/team/app'), asked, waits, mine, theirs])
    const policy: Policy = { act: '1' as ActId, key: 'overlap', value: 'deny', area: { repo: 'work/team/app', item: 'src' }, by: 'op' as OperatorKey, stamp: { wall: 1, count: 0 }, expires: null }
    const found = () => {
      const about = { repositories: view.repositories, repo: 'github.com/team/app', items: ['src/x.ts'] }
      const [wait] = standingWaits(view, now)
      const { policies } = decreesIn({ policies: [policy], directives: [] }, view.repositories)
      return {
        notes: view.timeline.select({ kinds: ['note'], scope: about }).length,
        held: wait === undefined ? null : goalsOf(view, wait, now).map(({ held }) => held.length),
        proposals: proposalCrossings(view, { host: mac.host, session: 'claude-1' as SessionName }, now).length,
        rule: overlapRule(policies, { repo: view.repositories.nameOf('github.com/team/app'), item: 'src/x.ts' }, false, now).rule
      }
    }
    expect(found()).toEqual({ notes: 0, held: [0], proposals: 0, rule: 'warn' })
    give(view, [saying(mac, 'github.com/team/app'), saying(box, 'work/team/app')])
    expect(found()).toEqual({ notes: 1, held: [1], proposals: 1, rule: 'deny' })
    give(view, [saying(box, 'work/team/app', ROOT, NOON + 1, 'removed')])
    expect(found()).toEqual({ notes: 0, held: [0], proposals: 0, rule: 'warn' })
  })

  it('go by the newest record of a host', () => {
    const old = saying(box, 'work/team/app', 'b'.repeat(40))
    const view = viewOf([mac, box], [saying(mac, 'github.com/team/app'), saying(box, 'work/team/app', ROOT, NOON + 1), old])
    expect(view.repositories.nameOf('work/team/app')).toBe('github.com/team/app')
    expect(view.repositories.newest()).not.toContain(entryIn(view, old))
  })
})
