import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClaimsData } from '../../src/control/operations/claims.js'
import type { OperatorsData } from '../../src/control/operations/operators.js'
import type { PeersData } from '../../src/control/operations/peers.js'
import { recordCase } from '../support/cases.js'
import { eventually } from '../support/cli.js'
import { TestMesh } from '../support/mesh.js'

const mesh = new TestMesh()
let recovery = ''

const scopesAt = async (name: string): Promise<string[]> => (await mesh.ask<ClaimsData>(name, 'claims')).claims.flatMap(({ scope }) => scope).sort()
const codeOf = async (name: string, args: readonly string[]): Promise<string> => {
  const { envelope } = await mesh.json(name, args)
  return envelope.ok ? 'ok' : envelope.error.code
}
const stateAt = async (name: string, of: string): Promise<string | undefined> => (await mesh.ask<PeersData>(name, 'peers')).peers.find(peer => peer.name === of)?.state
const operatorsAt = async (name: string) => (await mesh.ask<OperatorsData>(name, 'operator-list')).operators.map(({ name: who, rank, revoked }) => [who, rank, revoked])

beforeAll(async () => {
  const { envelope } = await mesh.json('a', ['init', '--name', 'a', '--no-passphrase', '--listen', '127.0.0.1:0'])
  recovery = String(envelope.data.recovery)
  await mesh.up('a')
  for (const name of ['b', 'c']) {
    await mesh.join(name, await mesh.invite('a'))
    await mesh.up(name)
  }
  for (const name of ['b', 'c']) await mesh.sees('a', name, 'linked')
}, 90_000)

afterAll(() => mesh.end())

describe('a revoked host', () => {
  it('keeps what it wrote before, and nothing that it wrote behind the operator\'s back', async () => {
    await mesh.must('b', ['claim', '@honest'])
    for (const name of ['a', 'c']) await eventually(() => scopesAt(name), scopes => scopes.includes('@honest'))
    await mesh.down('b')
    await mesh.must('b', ['claim', '@thief'])
    expect(await codeOf('a', ['revoke', 'b'])).toBe('FIELD_MISSING')
    const { stdout } = await mesh.must('a', ['revoke', 'b', '--yes', '--reason', 'stolen'])
    expect(stdout).toMatch(/^b is revoked for good · its \d+ records? held here stay/)
    await eventually(() => stateAt('c', 'b'), state => state === 'revoked')
    await mesh.up('b')
    await eventually(() => codeOf('b', ['claim', '@more']), code => code === 'HOST_LEFT' || code === 'NO_DAEMON')
    for (const name of ['a', 'c']) expect(await scopesAt(name)).toEqual(['@honest'])
    expect(await mesh.viewHash('a')).toBe(await mesh.viewHash('c'))
    recordCase(45, { test: 'e2e/revoking', runs: 1, worst: 0, limit: 0, unit: 'thief records shown' })
  }, 60_000)

  it('cannot be oneself, a stranger, or revoked by who is no operator', async () => {
    expect(await codeOf('a', ['revoke', 'a', '--yes'])).toBe('FIELD_INVALID')
    expect(await codeOf('a', ['revoke', 'nobody', '--yes'])).toBe('NO_SUCH_HOST')
    expect(await codeOf('c', ['revoke', 'a', '--yes'])).toBe('NO_OPERATOR_KEY')
  })
})

describe('a second operator', () => {
  it('signs on its own host once it was added, ranks below the first, and is ended by it', async () => {
    const made = await mesh.json('c', ['operator', 'key', '--no-passphrase'])
    const key = String(made.envelope.data.key)
    expect(await codeOf('c', ['invite'])).toBe('NO_OPERATOR_KEY')
    await mesh.must('a', ['operator', 'add', key, '--name', 'paul'])
    await eventually(() => operatorsAt('c'), operators => operators.length === 2)
    expect(await codeOf('c', ['invite'])).toBe('ok')
    const [founder] = (await mesh.ask<OperatorsData>('c', 'operator-list')).operators
    expect(await codeOf('c', ['operator', 'revoke', founder?.key ?? '', '--yes'])).toBe('NO_OPERATOR_KEY')
    await mesh.must('a', ['operator', 'revoke', 'paul', '--yes'])
    await eventually(() => operatorsAt('c'), operators => operators.some(([, , revoked]) => revoked))
    expect(await codeOf('c', ['invite'])).toBe('NO_OPERATOR_KEY')
    expect(await operatorsAt('a')).toEqual([[null, 1, false], ['paul', 2, true]])
  }, 60_000)
})

describe('the last operator key lost (case 55)', () => {
  it('is replaced by whoever has the recovery code, on any host, and by nobody else', async () => {
    for (const name of ['a', 'c']) rmSync(join(mesh.home(name), 'operator.key'), { force: true })
    expect(await codeOf('a', ['invite'])).toBe('NO_OPERATOR_KEY')
    const key = String((await mesh.json('c', ['operator', 'key', '--no-passphrase'])).envelope.data.key)
    const file = join(mesh.folder.path, 'recovery.txt')
    writeFileSync(file, `${recovery.slice(0, -1)}${recovery.endsWith('0') ? '1' : '0'}\n`)
    expect(await codeOf('c', ['operator', 'add', key, '--name', 'new', '--recovery-file', file])).toBe('FIELD_INVALID')
    writeFileSync(file, `${recovery}\n`)
    await mesh.must('c', ['operator', 'add', key, '--name', 'new', '--recovery-file', file])
    await mesh.join('d', await mesh.invite('c'))
    await eventually(() => stateAt('a', 'd'), state => state !== undefined)
    expect(await operatorsAt('a')).toContainEqual(['new', 2, false])
    recordCase(55, { test: 'e2e/revoking', runs: 1, worst: 0, limit: 0, unit: 'meshes lost' })
  }, 60_000)
})
