import { cpSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DaemonData } from '../../src/control/operations/daemon.js'
import type { DoctorData } from '../../src/control/operations/doctor.js'
import type { StatusData } from '../../src/control/operations/status.js'
import type { VerifyData } from '../../src/control/operations/verify.js'
import { recordCase } from '../support/cases.js'
import { eventually } from '../support/cli.js'
import { TestMesh } from '../support/mesh.js'

const mesh = new TestMesh()

const status = (name: string): Promise<StatusData> => mesh.json(name, ['status']).then(({ envelope }) => envelope.data as StatusData)
const note = (name: string, text: string) => mesh.must(name, ['send', 'all', text, '--kind', 'note'])
const backupOf = (name: string): string => join(mesh.folder.path, `${name}-backup`)

const backUp = (name: string): void => cpSync(mesh.home(name), backupOf(name), { recursive: true, preserveTimestamps: true })

/** What `cp -a` of a backup over a home leaves. */
const restore = (name: string): void => {
  rmSync(join(mesh.home(name), 'store'), { recursive: true })
  cpSync(backupOf(name), mesh.home(name), { recursive: true, preserveTimestamps: true })
}

/** Where two histories of a host were shown, as this one tells it; and its epochs there. */
const epochsOf = async (name: string, author: string): Promise<{ readonly forks: number; readonly epochs: number[] }> => {
  const { envelope } = await mesh.json(name, ['verify'])
  const { authors } = envelope.data as VerifyData
  const own = authors.filter(({ host }) => host === author)
  return { forks: authors.filter(({ forked }) => forked).length, epochs: own.map(({ epoch }) => epoch).sort() }
}

beforeAll(async () => {
  await mesh.found('mac')
  await mesh.up('mac')
  await mesh.join('box', await mesh.invite('mac'))
  await note('box', 'of yesterday')
}, 120_000)

afterAll(() => mesh.end())

describe('a home', () => {
  it('that was moved away and back goes on in its epoch', async () => {
    renameSync(mesh.home('box'), join(mesh.folder.path, 'elsewhere'))
    renameSync(join(mesh.folder.path, 'elsewhere'), mesh.home('box'))
    await note('box', 'after the move')
    expect(await status('box')).toMatchObject({ epoch: 1, doubt: null })
  }, 120_000)

  it('of which a backup was laid back while no peer was in reach writes on in a new epoch, and its sessions are told once', async () => {
    backUp('box')
    await note('box', 'of today')
    restore('box')
    const found = await status('box')
    expect(found.doubt).toMatchObject({ epoch: null })
    const told = await mesh.json('box', ['send', 'all', 'after the backup', '--kind', 'note'])
    expect(told.envelope.warnings.map(({ code }) => code)).toContain('STORE_DOUBTED')
    const again = await mesh.json('box', ['pending'])
    expect(again.envelope.warnings.map(({ code }) => code)).not.toContain('STORE_DOUBTED')
    expect(await status('box')).toMatchObject({ epoch: 2, doubt: { epoch: 2, news: true } })
    expect((await mesh.must('box', ['status'])).stdout).toMatch(/Writing goes on in epoch 2; what other hosts hold/)
    await mesh.up('box')
    const { forks } = await eventually(() => epochsOf('mac', 'box'), ({ epochs }) => epochs.length === 2, 30_000)
    expect(forks).toBe(0)
    recordCase(19, { test: 'test/e2e/amnesia.test.ts (offline)', runs: 1, worst: forks, limit: 0, unit: 'forks' })
    await mesh.down('box')
  }, 120_000)

  it('whose store was deleted while its daemon ran acknowledges nothing more, and begins anew with what others give back', async () => {
    await mesh.up('box')
    await mesh.sees('box', 'mac', 'linked')
    await note('box', 'before the loss')
    await eventually(() => mesh.ask<StatusData>('mac', 'status'), ({ records }) => records >= 5, 30_000)
    const known = (await mesh.ask<StatusData>('mac', 'status')).records
    rmSync(join(mesh.home('box'), 'store'), { recursive: true })
    await expect(mesh.ask('box', 'send', { to: 'all', text: 'into the void', kind: 'note' })).rejects.toThrow(/FENCED/)
    await mesh.run('box', ['down'])
    await mesh.up('box')
    expect(await mesh.ask<StatusData>('box', 'status')).toMatchObject({ doubt: { cause: 'lost' } })
    const { listening } = await mesh.ask<DaemonData>('mac', 'daemon')
    await mesh.must('box', ['peers', 'add', listening ?? ''])
    await mesh.sees('box', 'mac', 'linked')
    await note('box', 'after the loss')
    const back = await eventually(() => mesh.ask<StatusData>('box', 'status'), ({ records }) => records > known, 30_000)
    expect(back.epoch).toBe(3)
    const { forks, epochs } = await eventually(() => epochsOf('mac', 'box'), found => found.epochs.includes(3), 30_000)
    expect([forks, epochs]).toEqual([0, [1, 2, 3]])
    recordCase(18, { test: 'test/e2e/amnesia.test.ts', runs: 1, worst: forks, limit: 0, unit: 'numbers used twice' })
  }, 180_000)

  it('is looked over by doctor, with and without its daemon; what keeps it from being opened is a finding', async () => {
    const running = await mesh.json('box', ['doctor'])
    expect(running.envelope.data).toMatchObject({ sound: true })
    expect((running.envelope.data as DoctorData).checks.map(({ name, state }) => `${name} ${state}`)).toEqual(expect.arrayContaining(['home ok', 'key ok', 'store ok', 'past note', 'witness ok', 'daemon ok', 'link ok']))
    expect(running.code).toBe(0)
    await mesh.down('box')
    const alone = await mesh.json('box', ['doctor'])
    expect([alone.code, (alone.envelope.data as DoctorData).checks.find(({ name }) => name === 'daemon')?.state]).toEqual([0, 'note'])
    renameSync(join(mesh.home('box'), 'store', 'store.json'), join(mesh.folder.path, 'store.json'))
    const broken = await mesh.run('box', ['doctor'])
    expect([broken.code, broken.stdout]).toEqual([1, expect.stringMatching(/store +wrong +store\.json is missing/)])
  }, 120_000)

  it('leaves its witness outside itself', () => {
    const state = process.env.XDG_STATE_HOME ?? ''
    expect(readdirSync(join(state, 'skein')).length).toBeGreaterThanOrEqual(2)
  })
})
