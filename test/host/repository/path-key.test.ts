import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { escapePath, parseScope } from '../../../src/core/coordination/scope/scope.js'
import { LIMITS } from '../../../src/core/limits.js'
import { fileKey, pathKey } from '../../../src/host/repository/path-key.js'
import { entryName } from '../../../src/host/repository/real-place.js'
import { readSegments } from '../../../src/host/repository/scope-item.js'
import { looksShellExpanded } from '../../../src/host/repository/shell-expansion.js'
import { checkoutAt, git, refusal, repository, scratchFolder, value, write } from './scratch.js'

const scratch = scratchFolder()
const app = repository(join(scratch, 'the app'))
const checkout = checkoutAt(app)
write(join(app, 'app/[id]/page.tsx'))
write(join(app, 'a b/c d.txt'))
write(join(app, 'Caf\u0065\u0301/menu.md'))
write(join(app, 'odd/st*r'))
write(join(app, 'lib/socket.io/index.js'))
mkdirSync(join(scratch, 'elsewhere'))
symlinkSync(join(app, 'src'), join(app, 'source'))
symlinkSync('src/auth/login.ts', join(app, 'login'))
symlinkSync('src/not/yet', join(app, 'dangling'))
symlinkSync('ring-b', join(app, 'ring-a'))
symlinkSync('ring-a', join(app, 'ring-b'))
symlinkSync(join(scratch, 'elsewhere'), join(app, 'out'))
symlinkSync(app, join(scratch, 'link to app'))

const key = (input: string, cwd = app): string => value(pathKey(checkout, cwd, input))
const code = (input: string, cwd = app): string => refusal(pathKey(checkout, cwd, input)).code

const parsedAs = (item: string): string => {
  const scope = parseScope(item)
  return scope.ok ? scope.value.type : scope.failure.code
}

const LOGIN = 'src/auth/login.ts'

describe('pathKey', () => {
  it.each([
    [LOGIN, app],
    [`./${LOGIN}`, app],
    [`.//src///auth/./login.ts`, app],
    ['src/../src/auth/../auth/login.ts', app],
    ['nowhere/../src/auth/login.ts', app],
    ['auth/login.ts', join(app, 'src')],
    ['login.ts', join(app, 'src/auth')],
    ['../../src/auth/login.ts', join(app, 'src/auth')],
    [`:/${LOGIN}`, join(app, 'src')],
    [`:/./${LOGIN}/`, join(app, 'src')],
    [join(app, LOGIN), scratch],
    [join(scratch, 'link to app', LOGIN), app],
    [`link to app/${LOGIN}`, scratch],
    [LOGIN, join(scratch, 'link to app')],
    ['source/auth/login.ts', app],
    ['auth/login.ts', join(app, 'source')],
    ['login', app],
    ['source/../login', app],
    ['src\\auth\\login.ts', app],
    ['.\\src\\auth\\', app],
    ['../auth/login.ts', join(app, 'src/folder that is not there')]
  ])('%s in %s is one file', (input, cwd) => {
    expect(key(input, cwd)).toBe(input === '.\\src\\auth\\' ? 'src/auth' : LOGIN)
  })

  it('knows the root, folders, and what does not exist yet', () => {
    for (const [input, cwd] of [['.', app], [':/', join(app, 'src')], ['..', join(app, 'src')], ['./', app], [app, scratch], [`${app}/`, app]] as const) {
      expect(key(input, cwd)).toBe('')
    }
    expect(key('src/')).toBe('src')
    expect(key('new/folder/x.ts')).toBe('new/folder/x.ts')
    expect(key('source/new/x.ts')).toBe('src/new/x.ts')
    expect(key('dangling/x.ts')).toBe('src/not/yet/x.ts')
    expect(key('src/auth/login.ts/below')).toBe('src/auth/login.ts/below')
    expect(key('a b/c d.txt')).toBe('a b/c d.txt')
  })

  it('takes the way the system takes: symlinks before ".."', () => {
    symlinkSync(join(app, 'src/auth'), join(app, 'deep link'))
    expect(key('deep link/../x.ts')).toBe('src/x.ts')
  })

  it('gives the same for a worktree and a clone elsewhere', () => {
    git(app, 'worktree', 'add', '-q', '-b', 'second', join(scratch, 'second'))
    git(scratch, 'clone', '-q', app, 'cloned')
    for (const root of [join(scratch, 'second'), join(scratch, 'cloned')]) {
      expect(value(pathKey(checkoutAt(root), join(root, 'src'), 'auth/login.ts'))).toBe(LOGIN)
      expect(value(pathKey(checkoutAt(root), join(root, 'src'), 'new/**'))).toBe('src/new/**')
    }
    expect(code(join(scratch, 'second/src'))).toBe('PATH_OUTSIDE')
  })

  it('writes NFC whatever is typed and whatever is on disk', () => {
    for (const form of ['NFC', 'NFD'] as const) {
      expect(key('Café/menu.md'.normalize(form))).toBe('Café/menu.md'.normalize('NFC'))
      expect(key('Café/*é*'.normalize(form))).toBe('Café/*é*'.normalize('NFC'))
      expect(key('ü/neu'.normalize(form))).toBe('ü/neu'.normalize('NFC'))
    }
    expect(key('menu.md', join(app, 'Cafe\u0301'))).toBe('Caf\u00e9/menu.md')
  })

  it('keeps a pattern from its first wildcard on', () => {
    expect(key('src/**')).toBe('src/**')
    expect(key('**/*.ts', join(app, 'source/auth'))).toBe('src/auth/**/*.ts')
    expect(key('source/{auth,api}/*.ts')).toBe('src/{auth,api}/*.ts')
    expect(key('{src/auth,api\\,x}/[!a-z\\]/]?/')).toBe('{src/auth,api\\,x}/[!a-z\\]/]?/')
    expect(key('*/./x//y')).toBe('*/x/y')
    expect(key('src\\**'.replace('\\', '/'))).toBe('src/**')
    expect(key(':/**', join(app, 'src'))).toBe('**')
    expect(key('auth\\[!a]/x', join(app, 'src'))).toBe('src/auth\\[!a\\]/x')
    expect(code('*/../x')).toBe('PATTERN_INVALID')
    expect(code('../../**')).toBe('PATH_OUTSIDE')
    expect(code('out/*')).toBe('PATH_OUTSIDE')
  })

  it('says of a folder whose name looks like a file\'s that it is one', () => {
    for (const input of ['lib/socket.io', 'lib/socket.io/', './lib/socket.io/../socket.io', 'lib\\socket.io']) expect(key(input)).toBe('lib/socket.io/')
    expect(key('lib/socket.io/index.js')).toBe('lib/socket.io/index.js')
    expect(key('lib/socket.io/index.js/')).toBe('lib/socket.io/index.js')
    expect([key('lib/not.there'), key('lib/not.there/')]).toEqual(['lib/not.there', 'lib/not.there/'])
    expect([key('src/'), key('not-there/'), key('.github/')]).toEqual(['src', 'not-there', '.github'])
    expect([key('lib/*.io'), key('lib/*.io/')]).toEqual(['lib/*.io', 'lib/*.io/'])
  })

  it('escapes what is literal: the working directory, escapes, and names that exist to the letter', () => {
    expect(key('page.tsx', join(app, 'app/[id]'))).toBe('app/\\[id\\]/page.tsx')
    expect(key('app/[id]/page.tsx')).toBe('app/\\[id\\]/page.tsx')
    expect(key('app/[id]/*.tsx')).toBe('app/\\[id\\]/*.tsx')
    expect(key('app/\\[id\\]/page.tsx')).toBe('app/\\[id\\]/page.tsx')
    expect(key('app/[ab]/page.tsx')).toBe('app/[ab]/page.tsx')
    expect(key('odd/st\\*r')).toBe('odd/st\\*r')
    expect(key('odd/st*r')).toBe('odd/st*r')
    expect(key('odd/back\\\\slash')).toBe('odd/back\\\\slash')
  })

  it('passes names and lets "./" make a path of one', () => {
    expect(key('@test-mutex')).toBe('@test-mutex')
    expect(key('branch:refs/heads/x')).toBe('branch:refs/heads/x')
    expect(key('./@app')).toBe('./@app')
    expect(key('\\@app')).toBe('./@app')
    expect(key('./branch:x')).toBe('./branch:x')
    expect(key('@app/../@app', scratch)).toBe('@app/../@app')
    expect(key('./src/@app')).toBe('src/@app')
    expect(key(`@${'é'.normalize('NFD')}`)).toBe('@é')
    expect(code('@')).toBe('FIELD_INVALID')
    expect(code('branch: ')).toBe('FIELD_INVALID')
    expect(code(`@${'x'.repeat(LIMITS.patternChars)}`)).toBe('FIELD_INVALID')
  })

  it('refuses with a code, the field and both places', () => {
    const long = ['x'.repeat(300), `src/${'é'.repeat(200)}`, 'x'.repeat(5_000), 'a/'.repeat(200)]
    for (const input of ['', '  ', 'a\u0000b', 'a\nb', '@a\u001b[31m', 'x\u0085', '\ud800', 'ring-a/x', ...long]) {
      expect(refusal(pathKey(checkout, app, input))).toMatchObject({ code: 'FIELD_INVALID', field: 'scope' })
    }
    expect(code(':(exclude)x')).toBe('PATTERN_INVALID')
    for (const input of ['..', '../x', '/', '/etc/passwd', 'out', 'out/x', `${app}-2/x`, '../../../../../../../../../x', '../the app/../x']) {
      expect(code(input)).toBe('PATH_OUTSIDE')
    }
    const failed = refusal(pathKey(checkout, app, '../elsewhere/x'))
    expect(failed.message).toContain(join(scratch, 'elsewhere/x'))
    expect(failed.message).toContain(app)
    expect(failed.next?.length).toBe(1)
    expect(key('..x/...')).toBe('..x/...')
  })

  it('leaves what is in a submodule to the submodule', () => {
    const library = repository(join(scratch, 'library'))
    const outer = repository(join(scratch, 'outer'))
    git(outer, 'submodule', 'add', '-q', library, 'vendor/library')
    const outerCheckout = checkoutAt(outer)
    const inner = join(outer, 'vendor/library')
    for (const input of ['vendor/library/src/auth/login.ts', 'vendor/library/new/x', 'vendor/library/**']) {
      const failed = refusal(pathKey(outerCheckout, outer, input))
      expect(failed).toMatchObject({ code: 'PATH_OUTSIDE', next: [`cd ${inner}`] })
      expect(failed.message).toContain(inner)
    }
    expect(value(pathKey(outerCheckout, outer, 'vendor/library'))).toBe('vendor/library')
    expect(value(pathKey(outerCheckout, outer, 'vendor/**'))).toBe('vendor/**')
    expect(value(pathKey(checkoutAt(inner), outer, 'vendor/library/src/auth'))).toBe('src/auth')
    expect(refusal(pathKey(checkoutAt(inner), inner, '../x')).code).toBe('PATH_OUTSIDE')
  })

  it('never lets anything out, and is stable: the key of a key from the root is itself', () => {
    const known = ['..', '.', '', 'src', 'source', 'login', 'out', 'dangling', '@x', '[id]', '*', '{a,b}', '\\[', 'st*r', 'é']
    const part = fc.oneof(fc.constantFrom(...known), fc.string({ maxLength: 4 }))
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), fc.constantFrom('/', '\\', '//'), (parts, between) => {
        const first = pathKey(checkout, join(app, 'src'), parts.join(between))
        if (!first.ok) return ['FIELD_INVALID', 'PATTERN_INVALID', 'PATH_OUTSIDE'].includes(first.failure.code)
        const item = first.value
        expect(['path', 'name', 'PATTERN_INVALID']).toContain(parsedAs(item))
        if (item === '') return true
        const again = pathKey(checkout, app, item.startsWith(':') ? `./${item}` : item)
        expect(again).toEqual(first)
        return !item.startsWith('/') && (item.startsWith('@') || item.startsWith('branch:') || !item.split('/').includes('..'))
      }),
      { numRuns: 500 }
    )
  })
})

describe('fileKey', () => {
  it('takes every character as it is', () => {
    expect(value(fileKey(checkout, app, 'app/[id]/page.tsx'))).toBe('app/[id]/page.tsx')
    expect(value(fileKey(checkout, app, 'odd/st*r'))).toBe('odd/st*r')
    expect(value(fileKey(checkout, join(app, 'source'), '@x'))).toBe('src/@x')
    expect(value(fileKey(checkout, scratch, join(scratch, 'link to app/login')))).toBe(LOGIN)
    expect(refusal(fileKey(checkout, app, '../x')).code).toBe('PATH_OUTSIDE')
  })

  it('makes, escaped, what pathKey makes of it, and a scope that covers exactly this path', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-c@*?[\]{},!\\ ]{1,5}$/), { minLength: 1, maxLength: 3 }), names => {
        const path = names.join('/')
        fc.pre(path.trim() !== '')
        const item = escapePath(value(fileKey(checkout, app, path)))
        expect(key(item)).toBe(item)
        expect(value(parseScope(item))).toMatchObject({ type: 'path', literal: path })
      })
    )
  })
})

describe('readSegments', () => {
  it('tells an escape from a separator', () => {
    const sources = (text: string): readonly string[] => readSegments(text).map(({ source }) => source)
    expect(sources('a\\b\\*c')).toEqual(['a', 'b\\*c'])
    expect(sources('{a\\,b,c\\d}\\,e')).toEqual(['{a\\,b,c', 'd}\\,e'])
    expect(sources('[a\\-z/]/x')).toEqual(['[a', '-z', ']', 'x'])
    expect(sources('[a\\-z]\\x')).toEqual(['[a\\-z]', 'x'])
    expect(sources('[]a\\-]/[[]/b')).toEqual(['[]a\\-]', '[[]', 'b'])
    expect(readSegments('a\\*b')[0]).toEqual({ source: 'a\\*b', name: 'a*b', isWild: false })
    expect(sources('a\\')).toEqual(['a', ''])
  })
})

describe('entryName', () => {
  it('gives the name on disk where the file system folds case or normal form', () => {
    expect(entryName(['README.md', 'Src'], 'src')).toBe('Src')
    expect(entryName(['src', 'Src'], 'Src')).toBe('Src')
    expect(entryName(['CAFE\u0301'], 'caf\u00e9')).toBe('CAFE\u0301')
    expect(entryName([], 'x')).toBe('x')
  })
})

describe('looksShellExpanded', () => {
  it('names the deepest folder with more existing paths than anybody types', () => {
    const names = Array.from({ length: LIMITS.shellExpandedPaths + 1 }, (_, index) => `pile/sub/file ${index}`)
    for (const name of names) write(join(app, name))
    expect(looksShellExpanded(names, checkout, app)).toBe('pile/sub')
    expect(looksShellExpanded(names.map(name => name.slice(5)), checkout, join(app, 'pile'))).toBe('pile/sub')
    expect(looksShellExpanded(names.slice(1), checkout, app)).toBeNull()
    expect(looksShellExpanded([...names.slice(1), 'pile/sub/*', '@x', ':/pile'], checkout, app)).toBeNull()
    expect(looksShellExpanded([...names.slice(1), 'src'], checkout, app)).toBe('')
    expect(looksShellExpanded(names.map(name => `${name} not there`), checkout, app)).toBeNull()
    expect(looksShellExpanded([...names.slice(1), ...names.slice(1)], checkout, app)).toBeNull()
  })
})
