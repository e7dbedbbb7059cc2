import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseGitConfig } from '../../../src/host/repository/git-config.js'
import { normaliseRemote, remoteKey } from '../../../src/host/repository/remote.js'
import { git, repository, scratchFolder, write } from './scratch.js'

const ROWS: readonly (readonly [url: string, key: string | null])[] = [
  ['https://github.com/o/r', 'github.com/o/r'],
  ['https://github.com/o/r.git', 'github.com/o/r'],
  ['https://github.com/o/r.git/', 'github.com/o/r'],
  ['https://github.com//o///r//', 'github.com/o/r'],
  ['https://GitHub.COM/o/r', 'github.com/o/r'],
  ['https://github.com./o/r', 'github.com/o/r'],
  ['https://bob@github.com/o/r.git', 'github.com/o/r'],
  ['https://bob:p%40ss@github.com/o/r.git', 'github.com/o/r'],
  ['https://oauth2:to@ken@github.com/o/r', 'github.com/o/r'],
  ['https://github.com:443/o/r', 'github.com/o/r'],
  ['https://github.com:/o/r', 'github.com/o/r'],
  ['HTTPS://github.com/o/r', 'github.com/o/r'],
  ['http://github.com:80/o/r', 'github.com/o/r'],
  ['git://github.com:9418/o/r.git', 'github.com/o/r'],
  ['git@github.com:o/r.git', 'github.com/o/r'],
  ['git@github.com:/o/r.git', 'github.com/o/r'],
  ['github.com:o/r', 'github.com/o/r'],
  ['git@github.com:~/o/r.git', 'github.com/o/r'],
  ['ssh://git@github.com/o/r.git', 'github.com/o/r'],
  ['ssh://git@github.com:22/o/r.git', 'github.com/o/r'],
  ['ssh://git@github.com/~/o/r', 'github.com/o/r'],
  ['ssh://git@ssh.github.com:443/o/r.git', 'github.com/o/r'],
  ['git+ssh://git@github.com/o/r', 'github.com/o/r'],
  ['ssh://git@altssh.gitlab.com:443/g/s/r.git', 'gitlab.com/g/s/r'],
  ['git@ssh.dev.azure.com:v3/org/project/repo', 'dev.azure.com/org/project/_git/repo'],
  ['https://org@dev.azure.com/org/project/_git/repo', 'dev.azure.com/org/project/_git/repo'],
  ['ssh://git@host:2222/o/r.git', 'host:2222/o/r'],
  ['ssh://git@host:02222/o/r.git', 'host:2222/o/r'],
  ['[git@host:2222]:o/r.git', 'host:2222/o/r'],
  ['https://host:8443/o/r', 'host:8443/o/r'],
  ['https://[2001:DB8::1]:8443/o/r', '[2001:db8::1]:8443/o/r'],
  ['git@[2001:db8::1]:o/r', '[2001:db8::1]/o/r'],
  ['https://host/O/My%20Repo.git', 'host/O/My Repo'],
  ['https://host/o/./x/../r', 'host/o/r'],
  ['https://bücher.example/o/r', 'xn--bcher-kva.example/o/r'],
  ['ssh://git@bücher.example/o/r', 'xn--bcher-kva.example/o/r'],
  ['work:o/r', 'work/o/r'],
  ['  https://github.com/o/r\n', 'github.com/o/r'],
  ['/srv/git/app.git', 'file:/srv/git/app.git'],
  ['/srv/git/app.git/', 'file:/srv/git/app.git'],
  ['/srv/app/.git', 'file:/srv/app'],
  ['file:///srv/git/my%20app.git', 'file:/srv/git/my app.git'],
  ['file://localhost/srv/git/app.git', 'file:/srv/git/app.git'],
  ['C:\\git\\app.git', 'file:/C:/git/app.git'],
  ['C:/git/app.git', 'file:/C:/git/app.git'],
  ['../app.git', null],
  ['./a:b', null],
  ['app', null],
  ['', null],
  ['https://github.com', null],
  ['https://github.com/', null],
  ['https://github.com/.git', null],
  ['https:///o/r', null],
  ['https://host:x/o/r', null],
  ['https://host/cgit?p=r', null],
  ['https://host/o%0Ar', null],
  ['ext::ssh -x %S foo', null],
  ['hg::https://host/o/r', null],
  ['s3://bucket/r', null],
  ['https://host/o\u0001', null]
]

describe('normaliseRemote', () => {
  it.each(ROWS)('%s → %s', (url, key) => {
    expect(normaliseRemote(url)).toBe(key)
  })

  it('refuses what is too long', () => {
    expect(normaliseRemote(`https://host/${'x'.repeat(3_000)}`)).toBeNull()
    expect(normaliseRemote(`https://host/${'x'.repeat(600)}`)).toBeNull()
  })

  it('never throws, and its answers hold neither control characters nor too much', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl(), fc.stringMatching(/^[a-z@:/.\\[\]~%?#-]{0,40}$/)), url => {
        const key = normaliseRemote(url)
        expect(key === null || (key.length <= 512 && !/\p{Cc}/u.test(key))).toBe(true)
      })
    )
  })

  it('gives one key to every spelling of one repository', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,10}$/)
    fc.assert(
      fc.property(name, name, fc.constantFrom('example.org', 'git.example.co.uk', 'localhost'), (owner, repo, host) => {
        const path = `${owner}/${repo}`
        const spellings = [`https://${host}/${path}.git`, `git@${host}:${path}`, `ssh://git@${host}:22/${path}/`, `http://u:p@${host}/${path}`]
        expect(new Set(spellings.map(normaliseRemote))).toEqual(new Set([`${host}/${path}`]))
      })
    )
  })
})

const scratch = scratchFolder()

describe('remoteKey', () => {
  it('resolves paths on this machine: relative, through symlinks, with the .git that git adds', () => {
    git(scratch, 'init', '-q', '--bare', 'store/app.git')
    symlinkSync(join(scratch, 'store'), join(scratch, 'link'))
    const root = repository(join(scratch, 'work'))
    mkdirSync(join(scratch, 'a:b'))
    const key = `file:${scratch}/store/app.git`
    const files = [`file://${scratch}/link/app.git`, `file://${scratch}/store/app`]
    for (const url of [`${scratch}/store/app.git`, `${scratch}/link/app`, '../store/app.git/', '../link/app', ...files]) {
      expect(remoteKey(root, url)).toBe(key)
    }
    expect(remoteKey(scratch, './work/.git')).toBe(`file:${root}`)
    expect(remoteKey(scratch, './work')).toBe(`file:${root}`)
    expect(remoteKey(root, '../gone.git')).toBe(`file:${scratch}/gone.git`)
    expect(remoteKey(root, 'git@host:o/r')).toBe('host/o/r')
  })
})

describe('parseGitConfig', () => {
  it('reads sections, subsections, quotes, escapes, comments and continued lines as git does', () => {
    const text = [
      '\ufeff# comment',
      '[core] bare = false ; after',
      '\tBare',
      '[remote "a \\"b\\" \\\\c"]',
      '  url = "  spaced # not a comment  " # comment',
      '  two =   one \\',
      '  line   ',
      '  tab = a\\tb"c d"e',
      '[Branch.Main]',
      'x=y=z',
      '[empty "s"]',
      'value =',
      '[remote "crlf"]\r',
      '  url = x\r',
      ''
    ].join('\n')
    const path = write(join(scratch, 'config'), text)
    const printed = git(scratch, 'config', '--file', path, '--list', '-z')
    const expected = printed.split('\0').filter(line => line !== '').map(line => (line.includes('\n') ? line : `${line}\ntrue`))
    const read = parseGitConfig(text).map(({ section, subsection, name, value }) => `${section}${subsection === null ? '' : `.${subsection}`}.${name}\n${value}`)
    expect(read).toEqual(expected)
  })

  it('passes over what git would refuse', () => {
    expect(parseGitConfig('x = 1\n[bad\n]]]\n[ok]\n!!\nname = value')).toEqual([{ section: 'ok', subsection: null, name: 'name', value: 'value' }])
  })

  it('reads a megabyte of anything in little time', () => {
    for (const piece of ['[a]', '[a "', 'x', '[a]x=\\\n', '[remote "x"]\nurl = y\n', '"', ' ', '[a]\n"', '[a ']) {
      const start = performance.now()
      parseGitConfig(piece.repeat(Math.floor(1_000_000 / piece.length)))
      expect(performance.now() - start).toBeLessThan(2_000)
    }
  })

  it('ends for every text', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('[', ']', '"', '\\', '\n', '=', 'a', ' ', '#', '.') }), text => Array.isArray(parseGitConfig(text))))
  })
})
