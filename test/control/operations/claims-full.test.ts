import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionName } from '../../../src/core/brand.js'
import { LIMITS } from '../../../src/core/limits.js'
import { claimElsewhere } from '../../support/claims-elsewhere.js'
import { temporaryFolder } from '../../support/cli.js'
import { Desk } from '../../support/desk.js'
import { makeRepository } from '../../support/home.js'

const ALLOWED = LIMITS.liveClaimsPerHost
const folder = temporaryFolder()
let mac: Desk

const hold = async (session: string, paths: readonly string[]) => {
  const until = mac.host.meshNow() + LIMITS.leaseDefaultMs
  return mac.host.write(session as SessionName, paths.map(path => ({ kind: 'claim', fields: { repo: 'github.com/team/app', scope: [path], mode: 'exclusive', until } })))
}
const paths = (name: string, count: number) => Array.from({ length: count }, (_, index) => `src/${name}/${index}.ts`)
const count = () => mac.host.replica.view.count

beforeAll(async () => {
  mac = await Desk.open(join(folder.path, 'h'), makeRepository(join(folder.path, 'app')))
  expect([(await hold('loop', paths('loop', ALLOWED - 24))).ok, (await hold('other', paths('other', 23))).ok]).toEqual([true, true])
  claimElsewhere(mac.host, 1, 'far', [['far/x.ts'], ['far/y.ts']])
})
afterAll(async () => {
  await mac.close()
  folder.remove()
})

describe('a host with all the live claims that it may have', () => {
  it('makes the last one, refuses the next whole, records nothing, not even the repository, and says who holds most', async () => {
    const before = count()
    const refused = await mac.run('me', ['claim', ...paths('me', LIMITS.patternsPerClaim + 1)])
    expect(refused).toMatchObject({ code: 4, envelope: { error: { code: 'CLAIMS_FULL', details: { live: ALLOWED - 1, asked: 2, allowed: ALLOWED, holders: [{ session: 'loop', claims: ALLOWED - 24 }, { session: 'other', claims: 23 }] } } } })
    expect(refused.envelope.error.message).toBe(`this host holds ${ALLOWED - 1} live claims, and ${ALLOWED} are allowed: loop holds ${ALLOWED - 24}, other holds 23; nothing was claimed. Release what is done, or claim whole folders`)
    expect(refused.envelope.next).toEqual(['skein release --all', 'skein claims --mine'])
    expect([count(), mac.host.enrolment.repositories.size]).toEqual([before, 0])
    expect((await mac.run('me', ['claim', 'src/me/one.ts'])).code).toBe(0)
    const full = count()
    expect((await mac.run('me', ['claim', 'src/me/two.ts'])).envelope.error.code).toBe('CLAIMS_FULL')
    expect(await hold('me', ['src/me/two.ts'])).toMatchObject({ ok: false, failure: { code: 'CLAIMS_FULL' } })
    const far = [...mac.host.replica.view.ofKind('claim')].find(({ text }) => text.includes('far/x.ts'))
    expect((await mac.run('me', ['take', far?.id ?? '', '--force'])).envelope.error.code).toBe('CLAIMS_FULL')
    expect(count()).toBe(full)
  })

  it('renews what is held, takes from itself what is handed over, and has room again after a release or once leases are over', async () => {
    expect((await mac.run('me', ['claim', 'src/me/one.ts', '--for', '2h'])).code).toBe(0)
    const { id } = (await mac.run('me', ['claim', 'src/me/one.ts'])).envelope.data
    await mac.run('getter', ['whoami'])
    const { id: offer } = (await mac.run('me', ['hand', String(id), 'mac/getter'])).envelope.data
    expect((await mac.run('getter', ['take', String(offer)])).code).toBe(0)
    expect((await mac.run('me', ['claim', 'src/me/two.ts'])).envelope.error.code).toBe('CLAIMS_FULL')
    await mac.run('other', ['release', '--all'])
    expect((await mac.run('me', ['claim', 'src/me/two.ts'])).code).toBe(0)
    expect((await hold('me', paths('me', 23))).ok).toBe(false)
    mac.advance(LIMITS.leaseDefaultMs + LIMITS.leaseGraceMs + 60_000)
    expect((await hold('me', paths('me', 23))).ok).toBe(true)
  })

  it('keeps count of what stands, lapsed claims too, so that the live ones are counted only where those are too many', async () => {
    const { claims } = mac.host.replica.view
    const host = mac.host.replica.hostId
    expect(claims.standingCount(host)).toBeGreaterThan(ALLOWED)
    expect(claims.liveOfHost(host, mac.host.meshNow()).length).toBeLessThan(40)
  })
})
