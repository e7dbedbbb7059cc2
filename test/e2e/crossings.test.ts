import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, temporaryFolder } from '../support/cli.js'
import { Desk } from '../support/desk.js'
import { startProxy } from '../support/fault-proxy.mjs'
import { freePort } from '../support/free-port.js'
import { makeRepository, TestHost } from '../support/home.js'

const folder = temporaryFolder()
const mac = new TestHost(join(folder.path, 'mac'), join(folder.path, 'app'))
const box = new TestHost(join(folder.path, 'box'), join(folder.path, 'other-name'))
const proxies: Awaited<ReturnType<typeof startProxy>>[] = []

/** Where a host listens, and the way in that the test can cut. */
const address = async (): Promise<string[]> => {
  const port = await freePort()
  const proxy = await startProxy({ targetPort: port })
  proxies.push(proxy)
  return ['--listen', `127.0.0.1:${port}`, '--advertise', `127.0.0.1:${proxy.port}`]
}

beforeAll(async () => {
  makeRepository(mac.cwd, 'git@github.com:team/app.git')
  makeRepository(box.cwd, 'https://github.com/team/app')
  await mac.run(undefined, ['init', '--name', 'mac', '--no-passphrase', ...(await address())])
  await mac.run(undefined, ['up'])
  const { envelope } = await mac.json(undefined, ['invite'])
  const joined = await box.run(undefined, ['join', String(envelope.data.token), '--name', 'box', ...(await address())])
  expect([joined.code, joined.stderr]).toEqual([0, ''])
  await box.run(undefined, ['up'])
})
afterAll(async () => {
  for (const host of [mac, box]) await host.run(undefined, ['down'])
  for (const proxy of proxies) await proxy.close()
  folder.remove()
})

const known = async (host: TestHost): Promise<string[]> => {
  const { claims } = (await host.json('onlooker', ['claims'])).envelope.data
  return Array.isArray(claims) ? claims.map(({ host: name, session }) => `${name}/${session}`) : []
}
const hash = async (host: TestHost) => (await host.json('onlooker', ['claims'])).envelope.freshness.view_hash
const heal = async (): Promise<void> => {
  for (const proxy of proxies) proxy.heal()
  await eventually(async () => [await hash(mac), await hash(box)], ([left, right]) => left === right, 20_000)
}
const warned = async (host: TestHost, session: string, words: readonly string[] = ['claims', '--mine']) => (await host.json(session, words)).envelope.warnings

describe('claims that cross', () => {
  it('are known on the other host with no command between, and a second claimer is told at once and the first at its next command', async () => {
    await mac.json('claude', ['claim', 'src/auth/**', '--reason', 'rewrite the login flow'])
    await eventually(() => known(box), sessions => sessions.includes('mac/claude'))
    const who = await box.run('codex', ['who', 'src/auth/login.ts'])
    expect(who.code).toBe(1)
    expect(who.stdout).toMatch(/^src\/auth\/login\.ts {3}mac\/claude, since \d\d:\d\dZ \(\d+ s\), until \d\d:\d\dZ\n {20}src\/auth\/\*\*: "rewrite the login flow"\n {20}other tree on main@[0-9a-f]{7} · mac heard \d+ s ago\n$/)
    const claimed = await box.json('codex', ['claim', 'src/auth/login.ts'])
    expect([claimed.code, claimed.envelope.warnings.map(({ code }) => code)]).toEqual([0, ['REPOSITORY_ENROLLED', 'CLAIM_OVERLAP']])
    expect(claimed.envelope.warnings[1]).toMatchObject({ details: { holder: 'mac/claude', same_tree: false, witness: 'src/auth/login.ts' }, text: expect.stringContaining('in another work tree, branch main; heard ') })
    expect((await box.json('strict', ['claim', 'src/auth/login.ts', '--strict'])).code).toBe(1)
    await eventually(() => known(mac), sessions => sessions.includes('box/codex'))
    expect(await warned(mac, 'claude')).toMatchObject([{ code: 'CLAIM_CROSSING', details: { holder: 'box/codex' }, text: expect.stringContaining('Your claim leads.') }])
    expect([await warned(mac, 'claude'), await warned(box, 'codex')]).toEqual([[], []])
    for (const [host, session] of [[mac, 'claude'], [box, 'codex']] as const) await host.run(session, ['release', '--all'])
    await heal()
  })

  it('made while apart are told to both, once, after the heal, with the same lead', async () => {
    for (const proxy of proxies) proxy.cut()
    const apart = await Promise.all([mac.json('claude', ['claim', 'src/pay/**', '--reason', 'refunds']), box.json('codex', ['claim', 'src/pay/charge.ts', '--reason', 'rounding'])])
    for (const { code, envelope } of apart) expect([code, envelope.warnings]).toEqual([0, []])
    expect(await known(box)).not.toContain('mac/claude')
    await heal()
    const [onMac, onBox] = [await warned(mac, 'claude'), await warned(box, 'codex')]
    expect(onMac.map(({ code, details }) => [code, details.holder])).toEqual([['CLAIM_CROSSING', 'box/codex']])
    expect(onBox.map(({ code, details }) => [code, details.holder])).toEqual([['CLAIM_CROSSING', 'mac/claude']])
    expect(onMac[0]?.details.lead).toBe(onBox[0]?.details.lead)
    expect([onMac[0]?.details.mine, onMac[0]?.details.claim]).toEqual([onBox[0]?.details.claim, onBox[0]?.details.mine])
    for (const again of [1, 2]) expect([again, await warned(mac, 'claude'), await warned(box, 'codex', ['who', 'src/pay/charge.ts'])]).toEqual([again, [], []])
    expect(await warned(mac, 'third')).toEqual([])
  })

  it('leaves a host that is alone with what it knew, and says how old that is', async () => {
    await box.run(undefined, ['down'])
    const desk = await Desk.reopen(box.home, box.cwd)
    try {
      desk.advance(60_000)
      const { code, envelope } = await desk.run('fresh', ['who', 'src/pay/refund.ts'])
      expect(code).toBe(1)
      expect(envelope.freshness).toMatchObject({ complete: false, silent: [{ host: 'mac', held: 1 }] })
      const { text } = await desk.run('fresh', ['who', 'src/pay/refund.ts'], { json: false })
      expect(text).toMatch(/^src\/pay\/refund\.ts {3}mac\/claude, since .*\n {20}src\/pay\/\*\*: "refunds"\n {20}other tree on main@[0-9a-f]{7} · mac heard \d+ s ago\nmac not heard since \d\d:\d\dZ; it then held 1 claim$/)
    } finally {
      await desk.close()
    }
  })
})
