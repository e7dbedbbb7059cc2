import { copyFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyFolder } from '../../src/adapters/keys/folder.js'
import { systemRandom } from '../../src/adapters/system/random.js'
import type { RotatedKeyData } from '../../src/control/rotating.js'
import type { ClaimsData } from '../../src/control/operations/claims.js'
import type { DaemonData } from '../../src/control/operations/daemon.js'
import type { PeersData } from '../../src/control/operations/peers.js'
import type { StatusData } from '../../src/control/operations/status.js'
import { eventually } from '../support/cli.js'
import { TestMesh } from '../support/mesh.js'

const mesh = new TestMesh()

const publicKey = (name: string): string => /"public": "([0-9a-f]{64})"/.exec(readFileSync(join(mesh.home(name), 'host.key'), 'utf8'))?.[1] ?? ''
const scopesAt = async (name: string): Promise<string[]> => (await mesh.ask<ClaimsData>(name, 'claims')).claims.flatMap(({ scope }) => scope).sort()
const peerAt = async (name: string, of: string) => (await mesh.ask<PeersData>(name, 'peers')).peers.filter(peer => peer.name === of || peer.name.startsWith(`${of}-`))
const codeOf = async (name: string, args: readonly string[]): Promise<string> => {
  const { envelope } = await mesh.json(name, args)
  return envelope.ok ? 'ok' : envelope.error.code
}
const warningsOf = async (name: string, args: readonly string[]) => {
  const { envelope } = await mesh.json(name, args)
  return envelope.ok ? envelope.warnings.map(({ code, text }) => `${code}: ${text}`) : []
}

let token = ''

beforeAll(async () => {
  await mesh.foundPair('a', 'b')
  await mesh.sees('a', 'b', 'linked')
}, 60_000)

afterAll(() => mesh.end())

describe('skein rotate-key', () => {
  it('gives the host a new key: the others see the same host, linked again, and what it claimed before it can end', async () => {
    await mesh.must('a', ['claim', '@kept'])
    await mesh.must('a', ['claim', '@given'])
    await eventually(() => scopesAt('b'), scopes => scopes.length === 2)
    token = await mesh.invite('a')
    const [before] = await peerAt('b', 'a')
    const old = publicKey('a')
    copyFileSync(join(mesh.home('a'), 'host.key'), join(mesh.folder.path, 'old.key'))
    cpSync(mesh.home('a'), mesh.home('thief'), { recursive: true, filter: path => !path.endsWith('/run') && !path.endsWith('control.sock') })

    const { envelope } = await mesh.json('a', ['rotate-key', '--reason', 'the backup was lost'])
    expect(envelope.ok ? null : envelope.error).toBeNull()
    const data = envelope.data as unknown as RotatedKeyData
    expect(data).toMatchObject({ host: 'a', id: before?.id, old, key: publicKey('a'), claims: 2, daemon: 'up again' })
    expect(data.key).not.toBe(old)
    expect(envelope.ok ? envelope.warnings.map(({ code }) => code) : []).toEqual(['INVITATIONS_PINNED'])
    expect(existsSync(join(mesh.home('a'), 'next.key'))).toBe(false)

    await mesh.sees('b', 'a', 'linked')
    const rows = await peerAt('b', 'a')
    expect(rows.map(({ name, id, live_claims }) => [name, id, live_claims])).toEqual([['a', before?.id, 2]])
    await mesh.must('a', ['release', '@given'])
    await eventually(() => scopesAt('b'), scopes => scopes.join() === '@kept')
    await mesh.must('a', ['claim', '@new'])
    await eventually(() => scopesAt('b'), scopes => scopes.join() === '@kept,@new')
    expect((await mesh.ask<StatusData>('a', 'status')).doubt).toBeNull()
  }, 60_000)

  it('is followed by a host that only dials, at the address and under the key that it knew', async () => {
    await mesh.down('b')
    await mesh.must('a', ['rotate-key'])
    // where a would dial it nobody listens any more: what b is told of the new key comes by its own dial
    await mesh.up('b', ['--listen', '127.0.0.1:0'])
    await mesh.sees('b', 'a', 'linked')
    await eventually(async () => (await mesh.viewHash('a')) === (await mesh.viewHash('b')), equal => equal)
  }, 60_000)

  it('needs an operator, and ends an invitation that pins the old key', async () => {
    expect(await codeOf('b', ['rotate-key'])).toBe('NO_OPERATOR_KEY')
    const { envelope } = await mesh.json('late', ['join', token, '--name', 'late', '--listen', '127.0.0.1:0'])
    expect(envelope.ok ? null : envelope.error.code).toBe('PIN_MISMATCH')
  }, 60_000)

  it('leaves a thief with a copy of the home nothing: it is told, and what it wrote is shown nowhere', async () => {
    await mesh.run('thief', ['claim', '@stolen'])
    const { listening } = await mesh.ask<DaemonData>('b', 'daemon')
    await mesh.must('thief', ['peers', 'add', listening ?? ''])
    await mesh.run('thief', ['sync'])
    expect(await codeOf('thief', ['claim', '@stolen-too'])).toBe('HOST_LEFT')
    for (const name of ['a', 'b']) expect(await scopesAt(name)).toEqual(['@kept', '@new'])
  }, 60_000)
})

describe('a change of key that was cut short', () => {
  it('before the mesh was told is taken back, in words', async () => {
    const key = publicKey('a')
    await mesh.down('a')
    await keyFolder(mesh.home('a'), systemRandom).createNextHost()
    expect((await warningsOf('a', ['claims'])).join()).toMatch(/ROTATION_SETTLED: .*taken back/)
    expect(await warningsOf('a', ['claims'])).toEqual([])
    expect([publicKey('a'), existsSync(join(mesh.home('a'), 'next.key'))]).toEqual([key, false])
  }, 60_000)

  it('after the act was on disk is finished, in words', async () => {
    const old = readFileSync(join(mesh.home('a'), 'host.key'))
    await mesh.must('a', ['rotate-key'])
    const key = publicKey('a')
    const path = join(mesh.home('a'), 'host.key')
    copyFileSync(path, join(mesh.home('a'), 'next.key'))
    rmSync(path)
    writeFileSync(path, old, { mode: 0o600 })
    expect((await warningsOf('a', ['claims'])).join()).toMatch(/ROTATION_SETTLED: .*finished/)
    expect(publicKey('a')).toBe(key)
    await mesh.must('a', ['claim', '@after'])
  }, 60_000)

  it('whose new key file is gone can be read, and says why it writes nothing', async () => {
    const path = join(mesh.home('a'), 'host.key')
    const present = readFileSync(path)
    writeFileSync(path, readFileSync(join(mesh.folder.path, 'old.key')), { mode: 0o600 })
    const { envelope } = await mesh.json('a', ['claim', '@never'])
    expect(envelope.ok ? '' : envelope.error.message).toMatch(/another key has taken the place/)
    expect(await codeOf('a', ['claims'])).toBe('ok')
    expect(await codeOf('a', ['up'])).toBe('HOST_LEFT')
    writeFileSync(path, present, { mode: 0o600 })
  }, 60_000)
})
