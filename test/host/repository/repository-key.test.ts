import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { describe, expect, it } from 'vitest'

import type { Result } from '../../../src/core/result.js'
import { repositoryKey, type RepositoryKey } from '../../../src/host/repository/repository-key.js'
import { rootCommit } from '../../../src/host/repository/root-commit.js'
import { readSkeinFile } from '../../../src/host/repository/skein-file.js'
import { checkoutAt, git, refusal, repository, scratchFolder, value, write } from './scratch.js'

const scratch = scratchFolder()
const RANDOM = Uint8Array.from({ length: 16 }, (_, index) => index * 7)

const keyOf = async (path: string, links: ReadonlyMap<string, string> = new Map(), randomBytes: Uint8Array | null = null): Promise<Result<RepositoryKey>> =>
  await repositoryKey(checkoutAt(path), { links, randomBytes })

describe('repositoryKey', () => {
  it('is one for differently named clones over ssh, https and a fork with upstream, in worktrees and through symlinks', async () => {
    const app = repository(join(scratch, 'app'))
    git(app, 'remote', 'add', 'origin', 'https://token@github.com/team/app.git')
    git(scratch, 'clone', '-q', app, 'other name')
    const other = join(scratch, 'other name')
    git(other, 'remote', 'set-url', 'origin', 'git@github.com:team/app.git')
    git(scratch, 'clone', '-q', '--depth=1', `file://${app}`, 'shallow')
    const shallow = join(scratch, 'shallow')
    git(shallow, 'remote', 'set-url', 'origin', 'ssh://git@github.com:22/team/app/')
    git(scratch, 'clone', '-q', app, 'fork')
    const fork = join(scratch, 'fork')
    git(fork, 'remote', 'set-url', 'origin', 'git@github.com:me/app.git')
    git(fork, 'remote', 'add', 'upstream', 'https://github.com/team/app')
    git(fork, 'worktree', 'add', '-q', '-b', 'x', join(scratch, 'tree'))
    symlinkSync(join(scratch, 'tree'), join(scratch, 'link'))
    git(scratch, 'clone', '-q', app, 'alias')
    git(join(scratch, 'alias'), 'remote', 'set-url', 'origin', 'forge:team/app')
    git(join(scratch, 'alias'), 'config', 'url.git@github.com:.insteadOf', 'forge:')
    for (const path of [app, other, shallow, fork, join(scratch, 'link/src'), join(scratch, 'alias')]) {
      expect(value(await keyOf(path)).key).toBe('github.com/team/app')
    }
    expect(value(await keyOf(fork))).toEqual({
      key: 'github.com/team/app',
      from: 'upstream',
      remotes: [
        { name: 'origin', url: 'github.com/me/app' },
        { name: 'upstream', url: 'github.com/team/app' }
      ]
    })
    expect(value(await keyOf(other)).from).toBe('origin')
  })

  it('is one for differently named clones of one bare repository on this host', async () => {
    repository(join(scratch, 'seed'))
    git(scratch, 'clone', '-q', '--bare', 'seed', 'hub.git')
    git(scratch, 'clone', '-q', 'hub.git', 'one')
    git(scratch, 'clone', '-q', `file://${scratch}/hub`, 'two')
    expect(value(await keyOf(join(scratch, 'one')))).toMatchObject({ key: `file:${scratch}/hub.git`, from: 'origin' })
    expect(value(await keyOf(join(scratch, 'two'))).key).toBe(`file:${scratch}/hub.git`)
  })

  it('prefers .skein.json, then a link by folder or by key', async () => {
    const app = repository(join(scratch, 'ordered'))
    git(app, 'remote', 'add', 'origin', 'https://github.com/team/ordered')
    const links = new Map([['github.com/team/ordered', 'one'], ['one', 'two']])
    expect(value(await keyOf(app, links))).toMatchObject({ key: 'two', from: 'link' })
    expect(value(await keyOf(app, new Map([...links, [app, 'three']])))).toMatchObject({ key: 'three', from: 'link' })
    expect(value(await keyOf(app, new Map([[join(app, '.git'), 'four']])))).toMatchObject({ key: 'four', from: 'link' })
    write(join(app, '.skein.json'), '{"repository":"acme/app"}')
    expect(value(await keyOf(app, links))).toMatchObject({ key: 'acme/app', from: 'skein.json' })
    write(join(app, '.skein.json'), '{"repository":7}')
    expect(refusal(await keyOf(app, links))).toMatchObject({ code: 'FIELD_INVALID', field: '.skein.json: repository' })
  })

  it('falls to the smallest root commit, the same for a copy, a worktree on an orphan branch and a detached head', async () => {
    const app = repository(join(scratch, 'history'))
    const first = git(app, 'rev-parse', 'HEAD')
    git(app, 'checkout', '-q', '--orphan', 'second-root')
    git(app, 'commit', '-q', '-m', 'a second root')
    const second = git(app, 'rev-parse', 'HEAD')
    git(app, 'checkout', '-q', 'main')
    git(app, 'worktree', 'add', '-q', join(scratch, 'orphan tree'), 'second-root')
    expect(value(await keyOf(join(scratch, 'orphan tree')))).toEqual(value(await keyOf(app)))
    git(app, 'merge', '-q', '--allow-unrelated-histories', '-m', 'joined', 'second-root')
    const smallest = first < second ? first : second
    const key = { key: `root:${smallest}`, from: 'root-commit', remotes: [], rootCommit: smallest }
    expect(value(await keyOf(app))).toEqual(key)
    cpSync(app, join(scratch, 'copied'), { recursive: true })
    git(join(scratch, 'copied'), 'checkout', '-q', '--detach')
    expect(value(await keyOf(join(scratch, 'copied')))).toEqual(key)
    expect(value(await keyOf(app, new Map([[key.key, 'named']])))).toMatchObject({ key: 'named', from: 'link', rootCommit: smallest })
  })

  it('never takes the boundary of a shallow clone for a root', async () => {
    const app = repository(join(scratch, 'deep'))
    git(app, 'commit', '-q', '--allow-empty', '-m', 'more')
    git(scratch, 'clone', '-q', '--depth=1', `file://${app}`, 'cut')
    git(join(scratch, 'cut'), 'remote', 'remove', 'origin')
    expect(value(await rootCommit(checkoutAt(join(scratch, 'cut'))))).toBeNull()
    expect(value(await keyOf(join(scratch, 'cut'), new Map(), RANDOM)).from).toBe('random')
    git(app, 'checkout', '-q', '--detach')
    expect(value(await rootCommit(checkoutAt(app)))).toBe(git(app, 'rev-list', '--max-parents=0', 'HEAD'))
  })

  it('keeps a random key in the git common directory, once, for all worktrees, and makes none unless told', async () => {
    const app = join(scratch, 'fresh')
    mkdirSync(app)
    git(app, 'init', '-q')
    git(app, 'remote', 'add', 'origin', 'hg::https://host/x')
    expect(refusal(await keyOf(app))).toMatchObject({ code: 'NO_REPOSITORY', next: ['skein repo add', expect.any(String)] })
    expect(readdirSync(join(app, '.git'))).not.toContain('skein-id')
    const made = value(await keyOf(app, new Map(), RANDOM))
    expect(made).toMatchObject({ from: 'random', key: expect.stringMatching(/^random:[0-9a-z]{26}$/), remotes: [] })
    const kept = readFileSync(join(app, '.git/skein-id'), 'utf8')
    const other = RANDOM.map(byte => byte + 1)
    expect(value(await keyOf(app, new Map(), other))).toEqual(made)
    expect(value(await keyOf(app))).toEqual(made)
    expect(readFileSync(join(app, '.git/skein-id'), 'utf8')).toBe(kept)
    expect(readdirSync(join(app, '.git')).filter(name => name.startsWith('skein'))).toEqual(['skein-id'])
    writeFileSync(join(app, '.git/skein-id'), '')
    expect(refusal(await keyOf(app, new Map(), other)).code).toBe('FIELD_INVALID')
    expect(statSync(join(app, '.git/skein-id')).size).toBe(0)
  })

  it('says so when git does not answer in time, or refuses, and takes no other key instead', async () => {
    const app = repository(join(scratch, 'slow'))
    const path = process.env['PATH']
    const slow = write(join(scratch, 'slow bin/git'), '#!/bin/sh\nexec sleep 600\n')
    chmodSync(slow, 0o755)
    try {
      process.env['PATH'] = `${dirname(slow)}:${path}`
      const failed = refusal(await rootCommit(checkoutAt(app), 100))
      expect(failed).toMatchObject({ code: 'TIMEOUT', next: [expect.stringContaining('repo link'), expect.any(String)] })
      process.env['PATH'] = join(scratch, 'nowhere')
      expect(refusal(await rootCommit(checkoutAt(app))).message).toContain('git is not installed')
    } finally {
      process.env['PATH'] = path
    }
    const checkout = { ...checkoutAt(app), commonDir: join(scratch, 'gone') }
    expect(refusal(await rootCommit(checkout)).code).toBe('NO_REPOSITORY')
  })
})

describe('readSkeinFile', () => {
  it('reads what it knows, keeps what it does not, and names the field that is wrong', () => {
    const root = join(scratch, 'file')
    mkdirSync(root)
    expect(value(readSkeinFile(root))).toEqual({})
    const path = join(root, '.skein.json')
    write(path, '\ufeff{"repository":"acme/app","mesh":"work","quiet":["*.lock"],"mutex":{"npm test":"@test","__proto__":"@p"},"later":{"x":1}}')
    const file = value(readSkeinFile(root))
    expect(file).toMatchObject({ repository: 'acme/app', mesh: 'work', quiet: ['*.lock'], later: { x: 1 } })
    expect(file.mutex?.get('npm test')).toBe('@test')
    const refused = (text: string): string | undefined => refusal(readSkeinFile(write(path, text) && root)).field
    expect(refused('{"quiet":["a",3]}')).toBe('.skein.json: quiet: 1')
    expect(refused('{"repository":""}')).toBe('.skein.json: repository')
    expect(refused('{"repository":"a b"}')).toBe('.skein.json: repository')
    expect(refused('{"mesh":"a\\u0000"}')).toBe('.skein.json: mesh')
    expect(refused('[]')).toBe('.skein.json')
    expect(refused('{')).toBe('.skein.json')
    expect(refusal(readSkeinFile(write(path, ' '.repeat(70_000)) && root)).code).toBe('TOO_LARGE')
  })

  it('does not wait for a named pipe or a folder of that name', () => {
    mkdirSync(join(scratch, 'folder/.skein.json'), { recursive: true })
    expect(refusal(readSkeinFile(join(scratch, 'folder'))).code).toBe('FIELD_INVALID')
    mkdirSync(join(scratch, 'pipe'))
    execFileSync('mkfifo', [join(scratch, 'pipe/.skein.json')])
    expect(refusal(readSkeinFile(join(scratch, 'pipe'))).code).toBe('FIELD_INVALID')
  })
})
