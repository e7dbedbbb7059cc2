import { describe, expect, it } from 'vitest'
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

  it('go by the newest record of a host', () => {
    const old = saying(box, 'work/team/app', 'b'.repeat(40))
    const view = viewOf([mac, box], [saying(mac, 'github.com/team/app'), saying(box, 'work/team/app', ROOT, NOON + 1), old])
    expect(view.repositories.nameOf('work/team/app')).toBe('github.com/team/app')
    expect(view.repositories.newest()).not.toContain(entryIn(view, old))
  })
})
