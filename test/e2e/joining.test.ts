import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DaemonData } from '../../src/control/operations/daemon.js'
import type { InvitationsData } from '../../src/control/operations/invitations.js'
import type { PeersData } from '../../src/control/operations/peers.js'
import type { StatusData } from '../../src/control/operations/status.js'
import { nodeCrypto } from '../../src/adapters/crypto/node.js'
import { decodeToken, encodeToken, type InvitationToken } from '../../src/core/coordination/membership/token.js'
import type { MeshId } from '../../src/core/brand.js'
import { homePaths, readHome } from '../../src/host/home.js'
import { TestMesh } from '../support/mesh.js'

const mesh = new TestMesh()

const tokenOf = (text: string): InvitationToken => {
  const token = decodeToken(nodeCrypto, text)
  if (!token.ok) throw new Error(token.failure.message)
  return token.value
}

const changed = (text: string, change: Partial<InvitationToken>): string => {
  const token = encodeToken(nodeCrypto, { ...tokenOf(text), ...change })
  if (!token.ok) throw new Error(token.failure.message)
  return token.value
}

const viewOf = async (name: string): Promise<string> => String((await mesh.json(name, ['peers'])).envelope.freshness.view_hash)

/** Joins in vain, and leaves nothing behind. */
const refused = async (token: string): Promise<{ code: string; message: string; exit: number | null; details: Record<string, unknown> }> => {
  const before = await viewOf('a')
  const { code, envelope, stderr } = await mesh.json('stranger', ['join', token, '--name', 'stranger', '--listen', '127.0.0.1:0'])
  expect(stderr).toBe('')
  expect(JSON.stringify(envelope)).not.toMatch(/\bat .*\.js:\d/)
  expect(existsSync(homePaths(mesh.home('stranger')).settings)).toBe(false)
  expect(await viewOf('a')).toBe(before)
  return { code: envelope.error.code, message: envelope.error.message, exit: code, details: envelope.error.details }
}

beforeAll(async () => {
  await mesh.found('a')
  await mesh.up('a')
}, 60_000)

afterAll(() => mesh.end())

describe('an invitation', () => {
  it('brings a host in: linked to whom, how, what came, and equal views', async () => {
    const { stdout } = await mesh.must('b', ['join', await mesh.invite('a'), '--name', 'b', '--listen', '127.0.0.1:0'])
    expect(stdout).toMatch(/^linked to a \(tls-pinned, \d+ ms\) · 0 of \d+ records missing · views equal \([0-9a-f]{4}…\)\n$/)
    await mesh.up('b')
    // the acceptor too knows by now whom it speaks with
    expect((await mesh.sees('a', 'b', 'linked')).posture).toBe('tls-pinned')
  })

  it('can be read from standard input, so that it is in no shell history', async () => {
    const { code, stdout } = await mesh.run('c', ['join', '-', '--name', 'c', '--listen', '127.0.0.1:0'], { input: `${await mesh.invite('a')}\n` })
    expect([code, stdout.slice(0, 11)]).toEqual([0, 'linked to a'])
  })

  it('that was used is refused', async () => {
    const used = await mesh.invite('a')
    await mesh.join('d', used)
    expect(await refused(used)).toMatchObject({ code: 'INVITATION_USED', exit: 4 })
  })

  it('that has expired is refused, by the members and not by what the token says', async () => {
    const expired = await mesh.invite('a', ['--for', '1ms'])
    expect(await refused(expired)).toMatchObject({ code: 'INVITATION_EXPIRED', exit: 4 })
    expect(await refused(changed(expired, { expires: Date.now() + 3_600_000 }))).toMatchObject({ code: 'INVITATION_EXPIRED', exit: 4 })
    expect(await refused(changed(expired, { expires: Date.now() - 3_600_000 }))).toMatchObject({ code: 'INVITATION_EXPIRED', exit: 4 })
  })

  it('that was revoked is refused, and listed as cancelled', async () => {
    const token = await mesh.invite('a', ['--uses', '3', '--role', 'viewer'])
    const { invitations } = (await mesh.json('a', ['invite', 'list'])).envelope.data as InvitationsData
    const open = invitations.find(({ state, uses }) => state === 'open' && uses === 3)
    expect(open).toMatchObject({ role: 'viewer', uses_left: 3, used_by: [] })
    const { stdout } = await mesh.must('a', ['invite', 'revoke', open?.id.slice(0, 6) ?? ''])
    expect(stdout).toBe(`${open?.id ?? ''} is cancelled\n`)
    expect(await refused(token)).toMatchObject({ code: 'INVITATION_CANCELLED', exit: 4 })
    const listed = (await mesh.must('a', ['invite', 'list'])).stdout
    expect(listed).toMatch(new RegExp(`^${open?.id ?? ''} +viewer +3 of 3 left +until .* cancelled$`, 'm'))
    expect(listed).toMatch(/0 of 1 left +until .* used +d$/m)
    expect(listed).toMatch(/ expired +20\d\d-.* expired$/m)
    const unknown = await mesh.json('a', ['invite', 'revoke', 'i-ffffffffffff'])
    expect([unknown.code, unknown.envelope.error.code]).toEqual([3, 'NO_SUCH_INVITATION'])
  })

  it('that nobody made is refused', async () => {
    const token = changed(await mesh.invite('a'), { secret: new Uint8Array(32).fill(7) })
    expect(await refused(token)).toMatchObject({ code: 'INVITATION_INVALID', exit: 4 })
  })

  it('to another mesh is refused, and nothing is merged', async () => {
    const token = changed(await mesh.invite('a'), { mesh: 'ab'.repeat(32) as MeshId })
    expect(await refused(token)).toMatchObject({ code: 'MESH_ID_MISMATCH', exit: 4 })
    const { refusals } = (await mesh.json('a', ['status'])).envelope.data as unknown as StatusData
    expect(refusals).toEqual(expect.arrayContaining([expect.objectContaining({ code: 'MESH_ID_MISMATCH' })]))
  })

  it('to another host than the one that answers is refused', async () => {
    const token = changed(await mesh.invite('a'), { host: 'cd'.repeat(32) as InvitationToken['host'] })
    expect(await refused(token)).toMatchObject({ code: 'PIN_MISMATCH', exit: 4 })
  })

  it.each([
    ['cut short', (token: string) => token.slice(0, -9)],
    ['with one character changed', (token: string) => `${token.slice(0, 40)}${token[40] === 'a' ? 'b' : 'a'}${token.slice(41)}`],
    ['of a later format', (token: string) => token.replace('sk1_', 'sk2_')],
    ['that is none', () => 'https://example.com/invitation'],
    ['that is empty', () => '']
  ])('%s is wrong use, and says what to do', async (_, damage) => {
    const { code, exit, message } = await refused(damage(await mesh.invite('a')))
    expect([code, exit]).toEqual(['TOKEN_INVALID', 2])
    expect(message).toMatch(/sk1_|format|copy|paste/i)
  })

  it('whose host is down names each address and its cause', async () => {
    await mesh.down('b')
    const token = await mesh.invite('a', ['--via', 'b', '--dial', '127.0.0.1:1', '--dial', 'nowhere.invalid:4747'])
    const { code, message, exit, details } = await refused(token)
    expect([code, exit]).toEqual(['JOIN_FAILED', 4])
    expect(message).toContain('127.0.0.1:1')
    expect(message).toContain('nowhere.invalid:4747')
    expect(details.attempts).toHaveLength(2)
  })
})

describe('hosts with homes of their own', () => {
  it('an untouched home is replaced, keeps its name and port, and says so', async () => {
    await mesh.must('own', ['init', '--name', 'own', '--mesh', 'mine', '--no-passphrase', '--listen', '127.0.0.1:0'])
    const before = readHome(mesh.home('own'))
    const { code, envelope } = await mesh.json('own', ['join', await mesh.invite('a')])
    expect(code).toBe(0)
    expect(envelope.warnings).toEqual(expect.arrayContaining([expect.objectContaining({ code: 'HOME_REPLACED', details: { mesh: 'mine' } })]))
    expect(envelope.data).toMatchObject({ host: 'own', mesh: 'work', views_equal: true, home: mesh.home('own') })
    const after = readHome(mesh.home('own'))
    if (!before.ok || !after.ok) throw new Error('no home')
    expect(after.value.settings.listen).toEqual(before.value.settings.listen)
    expect(readdirSync(mesh.home('own')).sort()).toEqual(['home.json', 'host.key', 'log', 'run', 'store'])
    await mesh.up('own')
    await mesh.sees('a', 'own', 'linked')
  })

  it('also while its daemon is up', async () => {
    await mesh.must('busy', ['init', '--name', 'busy', '--no-passphrase', '--listen', '127.0.0.1:0'])
    const pid = await mesh.up('busy')
    const { code, envelope } = await mesh.json('busy', ['join', await mesh.invite('a')])
    expect([code, envelope.data.home]).toEqual([0, mesh.home('busy')])
    expect(mesh.pidOf('busy')).not.toBe(pid)
    await mesh.up('busy')
    await mesh.sees('a', 'busy', 'linked')
  })

  it('stays as it was where the join comes to nothing', async () => {
    await mesh.must('kept', ['init', '--name', 'kept', '--mesh', 'mine', '--no-passphrase', '--listen', '127.0.0.1:0'])
    const settings = readFileSync(homePaths(mesh.home('kept')).settings, 'utf8')
    const { code } = await mesh.run('kept', ['join', changed(await mesh.invite('a'), { secret: new Uint8Array(32) })])
    expect(code).toBe(4)
    expect(readFileSync(homePaths(mesh.home('kept')).settings, 'utf8')).toBe(settings)
    expect(readdirSync(mesh.home('kept'))).toContain('operator.key')
    await mesh.must('kept', ['invite'])
  })

  it('a home that was used gets a neighbour, and the answer says where', async () => {
    await mesh.must('used', ['init', '--name', 'used', '--mesh', 'mine', '--no-passphrase', '--listen', '127.0.0.1:0'])
    await mesh.must('used', ['claim', '@something'])
    const { code, envelope } = await mesh.json('used', ['join', await mesh.invite('a'), '--name', 'used', '--listen', '127.0.0.1:0'])
    expect(code).toBe(0)
    expect(envelope.data.home).toBe(mesh.home('used-work'))
    expect(envelope.warnings.map(warning => warning.code)).toContain('HOME_SECOND')
    expect((await mesh.must('used', ['claims'])).stdout).toContain('@something')
    const again = await mesh.json('used', ['join', await mesh.invite('a'), '--listen', '127.0.0.1:0'])
    expect([again.code, again.envelope.error.code]).toEqual([4, 'HOME_EXISTS'])
  })

  it('a home of the same mesh is told that it is in', async () => {
    const { code, envelope } = await mesh.json('c', ['join', await mesh.invite('a')])
    expect([code, envelope.error.code]).toEqual([4, 'HOME_EXISTS'])
  })
})

describe('one daemon for each home', () => {
  it('is what all of these have', async () => {
    const daemons = await Promise.all(['a', 'own', 'busy'].map(name => mesh.ask<DaemonData>(name, 'daemon')))
    expect(daemons.map(({ pid }) => pid)).toEqual(['a', 'own', 'busy'].map(name => mesh.pidOf(name)))
    expect((await mesh.ask<PeersData>('a', 'peers')).peers.filter(({ state }) => state === 'linked').map(({ name }) => name)).toEqual(['busy', 'own'])
  })
})
