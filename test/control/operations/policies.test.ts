import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../support/cli.js'
import { Desk } from '../../support/desk.js'
import { makeRepository } from '../../support/home.js'

const HOUR = 3_600_000
const folder = temporaryFolder()
let mac: Desk

beforeAll(async () => {
  mac = await Desk.open(join(folder.path, 'h'), makeRepository(join(folder.path, 'app')))
})
afterAll(async () => {
  await mac.close()
  folder.remove()
})

const run = (session: string, ...words: string[]) => mac.run(session, words)
const records = () => mac.host.replica.view.count

/** What is in force, as `skein policy list` says it. */
const inForce = async () => {
  const { envelope } = await run('op', 'policy', 'list')
  const { policies } = envelope.data as { policies: { key: string; value: string; scope: string | null }[] }
  return policies.map(({ key, value, scope }) => `${key} ${value} ${scope ?? '*'}`)
}

describe('a policy', () => {
  it('denies a claim that overlaps, names itself, its operator and since when, and says the same again', async () => {
    await run('holder', 'claim', 'src/pay/charge.ts', '--reason', 'refunds')
    const set = await run('op', 'policy', 'set', 'overlap', 'deny', '--scope', 'src/pay/**')
    expect(set).toMatchObject({ code: 0, envelope: { data: { policies: [{ key: 'overlap', value: 'deny', scope: 'src/pay/**', by: 'the founding operator', until: null, known: true }] } } })
    const before = records()
    const refused = await run('late', 'claim', 'src/pay/**', 'docs')
    expect(refused).toMatchObject({ code: 1, envelope: { error: { code: 'CLAIM_DENIED', details: { policy: { key: 'overlap' }, overlaps: [{ holder: 'mac/holder' }] } } } })
    const { message } = refused.envelope.error
    expect(message).toMatch(/^held by mac\/holder \(c-[0-9a-z]{8}, since 20[-0-9T:.]+Z, "refunds"\); nothing was claimed; policy overlap deny on src\/pay\/\*\* in .+ \(po-[0-9a-f]{8}, by the founding operator since 20[-0-9T:.]+Z\)$/)
    mac.advance(7 * 60_000)
    const again = await run('late', 'claim', 'src/pay/**', 'docs')
    expect([again.envelope.error.message, records()]).toEqual([message, before])
  })

  it('leaves alone what does not overlap, the holder itself, and who only reads beside readers', async () => {
    expect((await run('late', 'claim', 'src/pay/refund.ts')).code).toBe(0)
    expect((await run('holder', 'claim', 'src/pay/charge.ts')).envelope.data).toMatchObject({ items: [{ renewed: true }] })
    await run('reader', 'claim', 'src/pay/read.ts', '--shared')
    expect((await run('late', 'claim', 'src/pay/read.ts', '--shared')).code).toBe(0)
    expect((await run('late', 'claim', 'src/pay/read.ts')).envelope.error.code).toBe('CLAIM_DENIED')
  })

  it('does not stand in the way of a claim that its holder hands over', async () => {
    const { id } = (await run('giver', 'claim', 'src/pay/new/x.ts')).envelope.data
    if (id === undefined) throw new Error('not claimed')
    await run('getter', 'whoami')
    const { id: offer } = (await run('giver', 'hand', String(id), 'mac/getter')).envelope.data
    expect((await run('getter', 'take', String(id), '--force')).envelope.error).toMatchObject({ code: 'CLAIM_DENIED' })
    expect((await run('getter', 'take', String(offer))).envelope.data).toMatchObject({ how: 'handed' })
    await run('getter', 'release', '--all')
  })

  it('that is strict refuses as --strict does, and one that came later makes an exception', async () => {
    await run('op', 'policy', 'set', 'overlap', 'strict')
    await run('holder', 'claim', 'src/ui', 'docs/a.md', '@deploy')
    expect((await run('late', 'claim', 'src/ui/x.ts')).envelope.error).toMatchObject({ code: 'CLAIM_HELD', details: { policy: { value: 'strict', scope: null } } })
    expect((await run('late', 'claim', '@deploy')).envelope.error.code).toBe('CLAIM_HELD')
    await run('op', 'policy', 'set', 'overlap', 'warn', '--scope', 'docs/**')
    expect((await run('late', 'claim', 'docs/a.md')).envelope.warnings.map(({ code }) => code)).toEqual(['CLAIM_OVERLAP'])
    expect(await inForce()).toEqual(['overlap warn docs/**', 'overlap strict *', 'overlap deny src/pay/**'])
    expect((await run('late', 'claim', 'src/pay/charge.ts')).envelope.error.code).toBe('CLAIM_HELD')
  })

  it('is shown by status and who', async () => {
    expect((await run('late', 'status')).envelope.data).toMatchObject({ policies: [{ value: 'warn' }, { value: 'strict', repository: null }, { value: 'deny' }] })
    const who = await run('late', 'who', 'src/ui/x.ts')
    expect(who.envelope.data).toMatchObject({ paths: [{ policy: { value: 'strict' } }] })
    expect(who.text).toContain('policy: overlap strict on the whole mesh')
    expect((await run('late', 'status')).text).toContain('overlap strict')
  })

  it('ends when it is cleared, or with its time', async () => {
    await run('op', 'policy', 'clear', 'overlap')
    expect((await run('late', 'claim', 'src/ui/x.ts')).code).toBe(0)
    await run('late', 'release', '--all')
    await run('op', 'policy', 'set', 'overlap', 'strict', '--scope', 'src/ui', '--for', '2h')
    await run('op', 'policy', 'set', 'deadlock', 'auto', '--for', '1h')
    expect((await run('late', 'claim', 'src/ui/x.ts')).envelope.error).toMatchObject({ code: 'CLAIM_HELD', details: { policy: { until: expect.any(String) } } })
    expect(await inForce()).toEqual(['deadlock auto *', 'overlap strict src/ui', 'overlap warn docs/**', 'overlap deny src/pay/**'])
    mac.advance(2 * HOUR)
    expect(await inForce()).toEqual(['overlap warn docs/**', 'overlap deny src/pay/**'])
  })

  it('that favours a session lets it lead by ten minutes where neither had seen the other, and no one else', async () => {
    await run('ci', 'claim', '@ci')
    await run('op', 'policy', 'set', 'advantage', 'mac/ci', '--scope', 'test/**')
    const turnOf = async (session: string, scope: string): Promise<number> => {
      const { envelope } = await run(session, 'claim', scope)
      const found = mac.host.replica.view.find(String(envelope.data.id))
      const claim = found.ok ? mac.host.replica.view.claims.claim(found.value.id) : null
      return claim === null ? Number.NaN : claim.turn[0] - Math.floor(claim.since / 60_000)
    }
    expect([await turnOf('ci', 'test/a.ts'), await turnOf('ci', 'src/a.ts'), await turnOf('late', 'test/b.ts')]).toEqual([-10, 0, 0])
    // what its host had seen still goes before
    expect(await turnOf('ci', 'test/b.ts')).toBe(0)
    await run('op', 'policy', 'clear', 'advantage', '--scope', 'test/**')
    expect(await turnOf('ci', 'test/c.ts')).toBe(0)
  })

  it('that makes no sense is refused by name before anything is signed', async () => {
    const acts = mac.host.replica.acts.size
    const code = async (...words: string[]) => {
      const { envelope } = await run('op', 'policy', ...words)
      return `${envelope.error.code} ${envelope.error.field}`
    }
    expect(await code('set', 'overlpa', 'deny')).toBe('FIELD_INVALID KEY')
    expect(await code('set', 'overlap', 'never')).toBe('FIELD_INVALID VALUE')
    expect(await code('set', 'deadlock', 'auto', '--scope', 'src')).toBe('FIELD_INVALID --scope')
    expect(await code('set', 'overlap', 'deny', '--scope', 'src/[')).toBe('PATTERN_INVALID scope')
    expect(await code('set', 'overlap', 'deny', '--for', 'soon')).toBe('FIELD_INVALID --for')
    expect(await code('set', 'advantage', 'nobody')).toBe('NO_SUCH_HOST to')
    expect(mac.host.replica.acts.size).toBe(acts)
  })

  it('holds for a claim that lapsed as for a new one: it does not come back beside who claimed since, by activity, renew or claim', async () => {
    await run('sleeper', 'claim', 'src/pay/a.ts', '--for', '10m')
    await run('sleeper', 'claim', 'src/pay/b.ts', '--for', '10m')
    mac.advance(11 * 60_000)
    expect((await run('taker', 'claim', 'src/pay/a.ts')).code).toBe(0)
    const holders = (): string[] => mac.host.replica.view.claims.live(mac.host.meshNow()).flatMap(({ session, scope }) => (scope[0] === 'src/pay/a.ts' || scope[0] === 'src/pay/b.ts' ? [`${session} ${scope[0]}`] : [])).sort()
    expect((await run('sleeper', 'claims')).envelope.warnings.map(({ code }) => code)).toContain('CLAIM_LAPSED')
    expect(holders()).toEqual(['sleeper src/pay/b.ts', 'taker src/pay/a.ts'])
    const renewed = await run('sleeper', 'renew')
    expect(renewed.envelope.warnings.map(({ code }) => code)).toContain('CLAIM_DENIED')
    expect((await run('sleeper', 'claim', 'src/pay/a.ts')).envelope.error.code).toBe('CLAIM_DENIED')
    await run('sleeper', 'release', 'src/pay/b.ts')
    expect((await run('sleeper', 'renew')).envelope.error.code).toBe('CLAIM_DENIED')
    expect(holders()).toEqual(['taker src/pay/a.ts'])
    await run('taker', 'release', '--all')
    expect((await run('sleeper', 'renew')).code).toBe(0)
    expect(holders()).toEqual(['sleeper src/pay/a.ts'])
  })
})
