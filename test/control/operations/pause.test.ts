import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionName } from '../../../src/core/brand.js'
import { recordCase } from '../../support/cases.js'
import { temporaryFolder } from '../../support/cli.js'
import type { Answer, Desk } from '../../support/desk.js'
import { openDesks, type Desks } from '../../support/desks.js'

const HOUR = 3_600_000
const folder = temporaryFolder()
let two: Desks

beforeAll(async () => {
  two = await openDesks(folder.path)
})
afterAll(async () => {
  await two.close()
  folder.remove()
})

const rows = (list: unknown): Record<string, unknown>[] => (Array.isArray(list) ? list : [])
const states = ({ envelope }: Answer): unknown[] => rows(envelope.data.paths).map(({ state }) => state)
const codes = ({ envelope }: Answer): string[] => envelope.warnings.map(({ code }) => code)

/** One machine sleeps, the other goes on; both name the time alike. */
const asleep = (sleeper: Desk, awake: Desk, ms: number): void => {
  sleeper.sleep(ms)
  awake.advance(ms)
}

describe('eight hours of sleep with a claim held (must show 7)', () => {
  it('is stale elsewhere, taken over there, and its session is told so before anything says that it is held', async () => {
    const { mac, box } = two
    const claimed = await mac.run('claude', ['claim', 'src/auth/**', '--reason', 'rewrite the login flow'])
    await two.level()
    box.advance(8 * HOUR)
    const seen = await box.run('codex', ['who', 'src/auth/login.ts'])
    expect([seen.code, states(seen)]).toEqual([1, ['stale']])
    const own = mac.host.replica.view.find(String(claimed.envelope.data.id))
    if (!own.ok) throw new Error(own.failure.message)
    const taken = await box.host.write('codex' as SessionName, [{ kind: 'reclaim', fields: { claims: [own.value.id], reason: 'its lease ended' } }])
    expect(taken.ok).toBe(true)
    await box.run('codex', ['claim', 'src/auth/login.ts', '--reason', 'fix the redirect'])

    mac.sleep(8 * HOUR)
    const first = await mac.run('claude', ['who', 'src/auth/login.ts', 'src/auth/other.ts'])
    // what the first answer knows came from the peer that was asked before it was given
    expect([first.code, states(first)]).toEqual([1, ['held', 'stale']])
    expect(rows(first.envelope.data.paths)[0]?.holders).toMatchObject([{ holder: 'box/codex', reason: 'fix the redirect' }])
    const lapsed = first.envelope.warnings.find(({ code }) => code === 'CLAIM_LAPSED')
    expect(lapsed).toMatchObject({ details: { claim: claimed.envelope.data.id, taken_by: [{ holder: 'box/codex', reason: 'fix the redirect' }] } })
    expect(lapsed?.text).toMatch(/^your claim c-\w+ on src\/auth\/\*\* lapsed at .*\(8 h ago\): meanwhile box\/codex holds src\/auth\/login\.ts since .*: "fix the redirect"\. It is not held, and theirs leads\. skein renew holds it again behind them; skein release c-\w+ gives it up\.$/)
    expect(codes(await mac.run('claude', ['who', 'src/auth/other.ts']))).not.toContain('CLAIM_LAPSED')
    const untold = [first].filter(answer => !codes(answer).includes('CLAIM_LAPSED') || states(answer).includes('mine')).length
    recordCase(40, { test: 'test/control/operations/pause.test.ts', runs: 1, worst: untold, limit: 0, unit: 'answers that say mine before it was told' })

    await mac.run('claude', ['renew'])
    await two.level()
    const again = await mac.run('claude', ['who', 'src/auth/other.ts', 'src/auth/login.ts'])
    expect(states(again)).toEqual(['mine', 'held'])
    for (const [desk, session] of [[mac, 'claude'], [box, 'codex']] as const) await desk.run(session, ['release', '--all'])
    await two.level()
  })

  it('that nobody used is said too; a short one is renewed, and only then said to be held', async () => {
    const { mac, box } = two
    await mac.run('claude', ['claim', 'lib/**'])
    await two.level()
    asleep(mac, box, 8 * HOUR)
    const first = await mac.run('claude', ['claims', '--mine'])
    expect(rows(first.envelope.data.claims).map(({ state }) => state)).toEqual(['stale'])
    expect(first.envelope.warnings.find(({ code }) => code === 'CLAIM_LAPSED')?.text).toContain('nobody has claimed any of it since. It is not held. skein renew holds it again; skein release')
    await mac.run('claude', ['renew'])
    await two.level()
    asleep(mac, box, HOUR)
    expect((await box.run('codex', ['claim', 'lib/a.ts', '--strict'])).code).toBe(0)
    const short = await mac.run('claude', ['who', 'lib/b.ts', 'lib/a.ts'])
    expect(states(short)).toEqual(['mine', 'held'])
    expect(short.envelope.warnings).toMatchObject([{ code: 'CLAIM_CROSSING', text: expect.stringContaining('Their claim leads.') }])
  })
})
