import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../support/cli.js'
import { Desk } from '../../support/desk.js'
import { makeRepository } from '../../support/home.js'

const MINUTE = 60_000
const folder = temporaryFolder()
let mac: Desk

beforeAll(async () => {
  mac = await Desk.open(join(folder.path, 'h'), makeRepository(join(folder.path, 'app')))
})
afterAll(async () => {
  await mac.close()
  folder.remove()
})

const rows = (list: unknown): Record<string, unknown>[] => (Array.isArray(list) ? list : [])
const renewals = () => [...mac.host.replica.view.ofKind('renew')].length
const stated = async (session: string, by = session) => rows((await mac.run(by, ['claims'])).envelope.data.claims).filter(claim => claim.session === session)
/** Minutes that each claim of a session, oldest first, is still held for, as another session sees it. */
const minutesLeft = async (session: string) =>
  (await stated(session, 'onlooker'))
    .toSorted((left, right) => (String(left.since) < String(right.since) ? -1 : 1))
    .map(({ until }) => Math.round((Date.parse(String(until)) - mac.host.now().wall) / MINUTE))
const leads = async (session: string) => (await stated(session, 'onlooker')).map(({ lead }) => lead)

describe('renewal by activity', () => {
  it('comes with any command once a third has passed, in one record for all claims, and not before', async () => {
    await mac.run('busy', ['claim', 'a'])
    await mac.run('busy', ['claim', 'b'])
    const before = renewals()
    mac.advance(9 * MINUTE)
    await mac.run('busy', ['who', 'a'])
    expect([renewals() - before, await minutesLeft('busy')]).toEqual([0, [21, 21]])
    mac.advance(2 * MINUTE)
    for (let again = 0; again < 5; again++) await mac.run('busy', ['who', 'a'])
    expect([renewals() - before, await minutesLeft('busy')]).toEqual([1, [30, 30]])
  })

  it('is of one’s own claims only', async () => {
    await mac.run('quiet', ['claim', 'c'])
    mac.advance(20 * MINUTE)
    await mac.run('busy', ['claims'])
    expect(await minutesLeft('quiet')).toEqual([10])
    await mac.run('quiet', ['release', '--all'])
  })

  it('holds each claim for as long as it was made for, and a person’s days not longer', async () => {
    await mac.run('mixed', ['claim', 'short', '--for', '3m'])
    await mac.run('mixed', ['claim', 'usual'])
    await mac.run('mixed', ['claim', 'days', '--for', '3d'])
    mac.advance(2 * MINUTE)
    await mac.run('mixed', ['claims'])
    expect(await minutesLeft('mixed')).toEqual([3, 28, 3 * 24 * 60 - 2])
    mac.advance(2 * MINUTE)
    const before = renewals()
    await mac.run('mixed', ['claims'])
    expect([renewals() - before, await minutesLeft('mixed')]).toEqual([1, [3, 26, 3 * 24 * 60 - 4]])
    await mac.run('mixed', ['release', '--all'])
  })
})

describe('a lapsed claim', () => {
  it('is stale and not gone, and a command of its session takes it up again, behind whoever came in between', async () => {
    await mac.run('slow', ['claim', 'lapse/**', '--reason', 'long tests'])
    mac.advance(31 * MINUTE)
    const seen = await mac.run('onlooker', ['who', 'lapse/x'])
    expect([seen.code, rows(seen.envelope.data.paths)[0]]).toMatchObject([1, { state: 'stale', holders: [{ holder: 'mac/slow', state: 'stale', reason: 'long tests' }] }])
    expect((await mac.run('onlooker', ['who', 'lapse/x'], { json: false })).text).toContain('its lease ended')
    expect((await mac.run('swift', ['claim', 'lapse/x', '--strict'])).code).toBe(0)
    const back = await mac.run('slow', ['who', 'lapse/y'])
    expect(back.envelope.warnings).toMatchObject([{ code: 'CLAIM_CROSSING', text: expect.stringContaining('Their claim leads.') }])
    expect(rows(back.envelope.data.paths)[0]).toMatchObject({ state: 'mine' })
    expect([await leads('slow'), await leads('swift')]).toEqual([[false], [true]])
    await mac.run('swift', ['release', '--all'])
    await mac.run('slow', ['release', '--all'])
  })

  it('of yesterday is left alone by activity, and held again by skein renew or by claiming it again', async () => {
    await mac.run('monday', ['claim', 'old/a'])
    await mac.run('monday', ['claim', 'old/b'])
    mac.advance(26 * 60 * MINUTE)
    await mac.run('monday', ['claims'])
    expect((await stated('monday')).map(({ state }) => state)).toEqual(['stale', 'stale'])
    const again = await mac.run('monday', ['claim', 'old/a'])
    expect(again.envelope.data.items).toMatchObject([{ renewed: true }])
    expect((await stated('monday')).map(({ scope, state }) => [scope, state])).toEqual([[['old/a'], 'live'], [['old/b'], 'stale']])
    const renewed = await mac.run('monday', ['renew', '--for', '2h'])
    expect([rows(renewed.envelope.data.claims).map(({ state }) => state), renewed.envelope.data.again]).toEqual([['live', 'live'], [expect.stringMatching(/^c-/)]])
    expect(await minutesLeft('monday')).toEqual([120, 120])
  })
})

describe('the length of a lease', () => {
  it.each([
    ['29s', true, 2],
    ['30s', true, 0],
    ['30d', true, 0],
    ['31d', true, 2],
    ['4h', false, 0],
    ['4h1m', false, 2]
  ])('%s (person: %j) exits %i', async (asked, person, code) => {
    expect((await mac.run('lengths', ['claim', `l/${asked}`, '--for', asked], { person })).code).toBe(code)
    expect((await mac.run('lengths', ['renew', '--ttl', asked], { person })).code).toBe(code)
  })
})
