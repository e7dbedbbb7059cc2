import { describe, expect, it } from 'vitest'
import { covers, overlap, overlapsAny } from '../../../../src/core/coordination/scope/index.js'
import { matcherOf } from './matcher.js'
import { scope } from './parsed.js'
import { publishedRows } from './table.js'

/** Two scopes, and a path that both cover, or `—`. */
const PAIRS = publishedRows(['one', 'other', 'both cover'])

describe('overlap, as docs/scopes.md says it', () => {
  it.each(PAIRS)('%j and %j: %j', (left = '', right = '', shown = '') => {
    const witness = shown === '—' ? null : shown
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
