import { cp, mkdir, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openLevelStore } from '../../../src/adapters/level/open.js'
import type { ActId } from '../../../src/core/brand.js'
import { ALICE, BOB, bytesOf, frame, NOTHING, scanned } from '../../contract/store.js'
import { recordCase } from '../../support/cases.js'
import { isLong, roundsOf, timeoutOf, writeLongResult } from '../../support/long.js'
import { seeded } from '../../support/seeded.js'
import { StoreFolder } from './folder.js'

const SEED = Number(process.env.SKEIN_SEED ?? Date.now() % 100_000)
const random = seeded(SEED)
const below = (limit: number): number => Math.floor(random() * limit)

const REFUSALS = new Set(['STORE_DAMAGED', 'HOME_NEWER'])

/** The store as it is to be found, and as it lay at earlier times. */
let folder: StoreFolder
let past: StoreFolder[]
let before: string[]

const text = (index: number): string => `${index} `.repeat(20 + (index % 50))

beforeAll(async () => {
  folder = await StoreFolder.make()
  past = []
  for (let from = 0; from < 180; from += 60) {
    await folder.with(async store => {
      for (let seq = from; seq < from + 60; seq += 5) {
        const frames = [0, 1, 2, 3, 4].map(step => frame(seq % 2 === 0 ? ALICE : BOB, seq + step, text(seq + step)))
        await store.commit({ ...NOTHING, frames, acts: [{ id: `${seq % 9}`.repeat(64) as ActId, bytes: bytesOf(`act ${seq % 9}`) }], notes: [{ key: `k${seq % 7}`, value: `${seq}` }] })
      }
    })
    past.push(await folder.copy())
  }
  const reference = await folder.copy()
  before = await reference.with(scanned)
  await reference.remove()
  expect(before.filter(line => line.startsWith('damaged'))).toEqual([])
}, 60_000)

afterAll(async () => {
  for (const each of [folder, ...past]) await each.remove()
})

type Outcome = 'sound' | 'told' | 'refused' | 'silent'

/** Changes a copy, opens it, and says what came of it: `silent` is a loss that nobody was told of. */
const outcomeOf = async (change: (copy: StoreFolder) => Promise<void>): Promise<Outcome> => {
  const copy = await folder.copy()
  try {
    await change(copy)
    const opened = await openLevelStore(copy.path, { create: true })
    if (!opened.ok) return REFUSALS.has(opened.failure.code) ? 'refused' : 'silent'
    const lines = await scanned(opened.value)
    await opened.value.close()
    const kept = lines.filter(line => !line.startsWith('damaged'))
    if (kept.length < lines.length) return kept.filter(line => line.startsWith('frame')).every(line => before.includes(line)) ? 'told' : 'silent'
    return kept.length === before.length && kept.every((line, index) => line === before[index]) ? 'sound' : 'silent'
  } finally {
    await copy.remove()
  }
}

const filesOf = async (store: StoreFolder): Promise<string[]> => {
  const names = [...(await readdir(join(store.path, 'frames'))).map(name => join('frames', name)), join('lock', 'CURRENT'), 'store.json', 'tail']
  const sizes = await Promise.all(names.map(name => stat(join(store.path, name))))
  return names.filter((name, index) => (sizes[index]?.size ?? 0) > 0 && !/LOG/.test(name))
}

const KINDS: readonly (readonly [string, RegExp, number])[] = [
  ['.ldb', /\.ldb$/, 200],
  ['.log', /\.log$/, 200],
  ['MANIFEST', /MANIFEST/, 200],
  ['CURRENT', /frames\/CURRENT/, 60],
  ['store.json', /store\.json/, 60],
  ['tail', /tail$/, 60],
  ['lock/CURRENT', /lock\/CURRENT/, 20]
]

describe(`one bit flipped anywhere (seed ${SEED})`, () => {
  test.each(KINDS)('in %s: it changes nothing, or the loss is told', async (kind, pattern, usual) => {
    const names = (await filesOf(folder)).filter(name => pattern.test(name))
    // a log that LevelDB has just begun is empty: the one of an earlier time is not
    expect(names.length, kind).toBeGreaterThan(0)
    const counted: Record<Outcome, number> = { sound: 0, told: 0, refused: 0, silent: 0 }
    const rounds = roundsOf(usual, 20_000)
    const silent: string[] = []
    let done = 0
    for (; !rounds.isOver(done); done++) {
      const name = names[below(names.length)] ?? ''
      const [at, bit] = [random(), below(8)]
      const outcome = await outcomeOf(async copy => {
        const path = join(copy.path, name)
        const bytes = await readFile(path)
        const place = Math.floor(at * bytes.length)
        bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << bit), place)
        await writeFile(path, bytes)
      })
      counted[outcome] += 1
      if (outcome === 'silent') silent.push(`${name} at ${at}, bit ${bit}`)
    }
    console.log(`${kind}: ${done} flips: ${JSON.stringify(counted)}`)
    recordCase(16, { test: `test/adapters/level/corruption.test.ts (${kind})`, runs: done, worst: counted.silent, limit: 0, unit: 'lost silently' })
    if (isLong) writeLongResult({ name: `bit flips in ${kind}`, asked: rounds.asked, done, failures: silent.length, worst: counted.silent, unit: 'lost silently' })
    expect(silent).toEqual([])
  }, timeoutOf(120_000))
})

describe('files that were exchanged', () => {
  const expectTold = async (what: string, change: (copy: StoreFolder) => Promise<void>): Promise<Outcome> => {
    const outcome = await outcomeOf(change)
    expect(outcome, what).not.toBe('silent')
    return outcome
  }

  test('every two tables by each other: told', async () => {
    const tables = (await filesOf(folder)).filter(name => name.endsWith('.ldb'))
    expect(tables.length).toBeGreaterThan(1)
    for (const [index, left] of tables.entries()) {
      for (const right of tables.slice(index + 1)) {
        const outcome = await expectTold(`${left} and ${right}`, async copy => {
          await rename(join(copy.path, left), join(copy.path, 'aside'))
          await rename(join(copy.path, right), join(copy.path, left))
          await rename(join(copy.path, 'aside'), join(copy.path, right))
        })
        expect(outcome, `${left} and ${right}`).not.toBe('sound')
      }
    }
  }, 60_000)

  test('each file by the one of its kind from an earlier time, under either name, and the whole database: told, or nothing is missing', async () => {
    const kindOf = (name: string): string => KINDS.find(([, pattern]) => pattern.test(name))?.[0] ?? name
    let runs = 0
    for (const older of past.slice(0, 2)) {
      for (const name of await filesOf(folder)) {
        for (const old of (await filesOf(older)).filter(each => kindOf(each) === kindOf(name))) {
          await expectTold(`${old} of another time as ${name}`, copy => cp(join(older.path, old), join(copy.path, name)))
          await expectTold(`${old} of another time beside the others`, copy => cp(join(older.path, old), join(copy.path, old)))
          runs += 2
        }
      }
      const outcome = await expectTold('the whole database of another time', async copy => {
        await rm(join(copy.path, 'frames'), { recursive: true })
        await cp(join(older.path, 'frames'), join(copy.path, 'frames'), { recursive: true })
      })
      expect(outcome).not.toBe('sound')
      runs += 1
    }
    recordCase(16, { test: 'test/adapters/level/corruption.test.ts (files of another time)', runs, worst: 0, limit: 0, unit: 'lost silently' })
    // what writes that reach the disk out of order leave: some files of a later moment than others
    recordCase(6, { test: 'test/adapters/level/corruption.test.ts', runs, worst: 0, limit: 0, unit: 'lost silently' })
  }, 120_000)
})

describe('each file cut short or taken away', () => {
  test('never opens as empty; what is missing is named; what others give back is kept', async () => {
    let runs = 0
    for (const name of [...(await filesOf(folder)), join('frames', 'LOCK'), join('lock', 'LOCK')]) {
      const size = (await stat(join(folder.path, name))).size
      for (const length of [null, 0, Math.floor(size / 2)]) {
        if (length !== null && length >= size) continue
        const copy = await folder.copy()
        try {
          if (length === null) await rm(join(copy.path, name))
          else await truncate(join(copy.path, name), length)
          const opened = await openLevelStore(copy.path, { create: true })
          runs += 1
          if (!opened.ok) {
            expect([...REFUSALS], `${name} cut to ${length ?? 'nothing'}`).toContain(opened.failure.code)
            continue
          }
          const lines = await scanned(opened.value)
          if (lines.some(line => line.startsWith('damaged'))) {
            // as a host does: what peers hold is committed again
            const given = before.filter(line => line.startsWith('frame')).map(line => {
              const [, author, seq = '0', ...words] = line.split(' ')
              return frame(author === 'a' ? ALICE : BOB, Number(seq), words.join(' '))
            })
            await opened.value.commit({ ...NOTHING, frames: given })
          }
          await opened.value.close()
          const mended = await copy.with(scanned)
          expect(mended.filter(line => line.startsWith('frame')), `${name} cut to ${length ?? 'nothing'}`).toEqual(before.filter(line => line.startsWith('frame')))
          expect(mended.filter(line => line.startsWith('damaged'))).toEqual([])
        } finally {
          await copy.remove()
        }
      }
    }
    recordCase(17, { test: 'test/adapters/level/corruption.test.ts', runs, worst: 0, limit: 0, unit: 'lost' })
  }, 120_000)

  test('an empty folder where a store was is no new store', async () => {
    const copy = await folder.copy()
    await rm(join(copy.path, 'frames'), { recursive: true })
    await mkdir(join(copy.path, 'frames'))
    expect(await openLevelStore(copy.path, { create: true })).toMatchObject({ ok: false, failure: { code: 'STORE_DAMAGED' } })
    await copy.remove()
  })
})
