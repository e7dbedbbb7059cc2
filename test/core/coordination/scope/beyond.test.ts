import { describe, expect, it } from 'vitest'
import { overlapBeyond } from '../../../../src/core/coordination/scope/index.js'
import { matcherOf, pathsUpTo } from './matcher.js'
import { drawsFrom, scope } from './parsed.js'

const SYMBOLS = ['a', 'b', '.', '/', '*', '**', '?', '[ab]', '{a,b}'] as const
const PATHS = pathsUpTo(5, ['a', 'b', '.', '/'])

const beyond = (left: string, right: string, ...others: string[]) => overlapBeyond(scope(left), scope(right), others.map(scope))?.witness ?? null

describe('an overlap beyond what is left out', () => {
  it.each([
    ['src', 'src/a', [], 'src/a'],
    ['src', 'src/a', ['src/b'], 'src/a'],
    ['src', 'src/a', ['src/a'], null],
    ['src', 'src/a', ['**/a'], null],
    ['package-lock.json', '**', ['**/package-lock.json'], null],
    ['**', '**', ['**/package-lock.json'], ''],
    ['yarn*', '*lock', ['yarnlock'], expect.stringMatching(/^yarn.+lock$/)],
    ['[p]ackage-lock.jso?', 'package-loc?.json', ['**/package-lock.json'], null],
    ['a*', '*b', ['a*b'], null],
    ['a.js/', 'a.js/', ['a.js'], expect.stringMatching(/^a\.js\/./)],
    ['a.js/', 'a.js', ['a.js'], null],
    ['{a,b}/x', '*/x', ['a/x'], 'b/x'],
    ['{a,b}/x', '*/x', ['a', 'b/*'], null],
    ['@name', '@name', ['**'], '@name'],
    ['a', 'b', [], null]
  ])('of %s and %s without %j is %s', (left, right, others, witness) => {
    expect(beyond(left, right, ...others)).toEqual(witness)
    expect(beyond(right, left, ...others)).toEqual(witness)
  })

  it('agrees with trying every short path, in both directions', () => {
    const seed = 4_711
    const draw = drawsFrom(seed)
    const pattern = (): string => {
      for (;;) {
        const text = Array.from({ length: 1 + draw(4) }, () => SYMBOLS[draw(SYMBOLS.length)] ?? 'a').join('')
        try {
          scope(text)
          return text
        } catch {
          continue
        }
      }
    }
    const wrong: unknown[] = []
    let [none, some] = [0, 0]
    for (let run = 0; run < 1_500; run++) {
      const [left, right] = [pattern(), pattern()]
      const others = Array.from({ length: draw(4) }, pattern)
      const [inLeft, inRight] = [matcherOf(left), matcherOf(right)]
      const outside = others.map(matcherOf)
      const holds = (path: string): boolean => inLeft(path) && inRight(path) && !outside.some(matches => matches(path))
      const found = beyond(left, right, ...others)
      if (found === null ? PATHS.some(holds) : !holds(found)) wrong.push([left, right, others, found])
      if (found === null) none += 1
      else some += 1
    }
    expect(wrong, `seed ${seed}`).toEqual([])
    expect(Math.min(none, some)).toBeGreaterThan(200)
  })
})
