import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { array, assert, constantFrom, integer, nat, property, uint8Array } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { damagedParts } from '../../../src/adapters/level/blocks.js'
import { crc32c } from '../../../src/adapters/level/crc32c.js'
import { decodeHeld, encodeHeld } from '../../../src/adapters/level/held.js'
import { addRunTo, addToRuns, countRuns, runAt, takeFromRuns, withinRuns } from '../../../src/core/replication/runs.js'
import type { Runs } from '../../../src/core/replication/runs.js'
import { seal, unseal } from '../../../src/adapters/level/sealed.js'
import { ALICE, BOB, framesOf, NOTHING } from '../../contract/store.js'
import { StoreFolder } from './folder.js'

describe('crc32c', () => {
  test('the vectors of RFC 3720 B.4', () => {
    const of = (bytes: Uint8Array): string => crc32c(Buffer.from(bytes)).toString(16).padStart(8, '0')
    expect(of(new Uint8Array(32))).toBe('8a9136aa')
    expect(of(new Uint8Array(32).fill(255))).toBe('62a8ab43')
    expect(of(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe('46dd794e')
    expect(of(Uint8Array.from({ length: 32 }, (_, index) => 31 - index))).toBe('113fdb5c')
    expect(of(Buffer.from('123456789'))).toBe('e3069283')
  })
})

describe('damagedParts', () => {
  test('LevelDB’s own tables are sound; each flipped bit before the footer is found', async () => {
    const folder = await StoreFolder.make()
    try {
      for (const from of [0, 500]) await folder.with(store => store.commit({ ...NOTHING, frames: [...framesOf(ALICE, from, 500), ...framesOf(BOB, from, 20)] }))
      await folder.with(async () => null)
      const database = join(folder.path, 'frames')
      const tables = await Promise.all((await readdir(database)).filter(name => name.endsWith('.ldb')).map(name => readFile(join(database, name))))
      expect(tables.length).toBeGreaterThan(0)
      for (const table of tables) expect(damagedParts(table)).toEqual([])
      assert(
        property(constantFrom(...tables), nat(), nat({ max: 7 }), (table, at, bit) => {
          const flipped = Buffer.from(table)
          const place = at % (table.length - 48)
          flipped.writeUInt8(flipped.readUInt8(place) ^ (1 << bit), place)
          expect(damagedParts(flipped).length).toBe(1)
        }),
        { numRuns: 300 }
      )
      assert(
        property(constantFrom(...tables), nat(), (table, length) => {
          expect(damagedParts(table.subarray(0, length % table.length)).length).toBe(1)
        })
      )
    } finally {
      await folder.remove()
    }
  })

  test('no bytes make it throw', () => {
    const magic = Buffer.from('57fb808b247547db', 'hex')
    assert(property(uint8Array({ maxLength: 400 }), bytes => Array.isArray(damagedParts(Buffer.concat([bytes, magic])))))
  })
})

describe('sealed values', () => {
  test('any changed byte, cut or other key is seen', () => {
    assert(
      property(uint8Array({ maxLength: 200 }), nat(), integer({ min: 1, max: 255 }), (bytes, at, change) => {
        const { stored } = seal('key', bytes)
        expect(unseal('key', stored)?.bytes).toEqual(bytes)
        expect(unseal('kex', stored)).toBe(null)
        expect(unseal('key', stored.subarray(0, at % stored.length))).toBe(null)
        expect(unseal('key', stored.map((byte, index) => (index === at % stored.length ? byte ^ change : byte)))).toBe(null)
      })
    )
  })
})

const numbersIn = (runs: Runs): number[] => runs.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, index) => first + index))

describe('runs', () => {
  test('ranges are added, taken away and cut out as the numbers in them are', () => {
    assert(
      property(array(nat({ max: 30 })), nat({ max: 30 }), nat({ max: 10 }), (numbers, from, length) => {
        const runs = numbers.reduce<Runs>(addToRuns, [])
        const range = Array.from({ length: length + 1 }, (_, index) => from + index)
        const added = addRunTo(runs, { first: from, last: from + length })
        expect(added).toEqual([...numbers, ...range].reduce<Runs>(addToRuns, []))
        expect(countRuns(added)).toBe(new Set([...numbers, ...range]).size)
        expect(numbersIn(takeFromRuns(runs, from, from + length))).toEqual(numbersIn(runs).filter(number => number < from || number >= from + length))
        expect(numbersIn(withinRuns(runs, from, from + length))).toEqual(numbersIn(runs).filter(number => number >= from && number < from + length))
      })
    )
  })

  test('hold the numbers that were added, in rising order, apart from each other', () => {
    assert(
      property(array(nat({ max: 30 })), numbers => {
        const runs = numbers.reduce<Runs>(addToRuns, [])
        const held = runs.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, index) => first + index))
        expect(held).toEqual([...new Set(numbers)].toSorted((left, right) => left - right))
        for (const [index, { first }] of runs.entries()) expect(first).toBeGreaterThan((runs[index - 1]?.last ?? -2) + 1)
        expect(decodeHeld(encodeHeld({ runs, start: 3 }))).toEqual({ runs, start: 3 })
        for (let number = 0; number <= 31; number++) expect(runAt(runs, number) !== null).toBe(held.includes(number))
      })
    )
  })
})
