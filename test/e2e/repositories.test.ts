import { execFileSync } from 'node:child_process'
import { cpSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, temporaryFolder } from '../support/cli.js'
import { makeRepository, TestHost } from '../support/home.js'

const folder = temporaryFolder()
const mac = new TestHost(join(folder.path, 'mac'), join(folder.path, 'the app'))
const box = new TestHost(join(folder.path, 'box'), join(folder.path, 'clones', 'https'))
const bare = join(folder.path, 'bare.git')
const KEY = 'github.com/team/app'

const git = (cwd: string, ...args: readonly string[]): string =>
  execFileSync('git', [...args], { cwd, encoding: 'utf8', env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }, stdio: ['ignore', 'pipe', 'ignore'] }).trim()

/** A clone of the one bare repository, with the remotes that it would have if that were on a forge. */
const clone = (name: string, remotes: Readonly<Record<string, string>>, ...options: readonly string[]): string => {
  const path = join(folder.path, 'clones', name)
  git(folder.path, 'clone', '-q', ...options, `file://${bare}`, path)
  git(path, 'remote', 'remove', 'origin')
  for (const [remote, url] of Object.entries(remotes)) git(path, 'remote', 'add', remote, url)
  return path
}

const shown = async (host: TestHost, session: string, args: readonly string[], cwd = host.cwd) => {
  const { envelope } = await host.json(session, args, { cwd })
  return envelope.warnings.filter(({ code }) => code.startsWith('REPOSITORY_') && code !== 'REPOSITORY_ENROLLED').map(({ text }) => text)
}
const holder = async (host: TestHost, cwd: string) => {
  const { code, envelope } = await host.json('onlooker', ['who', 'src/auth/login.ts'], { cwd })
  return { code, repository: envelope.data.repository, holders: JSON.stringify(envelope.data.paths) }
}
const viewHash = async (host: TestHost) => (await host.json('onlooker', ['claims'])).envelope.freshness.view_hash
const level = () => eventually(async () => [await viewHash(mac), await viewHash(box)], ([left, right]) => left === right, 20_000)

const root = (): string => git(mac.cwd, 'rev-list', '--max-parents=0', 'HEAD')

beforeAll(async () => {
  makeRepository(join(folder.path, 'first'), null)
  git(folder.path, 'clone', '-q', '--bare', join(folder.path, 'first'), bare)
  git(folder.path, 'clone', '-q', `file://${bare}`, mac.cwd)
  git(mac.cwd, 'remote', 'set-url', 'origin', 'git@github.com:team/app.git')
  clone('https', { origin: 'https://github.com/team/app' })
  await mac.run(undefined, ['init', '--name', 'mac', '--no-passphrase', '--listen', '127.0.0.1:0'])
  await mac.run(undefined, ['up'])
  const { envelope } = await mac.json(undefined, ['invite'])
  expect((await box.run(undefined, ['join', String(envelope.data.token), '--name', 'box', '--listen', '127.0.0.1:0'])).code).toBe(0)
  await box.run(undefined, ['up'])
  await mac.json('claude', ['claim', 'src/auth/login.ts', '--reason', 'rewrite the login flow'])
  await level()
})
afterAll(async () => {
  for (const host of [mac, box]) await host.run(undefined, ['down'])
  folder.remove()
})

describe('one repository on two hosts', () => {
  it('has one key over https, another form of ssh, from a fork with its upstream, a clone of depth 1, and a work tree behind a symbolic link', async () => {
    const fork = clone('fork', { origin: 'git@github.com:me/app.git', upstream: 'https://github.com/team/app.git' })
    const shallow = clone('shallow', { origin: 'https://user:secret@github.com/team/app.git' }, '--depth', '1')
    const overPort = clone('port', { origin: 'ssh://git@ssh.github.com:443/team/app.git' })
    git(box.cwd, 'worktree', 'add', '-q', join(folder.path, 'clones', 'tree'), '-b', 'other')
    symlinkSync(join(folder.path, 'clones', 'tree'), join(folder.path, 'link'))
    for (const tree of [box.cwd, fork, shallow, overPort, join(folder.path, 'link'), join(folder.path, 'link', 'src')]) {
      const path = tree.endsWith('src') ? 'auth/login.ts' : 'src/auth/login.ts'
      const { code, envelope } = await box.json('onlooker', ['who', path], { cwd: tree })
      expect([code, envelope.data.repository], tree).toEqual([1, KEY])
      expect(envelope.warnings, tree).toEqual([])
    }
  })

  it('is one through an ssh alias, as soon as both say its first commit, for claims made before, too', async () => {
    const alias = clone('alias', { origin: 'git@work:team/app.git' })
    expect((await holder(box, alias)).repository).toBe('work/team/app')
    expect((await box.json('codex', ['claim', 'src/auth'], { cwd: alias })).code).toBe(0)
    await level()
    const here = await holder(box, alias)
    expect(here).toMatchObject({ code: 1, repository: KEY, holders: expect.stringContaining('mac/claude') })
    expect((await holder(mac, mac.cwd)).holders).toContain('box/codex')
    expect([await shown(mac, 'a', ['status']), await shown(box, 'a', ['status'])]).toEqual([[], []])
    const { envelope } = await mac.json('a', ['repo', 'list'])
    expect(envelope.data.repositories).toMatchObject([{ key: KEY, read_as: null }, { key: 'work/team/app', read_as: KEY, hosts: ['box'] }])
    await box.json('codex', ['release', '--all'], { cwd: alias })
  })

  it('that is a copy without a remote is said by both hosts, once a session and always in repo list and doctor, until it is linked', async () => {
    const copy = join(folder.path, 'clones', 'copy')
    cpSync(mac.cwd, copy, { recursive: true })
    git(copy, 'remote', 'remove', 'origin')
    const claimed = await box.json('codex', ['claim', 'src/auth'], { cwd: copy })
    expect(claimed.envelope.warnings.map(({ code }) => code)).toEqual(['REPOSITORY_ENROLLED', 'REPOSITORY_TWINS'])
    await level()
    const local = `root:${root()}`
    const command = `skein repo link ${local} ${KEY}`
    const onMac = `${KEY} has the same first commit as ${local} (on box): if they are one repository, claims in one are not seen in the other until somebody on box types ${command}`
    expect(await shown(mac, 'one', ['who', 'src/auth/login.ts'])).toEqual([onMac])
    expect([await shown(mac, 'one', ['who', 'src/auth/login.ts']), await shown(mac, 'one', ['claim', 'docs'])]).toEqual([[], []])
    expect([await shown(mac, 'two', ['claim', 'docs']), await shown(mac, 'three', ['status'])]).toEqual([[onMac], [onMac]])
    expect(await shown(mac, 'two', ['repo', 'list'])).toEqual([onMac])
    expect((await mac.run('two', ['doctor'])).stdout).toContain(command)
    const onBox = await shown(box, 'another', ['who', 'src/auth/login.ts'], copy)
    expect(onBox).toEqual([expect.stringContaining(`${local} has the same first commit as ${KEY} (on mac)`)])
    expect(onBox[0]).toContain(`until you type ${command}`)
    expect(await shown(box, 'another', ['who', 'src/auth/login.ts'], copy)).toEqual([])
    expect((await box.run('codex', ['repo', 'list'], { cwd: copy })).stderr).toContain(command)

    expect((await box.json('codex', ['repo', 'link', local, KEY], { cwd: copy })).code).toBe(0)
    await level()
    expect(await holder(box, copy)).toMatchObject({ code: 1, repository: KEY, holders: expect.stringContaining('mac/claude') })
    expect([await shown(mac, 'four', ['repo', 'list']), await shown(box, 'four', ['repo', 'list'], copy)]).toEqual([[], []])
  })

  it('that is a fork without its upstream, or one of depth 1 over another alias, is said by both hosts', async () => {
    const fork = clone('own fork', { origin: 'https://github.com/me/app' })
    const shallow = clone('shallow alias', { origin: 'git@office:team/app.git' }, '--depth', '1')
    for (const tree of [fork, shallow]) expect((await box.json('codex', ['repo', 'add'], { cwd: tree })).code).toBe(0)
    await level()
    const expected = [expect.stringContaining('same first commit as github.com/me/app (on box)'), expect.stringContaining('is called as office/team/app is, and of one of them the first commit is not known (on box)')]
    expect(await shown(mac, 'five', ['repo', 'list'])).toEqual(expect.arrayContaining(expected))
    expect(await shown(box, 'codex', ['who', 'src'], fork)).toEqual(expect.arrayContaining([expect.stringContaining(`github.com/me/app has the same first commit as ${KEY}`)]))
    expect(await shown(box, 'codex', ['who', 'src'], shallow)).toEqual(expect.arrayContaining([expect.stringContaining(`office/team/app is called as ${KEY} is`)]))
  })
})
