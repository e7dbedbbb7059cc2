import { describe, expect, it } from 'vitest'
import { covers, overlap, overlapsAny } from '../../../../src/core/coordination/scope/index.js'
import { matcherOf } from './matcher.js'
import { scope } from './parsed.js'

/** Two scopes, and a path that both cover, or null. */
const PAIRS: readonly (readonly [left: string, right: string, witness: string | null])[] = [
  // literals cover all below
  ['src', 'src', 'src'],
  ['src', 'src/', 'src'],
  ['src', 'srcx', null],
  ['src', 'src/auth', 'src/auth'],
  ['src/', 'src/auth/login.ts', 'src/auth/login.ts'],
  ['src/auth', 'src/api', null],
  ['src/a', 'src/ab', null],
  ['Src', 'src', null],
  ['README', 'readme', null],
  ['a b/c', 'a b', 'a b/c'],
  // the root
  ['', '', ''],
  ['', 'src/auth/login.ts', 'src/auth/login.ts'],
  ['', '*', 'x'],
  ['', '**', ''],
  ['', '**/*.ts', 'x.ts'],
  ['', '[!a]', 'x'],
  ['', '@deploy', null],
  // **
  ['**', 'src', 'src'],
  ['**', '**/*.ts', 'x.ts'],
  ['**/*.ts', 'src/**', 'src/x.ts'],
  ['**/*.ts', 'src', 'src/x.ts'],
  ['**/*.ts', '**/*.js', 'x.ts/x.js'],
  ['src/**', 'src', 'src'],
  ['src/**', 'lib/**', null],
  ['src/**/test', 'src/test', 'src/test'],
  ['src/**/test', 'src/a/b', 'src/a/b/test'],
  ['src/**/test', 'src/*/unit', 'src/test/unit'],
  ['a/**/b', 'a/c/*', 'a/c/b'],
  ['a/**/b/c', '**/b/d', 'a/b/c/b/d'],
  ['**/x', '**/y', 'y/x'],
  ['**/**/x', 'x', 'x'],
  ['a**b', 'ab', 'ab'],
  ['a**b', 'a/b', null],
  ['src**', 'src/a', 'src/a'],
  // *
  ['*', 'src', 'src'],
  ['*', '.github', '.github'],
  ['*.ts', 'src', null],
  ['src/a/b', '*/?/*/d', 'src/a/b/d'],
  ['src/a/b', '*/?/.*', null],
  ['src/a', '*/?/.*', 'src/a/.x'],
  ['src/a', '*/?/[.]?', 'src/a/.x'],
  ['*.ts', 'src/*.ts', null],
  ['*.ts', '*.test.ts', 'x.test.ts'],
  ['*.ts', '*.tsx', null],
  ['*.ts', '.ts', '.ts'],
  ['src/*', 'src/a/b.ts', 'src/a/b.ts'],
  ['src/*', 'src', 'src/x'],
  ['src/auth/*', 'src/*/login.ts', 'src/auth/login.ts'],
  ['src/*/index.ts', 'src/auth/*.ts', 'src/auth/index.ts'],
  ['src/*/index.ts', 'src/index.ts', 'src/index.ts/index.ts'],
  ['a*', '*b', 'ab'],
  ['a*b', 'b*a', null],
  ['a*b*c', '*x*', 'abxc'],
  ['*/b', 'a/*', 'a/b'],
  ['*/*/c', 'a/b', 'a/b/c'],
  ['ab*ba', 'aba', null],
  ['ab*ba', 'ab?ba', 'abxba'],
  // ?
  ['?', 'a', 'a'],
  ['?', 'ab', null],
  ['a?c', 'a/c', null],
  ['src/?.ts', 'src/*.ts', 'src/x.ts'],
  ['??', '..a', null],
  ['?', '😀', '😀'],
  // classes
  ['[abc]', 'b', 'b'],
  ['[abc]', 'd', null],
  ['[a-f]', '[e-z]', 'e'],
  ['[a-f]', '[g-z]', null],
  ['[!a]', 'a', null],
  ['[^a]', '[!b]', 'x'],
  ['[!a-z]', '[!A-Z]', '0'],
  ['[]]', ']', ']'],
  ['[a-]', '-', '-'],
  ['[+-9]', '?', '0'],
  ['[.]a', '?a', '.a'],
  ['v[0-9].[0-9]', 'v1.*', 'v1.0'],
  ['[а-я]', 'ж', 'ж'],
  // braces
  ['{a,b}', 'b', 'b'],
  ['{a,b}', 'c', null],
  ['src/{api,web}/**', 'src/web/app.ts', 'src/web/app.ts'],
  ['src/{api,web}/*.ts', 'src/*/x.{js,ts}', 'src/api/x.ts'],
  ['{src,lib}', '{lib,test}', 'lib'],
  ['{a,{b,c}d}/x', 'cd', 'cd/x'],
  ['src{,/**/test}/x', 'src/a/test', 'src/a/test/x'],
  ['{,a}', 'zzz', 'zzz'],
  ['{*,a}{*,b}/x', 'p/q', 'p/q/x'],
  ['{{name}}', '{{name}}/x', '{{name}}/x'],
  // escapes, and what is no wildcard
  ['\\*', '*', '*'],
  ['\\*', 'a', null],
  ['app/\\[id\\]', 'app/*', 'app/[id]'],
  ['app/[id]', 'app/\\[id\\]', null],
  ['a\\bc', 'abc', 'abc'],
  ['?(a)', 'a', null],
  ['!(a)', 'b', null],
  ['+(a)', '+(a)', '+(a)'],
  // names
  ['@deploy', '@deploy', '@deploy'],
  ['@deploy', '@deploy2', null],
  ['@deploy', '@*', null],
  ['branch:refs/heads/x', 'branch:refs/heads/x', 'branch:refs/heads/x'],
  ['branch:refs/heads/x', 'branch:refs/heads', null],
  ['@deploy', './@deploy', null],
  ['./@deploy', '*', '@deploy'],
  ['./branch:x/**', '\\branch:x/y', 'branch:x/y']
]

describe('overlap', () => {
  it.each(PAIRS)('%j and %j: %j', (left, right, witness) => {
    const [one, other] = [scope(left), scope(right)]
    expect(overlap(one, other)?.witness ?? null).toBe(witness)
    expect(overlap(other, one)?.witness ?? null).toBe(witness)
    if (witness === null || one.type === 'name') return
    expect([covers(one, witness), covers(other, witness)]).toEqual([true, true])
    const plain = (text: string): string => text.replace(/^\.\//, '')
    expect([matcherOf(plain(left))(witness), matcherOf(plain(right))(witness)]).toEqual([true, true])
  })

  it('has a table of at least 60 pairs', () => {
    expect(PAIRS.length).toBeGreaterThanOrEqual(60)
  })

  it('finds the first pair of two lists', () => {
    const [api, tests, web] = [scope('src/api'), scope('**/*.test.ts'), scope('src/web')]
    expect(overlapsAny([api, tests], [web])).toEqual({ left: tests, right: web, witness: 'src/web/x.test.ts' })
    expect(overlapsAny([api], [web])).toBeNull()
    expect(overlapsAny([], [web])).toBeNull()
  })
})
