import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClaimsData } from '../../src/control/operations/claims.js'
import type { PeersData } from '../../src/control/operations/peers.js'
import { readHome } from '../../src/host/home.js'
import { eventually } from '../support/cli.js'
import { TestMesh } from '../support/mesh.js'

const mesh = new TestMesh()
const trees = new Map<string, string>()

const claimsAt = async (name: string): Promise<ClaimsData['claims']> => (await mesh.ask<ClaimsData>(name, 'claims')).claims
const scopes = (claims: ClaimsData['claims']): string[] => claims.flatMap(({ scope }) => scope)

const claim = (name: string, scope: string): Promise<unknown> => mesh.must(name, ['claim', scope, '--reason', `work of ${name}`], { cwd: trees.get(name) ?? '' })

const portOf = (name: string): number => {
  const home = readHome(mesh.home(name))
  if (!home.ok) throw new Error(home.failure.message)
  return home.value.settings.listen.port
}

/** A line: a and c each tell an address at which nobody listens, so that only b links to both. */
beforeAll(async () => {
  for (const name of ['a', 'b', 'c']) trees.set(name, mesh.checkout(`tree-${name}`))
  await mesh.found('a', ['--advertise', '127.0.0.1:1'])
  await mesh.up('a')
  await mesh.join('b', await mesh.invite('a', ['--dial', `127.0.0.1:${portOf('a')}`]))
  await mesh.up('b')
  await mesh.sees('a', 'b', 'linked')
  await mesh.join('c', await mesh.invite('a', ['--via', 'b']), ['--advertise', '127.0.0.1:2'])
  await mesh.up('c')
  await mesh.sees('b', 'c', 'linked')
}, 60_000)

afterAll(() => mesh.end())

describe('what one host claims', () => {
  it('is in the claims of the next host with no command between them, and at the other end of a line whose ends never meet', async () => {
    const started = performance.now()
    await claim('a', 'src/api/**')
    const written = performance.now()
    await eventually(() => claimsAt('b'), claims => scopes(claims).includes('src/api/**'))
    await eventually(() => claimsAt('c'), claims => scopes(claims).includes('src/api/**'))
    console.log(`claim answered after ${Math.round(written - started)} ms, at the end of the line ${Math.round(performance.now() - written)} ms later`)
    const { envelope } = await mesh.json('c', ['claims'], { cwd: trees.get('c') ?? '' })
    expect((envelope.data as ClaimsData).claims).toMatchObject([{ scope: ['src/api/**'], host: 'a', session: 'a-1', reason: 'work of a' }])
    const { peers } = await mesh.ask<PeersData>('a', 'peers')
    expect(peers.find(({ name }) => name === 'c')?.state).toBe('unreachable')
    expect((await mesh.ask<PeersData>('c', 'peers')).peers.find(({ name }) => name === 'a')?.state).toBe('unreachable')
  })

  it('travels the line both ways', async () => {
    await claim('c', 'docs/**')
    await eventually(() => claimsAt('a'), claims => scopes(claims).includes('docs/**'))
  })

  it('is there after a host that was down is up again', async () => {
    await mesh.down('b')
    await mesh.sees('a', 'b', 'away')
    await claim('a', 'src/late/**')
    expect(scopes(await claimsAt('c'))).not.toContain('src/late/**')
    await mesh.up('b')
    await eventually(() => claimsAt('b'), claims => scopes(claims).includes('src/late/**'))
    await eventually(() => claimsAt('c'), claims => scopes(claims).includes('src/late/**'))
  })
})

describe('with all peers down', () => {
  it('a host answers everything from its own store and says how old each host\'s news is', async () => {
    await mesh.down('c')
    await mesh.sees('b', 'c', 'away')
    await mesh.kill('b')
    await mesh.sees('a', 'b', 'unreachable')
    for (const daemon of [true, false]) {
      if (!daemon) await mesh.down('a')
      const { code, envelope } = await mesh.json('a', ['claims'], { cwd: trees.get('a') ?? '' })
      expect(code).toBe(0)
      expect(scopes((envelope.data as ClaimsData).claims).sort()).toEqual(['docs/**', 'src/api/**', 'src/late/**'])
      const peers = ((await mesh.json('a', ['peers'])).envelope.data as PeersData).peers
      expect(peers.map(({ name, state }) => `${name} ${state}`)).toEqual(daemon ? ['a here', 'b unreachable', 'c unreachable'] : ['a here', 'b unlinked', 'c unlinked'])
      for (const peer of peers) expect(peer.heard_ms, peer.name).toBeLessThan(120_000)
      const { stdout } = await mesh.run('a', ['sessions'])
      expect(stdout).toMatch(/^a\/a-1 +mine +wrote \d+ s ago +2 claims$/m)
      expect(stdout).toMatch(/^c\/c-1 .*1 claim +its host heard \d+ s ago$/m)
    }
  })
})
