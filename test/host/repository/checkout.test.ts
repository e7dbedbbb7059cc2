import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { LIMITS } from '../../../src/core/limits.js'
import { findCheckout } from '../../../src/host/repository/checkout.js'
import { checkoutAt, git, refusal, repository, scratchFolder, write } from './scratch.js'

const scratch = scratchFolder()

describe('findCheckout', () => {
  it('agrees with git about root, directories, branch and commit', () => {
    const app = repository(join(scratch, 'app'))
    const checkout = checkoutAt(join(app, 'src/auth'))
    expect(checkout).toEqual({
      root: git(app, 'rev-parse', '--show-toplevel'),
      gitDir: git(app, 'rev-parse', '--absolute-git-dir'),
      commonDir: join(app, '.git'),
      branch: 'refs/heads/main',
      base: git(app, 'rev-parse', 'HEAD'),
      remotes: [],
      ignored: []
    })
  })

  it('finds the repository of a file and of a folder that do not exist yet', () => {
    const app = repository(join(scratch, 'not yet'))
    expect(checkoutAt(join(app, 'new/folder/file.ts')).root).toBe(app)
    expect(checkoutAt(join(app, 'src/auth/login.ts')).root).toBe(app)
  })

  it('reads worktrees: own HEAD, shared references and remotes', () => {
    const app = repository(join(scratch, 'first tree'))
    git(app, 'remote', 'add', 'origin', 'https://example.org/o/r')
    git(app, 'worktree', 'add', '-q', '-b', 'topic/x', join(scratch, 'second tree'))
    git(join(scratch, 'second tree'), 'commit', '-q', '--allow-empty', '-m', 'more')
    const second = checkoutAt(join(scratch, 'second tree/src'))
    expect(second).toMatchObject({ root: join(scratch, 'second tree'), commonDir: join(app, '.git'), branch: 'refs/heads/topic/x' })
    expect(second.gitDir).toBe(git(join(scratch, 'second tree'), 'rev-parse', '--absolute-git-dir'))
    expect(second.base).toBe(git(second.root, 'rev-parse', 'HEAD'))
    expect(second.base).not.toBe(checkoutAt(app).base)
    expect(second.remotes).toEqual(checkoutAt(app).remotes)
    git(app, 'pack-refs', '--all')
    expect(checkoutAt(second.root).base).toBe(second.base)
  })

  it('gives a submodule its own repository', () => {
    const library = repository(join(scratch, 'library'))
    const app = repository(join(scratch, 'with submodule'))
    git(app, 'submodule', 'add', '-q', library, 'vendor/library')
    const inner = checkoutAt(join(app, 'vendor/library/src'))
    expect(inner.root).toBe(join(app, 'vendor/library'))
    expect(inner.gitDir).toBe(join(app, '.git/modules/vendor/library'))
    expect(inner.remotes).toEqual([{ name: 'origin', url: library }])
    expect(checkoutAt(join(app, 'vendor')).root).toBe(app)
  })

  it('knows no commits, a detached head, packed and symbolic references', () => {
    const empty = join(scratch, 'empty')
    mkdirSync(empty)
    git(empty, 'init', '-q')
    expect(checkoutAt(empty)).toMatchObject({ branch: 'refs/heads/main', base: null })

    const app = repository(join(scratch, 'heads'))
    const commit = git(app, 'rev-parse', 'HEAD')
    git(app, 'symbolic-ref', 'refs/heads/alias', 'refs/heads/main')
    git(app, 'symbolic-ref', 'HEAD', 'refs/heads/alias')
    expect(checkoutAt(app)).toMatchObject({ branch: 'refs/heads/alias', base: commit })
    git(app, 'checkout', '-q', '--detach')
    expect(checkoutAt(app)).toMatchObject({ branch: null, base: commit })
    git(app, 'checkout', '-q', 'main')
    for (let count = 0; count < 5; count++) git(app, 'tag', '-a', '-m', 'tag', `t${count}`)
    git(app, 'pack-refs', '--all', '--prune')
    expect(checkoutAt(app)).toMatchObject({ branch: 'refs/heads/main', base: commit })
  })

  it('finds a reference among many packed ones, across the chunks it reads', () => {
    const app = repository(join(scratch, 'many references'))
    const commit = git(app, 'rev-parse', 'HEAD')
    const lines = Array.from({ length: 5_000 }, (_, index) => `${commit} refs/heads/branch/${String(index).padStart(5, '0')}\n`)
    writeFileSync(join(app, '.git/packed-refs'), `# pack-refs with: peeled fully-peeled sorted \n${lines.join('')}`)
    for (const index of ['00000', '01234', '04999']) {
      git(app, 'symbolic-ref', 'HEAD', `refs/heads/branch/${index}`)
      expect(checkoutAt(app).base).toBe(commit)
    }
    git(app, 'symbolic-ref', 'HEAD', 'refs/heads/branch/0123')
    expect(checkoutAt(app).base).toBeNull()
  })

  it('goes through symlinked folders and a symlinked .git to the same real place', () => {
    const app = repository(join(scratch, 'real'))
    symlinkSync(app, join(scratch, 'link'))
    symlinkSync(join(app, 'src'), join(scratch, 'link to src'))
    expect(checkoutAt(join(scratch, 'link/src'))).toEqual(checkoutAt(app))
    expect(checkoutAt(join(scratch, 'link to src/auth'))).toEqual(checkoutAt(app))
  })

  it('says that there is none, that it is bare, and that a .git file leads nowhere', () => {
    const outside = join(scratch, 'outside')
    mkdirSync(outside)
    expect(refusal(findCheckout(outside))).toMatchObject({ code: 'NO_REPOSITORY', next: ['git init', expect.any(String)] })
    git(scratch, 'init', '-q', '--bare', 'bare.git')
    expect(refusal(findCheckout(join(scratch, 'bare.git/hooks'))).message).toContain('without a work tree')
    write(join(scratch, 'broken/.git'), 'gitdir: ../nowhere\n')
    expect(refusal(findCheckout(join(scratch, 'broken'))).message).toContain('../nowhere')
    write(join(scratch, 'broken/.git'), 'x'.repeat(LIMITS.gitFileBytes + 1))
    expect(refusal(findCheckout(join(scratch, 'broken'))).code).toBe('NO_REPOSITORY')
  })

  it('knows the layout of a hidden bare repository with worktrees beside it', () => {
    const project = join(scratch, 'project')
    mkdirSync(project)
    const seed = repository(join(scratch, 'seed'))
    git(project, 'clone', '-q', '--bare', seed, '.bare')
    write(join(project, '.git'), 'gitdir: ./.bare\n')
    expect(refusal(findCheckout(project)).next?.[0]).toContain('worktree')
    git(project, 'worktree', 'add', '-q', 'main')
    expect(checkoutAt(join(project, 'main/src'))).toMatchObject({ root: join(project, 'main'), commonDir: join(project, '.bare'), branch: 'refs/heads/main' })
  })

  it('passes over an empty .git folder, as git does', () => {
    const app = repository(join(scratch, 'outer'))
    mkdirSync(join(app, 'inner/.git'), { recursive: true })
    expect(checkoutAt(join(app, 'inner')).root).toBe(app)
  })

  it('follows core.worktree and reads the configuration of one worktree', () => {
    const app = repository(join(scratch, 'moved'))
    mkdirSync(join(scratch, 'tree of moved'))
    git(app, 'config', 'core.worktree', join(scratch, 'tree of moved'))
    expect(checkoutAt(app).root).toBe(join(scratch, 'tree of moved'))
    const own = repository(join(scratch, 'own config'))
    git(own, 'config', 'extensions.worktreeConfig', 'true')
    git(own, 'config', '--worktree', 'remote.origin.url', 'https://example.org/own/config')
    expect(checkoutAt(own).remotes).toEqual([{ name: 'origin', url: 'https://example.org/own/config' }])
  })

  it('applies insteadOf of the repository and of the user, drops credentials, and says what it did not follow', () => {
    const app = repository(join(scratch, 'rewritten'))
    git(app, 'remote', 'add', 'origin', 'gh:acme/app.git')
    git(app, 'remote', 'add', 'secret', 'https://bob:hunter2@example.org/acme/app.git')
    git(app, 'config', 'url.git@github.com:.insteadOf', 'gh:')
    git(app, 'config', 'url.https://wrong.example/.insteadOf', 'g')
    git(app, 'config', 'include.path', 'other')
    const user = write(join(scratch, 'user config'), '[url "ssh://git@mirror.example/"]\n  insteadOf = "gh:acme/"\n')
    expect(checkoutAt(app).remotes).toEqual([
      { name: 'origin', url: 'github.com:acme/app.git' },
      { name: 'secret', url: 'https://example.org/acme/app.git' }
    ])
    expect(checkoutAt(app).ignored).toEqual([`include in ${join(app, '.git/config')} was not followed`])
    const found = findCheckout(app, { userConfigs: [user] })
    expect(found.ok && found.value.remotes[0]?.url).toBe('ssh://mirror.example/app.git')
    expect(JSON.stringify(found)).not.toContain('hunter2')
  })

  it('refuses a configuration beyond its bound', () => {
    const app = repository(join(scratch, 'huge'))
    write(join(app, '.git/config'), '#'.repeat(LIMITS.gitConfigBytes + 1))
    expect(refusal(findCheckout(app)).code).toBe('TOO_LARGE')
  })
})
