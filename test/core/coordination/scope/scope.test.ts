import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { covers, coversScope, escapePath, overlap, parseScope, prefixOf, scopeOf } from '../../../../src/core/coordination/scope/index.js'
import { LIMITS } from '../../../../src/core/limits.js'
import { isCanonical } from './matcher.js'
import { fault, scope } from './parsed.js'
import { publishedRows } from './table.js'

describe('parseScope', () => {
  it.each([
    ['src/[ab', 5, 'the class that begins here is never closed'],
    ['[]', 1, 'the class that begins here is never closed'],
    ['[!', 1, 'the class that begins here is never closed'],
    ['a{b,c', 2, 'the brace that begins here is never closed'],
    ['a{b,{c}', 2, 'the brace that begins here is never closed'],
    ['a\\', 2, 'a backslash at the end escapes nothing'],
    ['[a\\', 3, 'a backslash at the end escapes nothing'],
    ['a\\/b', 2, 'a / cannot be escaped'],
    ['[z-a]', 2, 'the range that begins here runs backwards'],
    ['x[a/b]', 4, 'a class cannot hold a /'],
    ['[!\\ -\u{10ffff}]', 1, 'the class that begins here matches no character'],
    ['[[:alpha:]]', 2, expect.stringContaining('[a-z0-9]')],
    ['{1..3}', 1, expect.stringContaining('{1,2,3}')],
    ['/src', 1, 'a scope begins at the repository root, without a /'],
    ['/', 1, 'a scope begins at the repository root, without a /'],
    ['a//b', 3, 'an empty segment'],
    ['a//', 3, 'an empty segment'],
    ['{a,}/b', 5, 'a scope begins at the repository root, without a /'],
    ['./a', 1, 'no path has a . or .. segment'],
    ['a/../b', 3, 'no path has a . or .. segment'],
    ['a/{.,b}', 4, 'no path has a . or .. segment'],
    ['[.][.]/b', 1, 'no path has a . or .. segment'],
    ['a\0b', 2, 'a control character, or half of a character'],
    ['@a\nb', 3, 'a control character, or half of a character'],
    ['a\ud800', 2, 'a control character, or half of a character'],
    ['@', 2, 'a name follows @'],
    ['branch:', 8, 'a name follows branch:'],
    ['a'.repeat(257), 257, 'longer than 256 characters'],
    ['*a'.repeat(17), 33, 'more than 16 wildcards'],
    [`{1,*}{2,*}{3,*}{4,*}{5,*}{6,*}${'a'.repeat(226)}`, 1, 'the braces give too many different places'],
    ['./src', 1, 'no path has a . or .. segment'],
    ['{a,b}'.repeat(7), 1, 'the braces give more than 64 alternatives'],
    [`${'{'.repeat(100)}${',}'.repeat(60)}`, 40, 'the brace that begins here is never closed']
  ])('%j: character %i, %s', (text, position, reason) => {
    expect(fault(text)).toEqual({ position, reason })
  })

  it('counts characters and not code units', () => {
    expect(fault('😀[')).toEqual({ position: 2, reason: 'the class that begins here is never closed' })
    expect(parseScope('😀'.repeat(256)).ok).toBe(true)
    expect(fault('😀'.repeat(257)).position).toBe(257)
  })

  it('answers anything with a scope or PATTERN_INVALID', () => {
    const syntax = fc.string({ unit: fc.constantFrom('a', '/', '*', '?', '[', ']', '!', '-', '{', '}', ',', '\\', '.', '@', '\n'), maxLength: 40 })
    fc.assert(
      fc.property(fc.oneof(syntax, fc.string({ unit: 'binary', maxLength: 40 })), (text) => {
        const parsed = parseScope(text)
        if (parsed.ok) expect(overlap(parsed.value, parsed.value)).not.toBeNull()
        else expect(parsed.failure.code).toBe('PATTERN_INVALID')
      }),
      { numRuns: 2_000 }
    )
  })

  it.each([
    ['src/auth/login.ts', ['src', 'auth', 'login.ts']],
    ['src/auth/', ['src', 'auth']],
    ['src/**', ['src']],
    ['src/*/x', ['src']],
    ['src/a*/x', ['src']],
    ['src/{a,b}/x', ['src']],
    ['{src/a,src/b}/x', ['src']],
    ['{src/a,src}', ['src']],
    ['{src,lib}', []],
    ['src/\\*', ['src', '*']],
    ['**/src', []],
    ['', []],
    ['@deploy', []]
  ])('prefix of %j: %j', (text, prefix) => {
    expect(prefixOf(scope(text))).toEqual(prefix)
  })
})

describe('coversScope, as docs/scopes.md says it', () => {
  it.each(publishedRows(['outer', 'inner', '']))('%j and %j: %s', (outer = '', inner = '', said) => {
    expect(coversScope(scope(outer), scope(inner)) ? 'covers' : 'does not').toBe(said)
  })

  it('says no where it would have to look for too long', () => {
    expect(coversScope(scope('*a?????????????'), scope('*[ab]a?????????????'))).toBe(false)
  })
})

describe('escapePath', () => {
  it('gives the scope of exactly one path', () => {
    const odd = fc.array(fc.string({ unit: fc.constantFrom('a', '*', '?', '[', ']', '{', '}', ',', '\\', '!', '.', '@', 'branch:', 'é'), minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 3 })
      .map((segments) => segments.join('/'))
      .filter(isCanonical)
    fc.assert(
      fc.property(odd, odd, (path, other) => {
        const exact = scope(escapePath(path))
        const isFile = /[^.]\.[^.][^/]*$/.test(path)
        expect(exact).toMatchObject({ type: 'path', literal: path })
        expect(covers(exact, other)).toBe(other === path || (!isFile && other.startsWith(`${path}/`)))
        const folder = scope(escapePath(path, true))
        expect(folder).toMatchObject({ type: 'path', literal: path, withBelow: true })
        expect(covers(folder, `${path}/${other}`)).toBe(true)
      })
    )
  })
})

describe('scopeOf', () => {
  it('parses a text once, keeps a bounded number, and no failures', () => {
    const first = scopeOf('src/cached/*.ts')
    expect(scopeOf('src/cached/*.ts')).toEqual(first)
    if (!first.ok) throw new Error(first.failure.message)
    const again = scopeOf('src/cached/*.ts')
    expect(again.ok && again.value === first.value).toBe(true)
    for (let count = 0; count < LIMITS.scopesCached; count++) scopeOf(`other/${count}`)
    const later = scopeOf('src/cached/*.ts')
    expect(later.ok && later.value !== first.value).toBe(true)
    expect(scopeOf('[')).toEqual(parseScope('['))
  })
})
