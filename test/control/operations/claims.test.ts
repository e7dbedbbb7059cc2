import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../support/cli.js'
import { Desk } from '../../support/desk.js'
import { makeRepository } from '../../support/home.js'

const folder = temporaryFolder()
const repository = join(folder.path, 'app')
let mac: Desk

beforeAll(async () => {
  mac = await Desk.open(join(folder.path, 'h'), makeRepository(repository))
})
afterAll(async () => {
  await mac.close()
  folder.remove()
})

interface Item {
  readonly path: string
  readonly scope: string
  readonly acquired: boolean
  readonly renewed: boolean
  readonly held_by: readonly { readonly holder: string }[]
}

const rows = (list: unknown): Record<string, unknown>[] => (Array.isArray(list) ? list : [])
const items = (list: unknown): Item[] => (Array.isArray(list) ? list : [])

describe('skein claim', () => {
  it('enrols the repository, says so once, and answers with id, scope and lease', async () => {
    const first = await mac.run('enrol', ['claim', 'src/enrol/**', '--reason', 'why not', '--for', '10m'])
    expect(first.code).toBe(0)
    expect(first.envelope.warnings.map(({ code }) => code)).toEqual(['REPOSITORY_ENROLLED'])
    expect(first.envelope.data).toMatchObject({ id: expect.stringMatching(/^c-[0-9a-hjkmnp-tv-z]{8}$/), repository: 'github.com/team/app', scope: ['src/enrol/**'], overlaps: [] })
    expect((await mac.run('enrol', ['repo', 'list'])).envelope.data.repositories).toEqual([expect.objectContaining({ key: 'github.com/team/app', enrolled: true, how: 'claim' })])
    expect((await mac.run('enrol', ['claim', 'src/enrol2'])).envelope.warnings).toEqual([])
    const { claims } = (await mac.run('enrol', ['claims', '--mine'])).envelope.data
    expect(rows(claims)[0]).toMatchObject({ host: 'mac', session: 'enrol', reason: 'why not', state: 'live', same_tree: true, mine: true, mode: 'exclusive', branch: 'refs/heads/main', lead: true, crossings: [] })
    expect(Date.parse(String(rows(claims)[0]?.until)) - Date.parse(String(rows(claims)[0]?.since))).toBeGreaterThan(599_000)
  })

  it('again by the same session is a renewal and no second claim, and new items beside it are claimed', async () => {
    await mac.run('again', ['claim', 'again/a', '--for', '5m'])
    const mixed = await mac.run('again', ['claim', 'again/a', 'again/b', '--for', '20m', '--reason', 'other'])
    expect(items(mixed.envelope.data.items).map(({ scope, acquired, renewed }) => [scope, acquired, renewed])).toEqual([['again/a', true, true], ['again/b', true, false]])
    expect(mixed.envelope.warnings.map(({ code }) => code)).toEqual(['REASON_KEPT'])
    const { claims } = (await mac.run('again', ['claims', '--mine'])).envelope.data
    expect(rows(claims).map(({ scope, crossings }) => [scope, crossings])).toEqual([[['again/a'], []], [['again/b'], []]])
    const minutes = rows(claims).map(({ until }) => Math.round((Date.parse(String(until)) - Date.now()) / 60_000))
    expect(minutes).toEqual([20, 20])
  })

  it('that overlaps succeeds with one warning; its holder is told once, at its next command', async () => {
    await mac.run('lead', ['claim', 'over/**', '--reason', 'rewrite'])
    const second = await mac.run('follow', ['claim', 'over/lap.ts', 'over/other.ts', 'free.ts'])
    expect(second.code).toBe(0)
    expect(second.envelope.warnings).toHaveLength(1)
    expect(second.envelope.warnings[0]).toMatchObject({ code: 'CLAIM_OVERLAP', details: { same_tree: true, holder: 'mac/lead', reason: 'rewrite' } })
    expect(second.envelope.warnings[0]?.text).toMatch(/^mac\/lead holds over\/\*\* since \d\d:\d\dZ \(\d+ s\): "rewrite", in the same work tree, branch main; this host\. Both cover over\/lap\.ts: .* Their claim leads\./)
    expect(items(second.envelope.data.items).map(({ scope, held_by }) => [scope, held_by.map(({ holder }) => holder)])).toEqual([['over/lap.ts', ['mac/lead']], ['over/other.ts', ['mac/lead']], ['free.ts', []]])
    expect((await mac.run('follow', ['claims', '--mine'])).envelope.warnings).toEqual([])
    const told = await mac.run('lead', ['who', 'elsewhere'])
    expect(told.envelope.warnings).toMatchObject([{ code: 'CLAIM_CROSSING', details: { holder: 'mac/follow', lead: second.envelope.warnings[0]?.details.claim } }])
    expect((await mac.run('lead', ['claims'])).envelope.warnings).toEqual([])
  })

  it.each([['--strict'], ['--all']])('%s exits 1 where one item is held, records nothing, and answers for each path', async flag => {
    await mac.run('holder', ['claim', 'strict/held'])
    const refused = await mac.run(`refused${flag}`, ['claim', 'strict/held', 'strict/free', flag])
    expect(refused.code).toBe(1)
    expect(refused.envelope.error).toMatchObject({ code: 'CLAIM_HELD', details: { overlaps: [{ holder: 'mac/holder' }] } })
    expect(items(refused.envelope.error.details.items).map(({ path, acquired, held_by }) => [path, acquired, held_by.length])).toEqual([['strict/held', false, 1], ['strict/free', false, 0]])
    expect((await mac.run(`refused${flag}`, ['claims', '--mine'])).envelope.data.total).toBe(0)
    expect((await mac.run(`refused${flag}`, ['claim', 'strict/free', flag])).code).toBe(0)
    await mac.run(`refused${flag}`, ['release', '--all'])
  })

  it('to read does not meet another to read, and meets one to write', async () => {
    await mac.run('reader', ['claim', 'read/**', '--shared'])
    expect((await mac.run('reader-2', ['claim', 'read/a', '--shared'])).envelope.warnings).toEqual([])
    const writer = await mac.run('writer', ['claim', 'read/a'])
    expect(writer.envelope.warnings.map(({ details }) => details.holder).sort()).toEqual(['mac/reader', 'mac/reader-2'])
    expect(writer.envelope.warnings.map(({ text }) => text).join()).toContain('mac/reader reads read/**')
    expect((await mac.run('writer', ['claim', 'read/a', '--shared'])).envelope.data.items).toMatchObject([{ renewed: true }])
  })

  it('takes names outside of any repository, which meet only their like', async () => {
    const outside = { cwd: folder.path }
    expect((await mac.run('n1', ['claim', '@test-mutex', 'branch:refs/heads/x'], outside)).envelope.data).toMatchObject({ repository: null, scope: ['@test-mutex', 'branch:refs/heads/x'] })
    expect((await mac.run('n2', ['claim', '@test-mutex', '--strict'], outside)).code).toBe(1)
    expect((await mac.run('n2', ['claim', '@test-mutex2', 'branch:refs/heads/xy', '--strict'], outside)).code).toBe(0)
    expect((await mac.run('n2', ['who', '@test-mutex'], outside)).code).toBe(1)
    expect((await mac.run('n1', ['who', '@test-mutex'], outside)).code).toBe(0)
    expect((await mac.run('n1', ['claim', 'src'], outside)).envelope.error.code).toBe('NO_REPOSITORY')
  })

  it.each([
    [['claim', 'x', '--for', '29s'], 2, 'FIELD_INVALID', '--for'],
    [['claim', 'x', '--for', '31d'], 2, 'FIELD_INVALID', '--for'],
    [['claim', 'x', '--for', 'soon'], 2, 'FIELD_INVALID', '--for'],
    [['claim', 'src/['], 2, 'PATTERN_INVALID', 'scope'],
    [['claim', '../x'], 3, 'PATH_OUTSIDE', 'scope'],
    [['claim', '@'], 2, 'FIELD_INVALID', 'scope'],
    [['claim', 'x', '--reason', 'r'.repeat(281)], 2, 'FIELD_INVALID', 'reason'],
    [['release'], 2, 'FIELD_MISSING', 'scope'],
    [['claims', '--limit', '0'], 2, 'FIELD_INVALID', '--limit'],
    [['repo', 'remove', 'nothing'], 3, 'NO_REPOSITORY', null]
  ] as const)('%j exits %i', async (words, code, error, field) => {
    const ran = await mac.run('wrong', words)
    expect([ran.code, ran.envelope.error.code, ran.envelope.error.field]).toEqual([code, error, field])
    expect((await mac.run('wrong', ['claims', '--mine'])).envelope.data.total).toBe(0)
  })

  it('refuses what a shell expanded', async () => {
    mkdirSync(join(repository, 'many'))
    const names = Array.from({ length: 21 }, (_, index) => `many/${index}.ts`)
    for (const name of names) writeFileSync(join(repository, name), '')
    const ran = await mac.run('shell', ['claim', ...names])
    expect([ran.code, ran.envelope.error.code]).toEqual([2, 'SHELL_EXPANDED'])
    expect((await mac.run('shell', ['who', ...names])).code).toBe(0)
  })
})

describe('skein who', () => {
  it('tells free, mine and held apart by exit code and state', async () => {
    await mac.run('one', ['claim', 'who/**', '--reason', 'tidy up'])
    const states = async (session: string, ...paths: string[]) => {
      const { code, envelope } = await mac.run(session, ['who', ...paths])
      return [code, ...rows(envelope.data.paths).map(({ state }) => state)]
    }
    expect(await states('one', 'who/a.ts', 'nobody.ts')).toEqual([0, 'mine', 'free'])
    expect(await states('two', 'nobody.ts')).toEqual([0, 'free'])
    expect(await states('two', 'who/a.ts', 'nobody.ts')).toEqual([1, 'held', 'free'])
    await mac.run('two', ['claim', 'who/a.ts'])
    expect(await states('one', 'who/a.ts', 'who/b.ts')).toEqual([1, 'held', 'mine'])
  })

  it('says who, since and until when, why, and in which tree, within 80 columns', async () => {
    const { text, code } = await mac.run('three', ['who', 'who/b.ts'], { json: false })
    expect(code).toBe(1)
    expect(text).toMatch(/^who\/b\.ts {3}mac\/one, since \d\d:\d\dZ \(\d+ s\), until \d\d:\d\dZ\n {11}who\/\*\*: "tidy up"\n {11}same tree on main@[0-9a-f]{7} · this host$/)
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })
})

describe('skein release', () => {
  it('is for the holder: another exits 1 and nothing changes', async () => {
    const { envelope } = await mac.run('owner', ['claim', 'rel/a', 'rel/b', '@rel'])
    const id = String(envelope.data.id)
    for (const what of [id, 'rel/a', 'rel', 'rel/a/below', '@rel']) {
      const refused = await mac.run('thief', ['release', what])
      expect([what, refused.code, refused.envelope.error.code]).toEqual([what, 1, 'NOT_HOLDER'])
    }
    expect((await mac.run('owner', ['release', 'rel/a', 'rel/none'])).code).toBe(1)
    expect(rows((await mac.run('owner', ['claims', '--mine'])).envelope.data.claims)).toMatchObject([{ scope: ['rel/a', 'rel/b', '@rel'] }])
  })

  it('ends one item, what lies below a scope, an id, or all of one’s own', async () => {
    const left = async () => rows((await mac.run('owner', ['claims', '--mine'])).envelope.data.claims).map(({ scope }) => scope)
    expect((await mac.run('owner', ['release', 'rel/a'])).envelope.data).toMatchObject({ released: [{ scope: ['rel/a'], whole: false }], left: 1 })
    await mac.run('owner', ['claim', 'rel/c/d'])
    expect((await mac.run('owner', ['release', 'rel/**'])).envelope.data).toMatchObject({ left: 1 })
    expect(await left()).toEqual([['@rel']])
    const { envelope } = await mac.run('owner', ['claim', 'rel/e'])
    expect((await mac.run('owner', ['release', String(envelope.data.id).slice(0, 7)])).envelope.data).toMatchObject({ released: [{ whole: true }] })
    await mac.run('other', ['claim', 'rel/z'])
    expect((await mac.run('owner', ['release', '--all'])).envelope.data).toMatchObject({ left: 0 })
    expect(await left()).toEqual([])
    expect((await mac.run('other', ['claims', '--mine'])).envelope.data.total).toBe(1)
    expect((await mac.run('owner', ['release', '--all'])).code).toBe(0)
  })
})
