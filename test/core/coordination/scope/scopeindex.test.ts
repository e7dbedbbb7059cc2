import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ScopeIndex, overlap } from '../../../../src/core/coordination/scope/index.js'
import { scope } from './parsed.js'

const segment = fc.constantFrom('a', 'b', '*', 'a*', '**', '{a,b}', 'c', 'a.c', '*.c', '{a,*}.c', '{*.b,x.ab}.c')
const text = fc.oneof({ weight: 8, arbitrary: fc.tuple(fc.array(segment, { maxLength: 4 }), fc.constantFrom('', '', '/')).map(([segments, end]) => (segments.length === 0 ? '' : segments.join('/') + end)) }, { weight: 1, arbitrary: fc.constantFrom('@x', '@y', 'branch:x') })
const entry = fc.record({ repository: fc.constantFrom('r1', 'r2'), text, value: fc.integer({ min: 0, max: 8 }) })
const change = fc.record({ adds: fc.boolean(), entry })

describe('ScopeIndex', () => {
  it('finds with overlap exactly what a scan finds, after any changes', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), entry, (changes, asked) => {
        const index = new ScopeIndex<number>()
        const live = new Map<string, { readonly repository: string; readonly text: string; readonly value: number }>()
        for (const { adds, entry } of changes) {
          if (adds) index.add(entry.repository, scope(entry.text), entry.value)
          else index.remove(entry.repository, scope(entry.text), entry.value)
          const key = JSON.stringify([entry.repository, entry.text, entry.value])
          if (adds) live.set(key, entry)
          else live.delete(key)
        }
        const candidates = [...index.candidates(asked.repository, scope(asked.text))]
        expect(new Set(candidates).size).toBe(candidates.length)
        const here = [...live.values()].filter(({ repository }) => repository === asked.repository)
        const overlapping = here.filter((each) => overlap(scope(each.text), scope(asked.text)) !== null)
        expect(candidates).toEqual(expect.arrayContaining([...new Set(overlapping.map(({ value }) => value))]))
        expect(here.map(({ value }) => value)).toEqual(expect.arrayContaining(candidates))
      }),
      { numRuns: 1_000 }
    )
  })

  it('looks at what lies on the way and below only, and at equal names', () => {
    const index = new ScopeIndex<string>()
    for (let count = 0; count < 10_000; count++) index.add('r', scope(`src/part${count % 100}/file${count}.ts`), `${count}`)
    for (const wide of ['', 'src/*/x', 'src/part7/**', '@x', '@y']) index.add('r', scope(wide), wide)
    expect(new Set(index.candidates('r', scope('src/part7/file7.ts')))).toEqual(new Set(['', 'src/*/x', 'src/part7/**', '7']))
    expect([...index.candidates('r', scope('src/part8/*'))].length).toBe(102)
    expect(new Set(index.candidates('r', scope('src/*/file7.ts')))).toEqual(new Set(['', 'src/*/x', 'src/part7/**', '7']))
    expect([...index.candidates('r', scope('@x'))]).toEqual(['@x'])
    expect([...index.candidates('other', scope(''))]).toEqual([])
    expect([...index.candidates('r', scope(''))].length).toBe(10_003)
  })

  it('keeps a value that stands under two scopes until both are gone', () => {
    const index = new ScopeIndex<string>()
    for (const each of ['src/*.ts', 'src/*.js']) index.add('r', scope(each), 'claim')
    index.remove('r', scope('src/*.ts'), 'claim')
    expect([...index.candidates('r', scope('src'))]).toEqual(['claim'])
    index.remove('r', scope('src/*.js'), 'claim')
    index.remove('r', scope('src/*.js'), 'claim')
    expect([...index.candidates('r', scope('src'))]).toEqual([])
  })
})
