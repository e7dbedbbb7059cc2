import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionName } from '../../../src/core/brand.js'
import { LIMITS } from '../../../src/core/limits.js'
import { temporaryFolder } from '../../support/cli.js'
import { claimElsewhere } from '../../support/claims-elsewhere.js'
import { Desk } from '../../support/desk.js'
import { makeRepository } from '../../support/home.js'

const COUNT = LIMITS.claimsListed + 100
/** Sessions of this host, and of each of the others. */
const OWN = 10
const folder = temporaryFolder()
let mac: Desk

const hold = async (session: string, scopes: readonly (readonly string[])[]): Promise<void> => {
  const until = mac.host.meshNow() + LIMITS.leaseDefaultMs
  const written = await mac.host.write(session as SessionName, scopes.map(scope => ({ kind: 'claim', fields: { repo: 'github.com/team/app', scope, mode: 'exclusive', until } })))
  if (!written.ok) throw new Error(written.failure.message)
}

beforeAll(async () => {
  mac = await Desk.open(join(folder.path, 'h'), makeRepository(join(folder.path, 'app')))
  await mac.run('me', ['repo', 'add'])
  const scopes = (session: number) => Array.from({ length: COUNT / 51 }, (_, index) => [`src/part${session}/${index}.ts`])
  for (let session = 0; session < OWN; session++) await hold(`s-${session}`, scopes(session))
  // one host holds no more than 1,024: the rest is of hosts that exist in this view only
  for (let session = OWN; session < 51; session++) claimElsewhere(mac.host, Math.floor(session / OWN), `s-${session}`, scopes(session))
})
afterAll(async () => {
  await mac.close()
  folder.remove()
})

describe('among thousands of claims', () => {
  it('a listing is bounded and says how many it leaves off', async () => {
    const { envelope } = await mac.run('me', ['claims'])
    expect([envelope.data.total, Array.isArray(envelope.data.claims) ? envelope.data.claims.length : 0, envelope.data.left_off]).toEqual([COUNT, LIMITS.claimsListed, 100])
    expect(Buffer.byteLength(JSON.stringify(envelope))).toBeLessThan(LIMITS.claimListBytes)
    const { text } = await mac.run('me', ['claims'], { json: false })
    expect(text.split('\n').at(-1)).toBe(`… and ${COUNT - 200} more of ${COUNT}: skein claims SCOPE, or --limit`)
    expect((await mac.run('me', ['claims', 'src/part7', '--limit', '3'])).envelope.data).toMatchObject({ total: 100, left_off: 97 })
  })

  it('a claim of all of them names the first holders and counts the rest, once', async () => {
    const { envelope } = await mac.run('all', ['claim', ':/'])
    expect(envelope.data).toMatchObject({ overlap_count: COUNT, items: [{ scope: '', held_count: COUNT }] })
    expect(envelope.warnings.map(({ code }) => code)).toEqual([...Array.from({ length: LIMITS.holdersListed }, () => 'CLAIM_OVERLAP'), 'CLAIM_OVERLAP_MORE'])
    expect((await mac.run('all', ['claims', '--mine'])).envelope.warnings).toEqual([])
    const told = () => [...mac.host.replica.notes.keys()].filter(key => key.startsWith('told/')).length
    await mac.run('all', ['release', '--all'])
    expect(told()).toBe(COUNT)
    await mac.run('s-0', ['release', '--all'])
    expect(told()).toBe(COUNT - COUNT / 51)
  })
})
