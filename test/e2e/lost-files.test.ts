import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClaimsData } from '../../src/control/operations/claims.js'
import type { StatusData } from '../../src/control/operations/status.js'
import { recordCase } from '../support/cases.js'
import { eventually } from '../support/cli.js'
import { TestMesh } from '../support/mesh.js'

const mesh = new TestMesh()
const store = join(mesh.home('a'), 'store')
const scopesAt = async (name: string): Promise<string[]> => (await mesh.ask<ClaimsData>(name, 'claims')).claims.flatMap(({ scope }) => scope).toSorted()

let all: string[] = []

beforeAll(async () => {
  await mesh.foundPair('a', 'b')
  for (let count = 0; count < 12; count++) for (const name of ['a', 'b']) await mesh.ask(name, 'claim', { scope: [`@${name}-${count}`] })
  // opened twice, so that some of it lies in tables and some in the log
  await mesh.down('a')
  await mesh.up('a')
  for (let count = 12; count < 16; count++) await mesh.ask('a', 'claim', { scope: [`@a-${count}`] })
  await eventually(() => scopesAt('b'), held => held.length === 28)
  all = await scopesAt('b')
  await mesh.down('a')
}, 60_000)

afterAll(() => mesh.end())

const namesOf = (pattern: RegExp): string[] => readdirSync(join(store, 'frames')).filter(name => pattern.test(name)).map(name => join('frames', name))

describe('a store that lost a file', () => {
  it.each([
    ['MANIFEST', () => namesOf(/^MANIFEST/)],
    ['a table', () => namesOf(/\.ldb$/).slice(0, 1)],
    ['its log', () => namesOf(/\.log$/)],
    ['the sentinel and CURRENT', () => ['store.json', join('frames', 'CURRENT')]]
  ] as const)('%s: is never taken for an empty one, says what is missing and what to do, and the peer gives all of it back', async (_, names) => {
    cpSync(store, `${store}.kept`, { recursive: true, preserveTimestamps: true })
    for (const name of names()) rmSync(join(store, name))
    const found = await mesh.json('a', ['status'])
    if (found.envelope.ok) {
      const { damage, doubt } = found.envelope.data as StatusData
      expect(damage.length > 0 || doubt !== null).toBe(true)
    } else {
      expect([found.code, found.envelope.error.code]).toEqual([4, 'STORE_DAMAGED'])
      expect(found.envelope.error.message).toMatch(/lost|missing|cannot be opened/)
      const [move = '', up] = found.envelope.next
      expect(up).toBe('skein up')
      execFileSync('sh', ['-c', move])
    }
    await mesh.up('a')
    const back = await eventually(() => scopesAt('a'), held => held.length === all.length, 20_000)
    expect(back).toEqual(all)
    await mesh.ask('a', 'claim', { scope: ['@new'] })
    for (const name of ['a', 'b']) expect((await mesh.ask<StatusData>(name, 'status')).forked).toEqual([])
    await eventually(() => scopesAt('b'), held => held.includes('@new'))
    await mesh.ask('a', 'release', { what: ['@new'] })
    await mesh.down('a')
    recordCase(17, { test: 'test/e2e/lost-files.test.ts', runs: 4, worst: all.filter(scope => !back.includes(scope)).length, limit: 0, unit: 'lost' })
    rmSync(`${store}.kept`, { recursive: true })
    rmSync(`${store}.lost`, { recursive: true, force: true })
  }, 60_000)
})
