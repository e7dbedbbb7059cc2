import { cpSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StatusData } from '../../src/control/operations/status.js'
import type { PeersData } from '../../src/control/operations/peers.js'
import { recordCase } from '../support/cases.js'
import { eventually } from '../support/cli.js'
import { TestMesh } from '../support/mesh.js'

const mesh = new TestMesh()
const claimsAt = async (name: string): Promise<string[]> => (await mesh.ask<{ claims: { scope: string[] }[] }>(name, 'claims')).claims.flatMap(({ scope }) => scope).sort()
const status = (name: string): Promise<StatusData> => mesh.ask<StatusData>(name, 'status')

beforeAll(async () => {
  await mesh.found('mac')
  await mesh.up('mac')
  await mesh.join('box', await mesh.invite('mac'))
  await mesh.must('box', ['claim', '@before'])
  await mesh.run('box', ['down'])
}, 120_000)

afterAll(() => mesh.end())

describe('a home that was copied with its key', () => {
  it('and is up in both places: each is told, so is a third host, and what both claim stands', async () => {
    cpSync(mesh.home('box'), mesh.home('box-2'), { recursive: true, preserveTimestamps: true })
    await mesh.up('box')
    await mesh.up('box-2', ['--listen', '127.0.0.1:0'])
    await mesh.must('box', ['claim', '@here'])
    await mesh.must('box-2', ['claim', '@there'])
    let lost = 0
    const parallel = (name: string) => async (): Promise<StatusData['parallel']> => {
      // both go on
      await mesh.must('box', ['send', 'all', 'still here', '--kind', 'note'])
      await mesh.must('box-2', ['send', 'all', 'still there', '--kind', 'note'])
      return (await status(name)).parallel
    }
    for (const name of ['mac', 'box', 'box-2']) {
      const [row] = await eventually(parallel(name), rows => rows.length === 1, 60_000)
      expect(row).toMatchObject({ host: 'box', own: name !== 'mac' })
      expect(row?.epochs.filter(({ here }) => here)).toHaveLength(name === 'mac' ? 0 : 1)
      expect(row?.text).toContain('its home was copied')
    }
    const told = await mesh.json('box', ['pending'], { session: 'fresh' })
    expect(told.envelope.warnings.map(({ code }) => code)).toContain('HOME_COPIED')
    const { peers } = await mesh.ask<PeersData>('mac', 'peers')
    expect(peers.find(({ name }) => name === 'box')?.wrong.join(' ')).toContain('2 places')
    const shown = await mesh.must('mac', ['status'])
    expect(shown.stdout).toContain("box's key writes in 2 places")
    for (const name of ['mac', 'box', 'box-2']) lost += 3 - (await eventually(() => claimsAt(name), scopes => scopes.length === 3, 30_000)).length
    // the copy saw that its files lie elsewhere and opened an epoch of its own: nothing had to fork
    expect((await status('mac')).forked).toEqual([])
    recordCase(20, { test: 'test/e2e/copied.test.ts', runs: 1, worst: lost, limit: 0, unit: 'records lost' })
  }, 180_000)
})
