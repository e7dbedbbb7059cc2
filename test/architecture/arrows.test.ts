import { describe, expect, it } from 'vitest'
import { layerOf, SOURCES, type Import, type Source } from './source.js'

/** Which layer may import which; docs/architecture.md draws it. */
const ARROWS: ReadonlyMap<string, readonly string[]> = new Map([
  ['core', ['core']],
  ['ports', ['ports', 'core']],
  ['adapters', ['adapters', 'ports', 'core']],
  ['host', ['host', 'ports', 'core']],
  ['control', ['control', 'host', 'ports', 'core']],
  ['cli', ['cli', 'control']],
  // the public table of contents
  ['index.ts', ['core', 'ports', 'adapters', 'host', 'control']]
])

/** Where the program is put together, and nowhere else: these choose the adapters. */
const COMPOSITION: ReadonlySet<string> = new Set(['control/adapters.ts', 'control/assembly.ts'])

const CORE_PACKAGES: ReadonlySet<string> = new Set(['yjs', 'lib0'])

const isAllowed = (source: Source, { file, from }: Import): boolean => {
  const layer = layerOf(source.path)
  if (file === null) return layer !== 'core' || CORE_PACKAGES.has(from.split('/')[0] ?? '')
  if (COMPOSITION.has(source.path) && layerOf(file) === 'adapters') return true
  return ARROWS.get(layer)?.includes(layerOf(file)) === true
}

/** The first loop that can be walked from a file, or null. */
const loopFrom = (start: string, next: ReadonlyMap<string, readonly string[]>): string[] | null => {
  const done = new Set<string>()
  const path: string[] = []
  const walk = (file: string): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return null
    path.push(file)
    for (const each of next.get(file) ?? []) {
      const loop = walk(each)
      if (loop !== null) return loop
    }
    path.pop()
    done.add(file)
    return null
  }
  return walk(start)
}

describe('arrows', () => {
  it('every file lies in a layer that is known', () => {
    expect(SOURCES.map(({ path }) => layerOf(path)).filter(layer => !ARROWS.has(layer))).toEqual([])
  })

  it('imports go one way: cli → control → host → core, adapters → ports; core imports yjs, lib0 and itself', () => {
    const wrong = SOURCES.flatMap(source => source.imports.filter(each => !isAllowed(source, each)).map(({ from }) => `${source.path} imports ${from}`))
    expect(wrong).toEqual([])
  })

  it('the files that put the program together are as many as it takes', () => {
    const reaching = SOURCES.filter(({ path, imports }) => layerOf(path) === 'control' && imports.some(({ file }) => file !== null && layerOf(file) === 'adapters'))
    expect(reaching.map(({ path }) => path)).toEqual([...COMPOSITION].sort())
  })

  it('no import leads back to where it began', () => {
    const next = new Map(SOURCES.map(({ path, imports }) => [path, imports.flatMap(({ file, typeOnly }) => (file === null || typeOnly ? [] : [file]))]))
    expect(SOURCES.map(({ path }) => loopFrom(path, next)).find(loop => loop !== null) ?? null).toBeNull()
  })

  it('what is imported is there, and ends in .js', () => {
    const known = new Set(SOURCES.map(({ path }) => path))
    const wrong = SOURCES.flatMap(({ path, imports }) => imports.filter(({ from, file }) => file !== null && (!from.endsWith('.js') || !known.has(file))).map(({ from }) => `${path}: ${from}`))
    expect(wrong).toEqual([])
  })
})
