import { cp, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openLevelStore } from '../../../src/adapters/level/open.js'
import type { ActId, AuthorId } from '../../../src/core/brand.js'
import { ALICE, BOB, bytesOf, frame, framesOf, NOTHING, scanned } from '../../contract/store.js'
import { StoreFolder } from './folder.js'

const act = (digit: number) => ({ id: `${digit}`.repeat(64) as ActId, bytes: bytesOf(`act ${digit}`) })
const keyOf = (author: string, seq: number): string => `frame!${author}!${seq.toString(16).padStart(16, '0')}`
const damaged = (lines: readonly string[]): string[] => lines.filter(line => line.startsWith('damaged'))

let folder: StoreFolder
beforeEach(async () => {
  folder = await StoreFolder.make()
})
afterEach(() => folder.remove())

const fill = (): Promise<void> =>
  folder.with(async store => {
    await store.commit({ ...NOTHING, frames: framesOf(ALICE, 1, 5), acts: [act(1), act(2)], notes: [{ key: 'n', value: 'v' }] })
    await store.commit({ ...NOTHING, frames: framesOf(BOB, 1, 5), acts: [act(3)], proofs: [{ author: BOB, bytes: bytesOf('proof') }], notes: [{ key: 'n', value: 'w' }] })
  })

const scanNow = (): Promise<string[]> => folder.with(scanned)

describe('values changed behind the back of the store', () => {
  test('each byte of stored frames, acts, notes, proofs and heads, one byte in each value', async () => {
    const count = 120
    const authors = Array.from({ length: count }, (_, index) => `${index.toString(16).padStart(64, 'c')}/${'0'.repeat(24)}` as AuthorId)
    await folder.with(store =>
      store.commit({
        ...NOTHING,
        frames: authors.map(author => frame(author, 1, 'the text of a frame')),
        acts: authors.map((_, index) => ({ id: index.toString(16).padStart(64, '0') as ActId, bytes: bytesOf('act') })),
        proofs: authors.map(author => ({ author, bytes: bytesOf('proof') })),
        notes: authors.map(author => ({ key: author, value: 'note' }))
      })
    )
    const sound = await scanNow()
    expect(sound.length).toBe(4 * count)
    for (const [kind, prefix] of [['frame', 'frame!'], ['act', 'act!'], ['proof', 'proof!'], ['note', 'note!'], ['head', 'head!']] as const) {
      const entries = await folder.raw(db => db.iterator({ gt: prefix, lt: `${prefix}~` }).all())
      expect(entries.length).toBe(count)
      const length = entries[0]?.[1].length ?? 0
      expect(length).toBeLessThan(2 * count)
      const flipped = entries.map(([key, value], index) => ({ type: 'put' as const, key, value: value.map((byte, at) => (at === index % length || at === index + count ? byte ^ (1 << (index % 8)) : byte)) }))
      await folder.raw(db => db.batch(flipped))
      const lines = await scanNow()
      expect(damaged(lines).filter(line => line.includes('is changed')).length, kind).toBe(count)
      expect(lines.filter(line => line.startsWith(kind)), kind).toEqual([])
      expect(sound, kind).toEqual(expect.arrayContaining(lines.filter(line => !line.startsWith('damaged'))))
      await folder.raw(db => db.batch(entries.map(([key, value]) => ({ type: 'put', key, value }))))
    }
    expect(await scanNow()).toEqual(sound)
  })

  test('the root, changed or deleted', async () => {
    await fill()
    const root = await folder.raw(async db => (await db.get('root')) ?? new Uint8Array(0))
    await folder.raw(db => db.put('root', root.map((byte, at) => (at === 20 ? byte ^ 1 : byte))))
    expect(damaged(await scanNow())).toEqual(['damaged - - the entry that counts all others is lost: other losses may not be noticed'])
    await folder.raw(db => db.del('root'))
    const lines = await scanNow()
    expect(damaged(lines).length).toBe(1)
    expect(lines.length).toBe(16)
    await folder.with(store => store.commit({ ...NOTHING, notes: [{ key: 'doubt', value: '1' }] }))
    expect(damaged(await scanNow())).toEqual([])
  })

  test('one frame deleted in the middle is named, frames() ends before it, and committing it again mends it', async () => {
    await fill()
    await folder.raw(db => db.del(keyOf(ALICE, 3)))
    await folder.with(async store => {
      expect(damaged(await scanned(store))).toEqual([`damaged a 3 frame 3 of ${ALICE} is missing`])
      expect((await store.frames(ALICE, 1, { frames: 10, bytes: 1_000 })).map(({ seq }) => seq)).toEqual([1, 2])
      expect((await store.frames(ALICE, 4, { frames: 10, bytes: 1_000 })).map(({ seq }) => seq)).toEqual([4, 5])
      await store.commit({ ...NOTHING, frames: [frame(BOB, 6)] })
    })
    expect(damaged(await scanNow()).length).toBe(1)
    await folder.with(store => store.commit({ ...NOTHING, frames: [frame(ALICE, 3)] }))
    expect(damaged(await scanNow())).toEqual([])
  })

  test('the tail of a log deleted', async () => {
    await fill()
    await folder.raw(db => db.batch([4, 5].map(seq => ({ type: 'del', key: keyOf(ALICE, seq) }))))
    expect(damaged(await scanNow())).toEqual([4, 5].map(seq => `damaged a ${seq} frame ${seq} of ${ALICE} is missing`))
  })

  test('all frames of an author deleted', async () => {
    await fill()
    await folder.raw(db => db.clear({ gt: 'frame!b', lt: 'frame!c' }))
    expect(damaged(await scanNow()).length).toBe(5)
  })

  test('the head entry of an author deleted: its frames are found, its tail is in doubt', async () => {
    await fill()
    await folder.raw(db => db.del('head!00000002'))
    const lines = await scanNow()
    expect(lines.filter(line => line.startsWith('frame b')).length).toBe(5)
    expect(damaged(lines)).toEqual(["damaged - - an author's newest number (row 2) is missing", `damaged b - the newest number of ${BOB} is lost: frames after 5 may be missing`])
    await folder.with(async store => {
      expect((await store.frames(BOB, 1, { frames: 10, bytes: 1_000 })).length).toBe(5)
      await store.commit({ ...NOTHING, frames: [frame(ALICE, 6)] })
    })
    expect((await scanNow()).filter(line => line.startsWith('frame b')).length).toBe(5)
    expect(damaged(await scanNow())).toEqual([])
  })

  test('head entry and tail deleted together', async () => {
    await fill()
    await folder.raw(db => db.batch(['head!00000002', keyOf(BOB, 5)].map(key => ({ type: 'del', key }))))
    expect(damaged(await scanNow()).length).toBe(2)
  })

  test('two values swapped, one moved to another key, one author taken for another', async () => {
    await fill()
    const [third, fourth] = [keyOf(ALICE, 3), keyOf(ALICE, 4)]
    await folder.raw(async db => {
      const [left, right] = await db.getMany([third, fourth])
      await db.batch([
        { type: 'put', key: third, value: right ?? new Uint8Array(0) },
        { type: 'put', key: fourth, value: left ?? new Uint8Array(0) },
        { type: 'put', key: keyOf(BOB, 2), value: (await db.get(keyOf(ALICE, 2))) ?? new Uint8Array(0) }
      ])
    })
    expect(damaged(await scanNow())).toEqual([
      `damaged a 3 frame 3 of ${ALICE} is changed`,
      `damaged a 4 frame 4 of ${ALICE} is changed`,
      `damaged b 2 frame 2 of ${BOB} is changed`
    ])
  })

  test('an act, a note, a proof deleted: reported until the next commit has been able to say so', async () => {
    await fill()
    await folder.raw(db => db.batch(['act!00000002', 'note!00000001', 'proof!00000001'].map(key => ({ type: 'del', key }))))
    const expected = ['a note (row 1)', 'an act (row 2)', 'a fork proof (row 1)'].map(what => `damaged - - ${what} is missing`)
    expect(damaged(await scanNow())).toEqual(expected)
    expect(damaged(await scanNow())).toEqual(expected)
    await folder.with(store => store.commit({ ...NOTHING, acts: [act(2)], notes: [{ key: 'doubt', value: '1' }] }))
    const lines = await scanNow()
    expect(damaged(lines)).toEqual([])
    expect(lines.filter(line => line.startsWith('act')).length).toBe(3)
  })

  test('an older value that comes back', async () => {
    await fill()
    const older = await folder.raw(db => db.getMany(['head!00000001', 'note!00000001']))
    await folder.with(store => store.commit({ ...NOTHING, frames: [frame(ALICE, 6)], notes: [{ key: 'n', value: 'newest' }] }))
    await folder.raw(db => db.batch(['head!00000001', 'note!00000001'].map((key, index) => ({ type: 'put', key, value: older[index] ?? new Uint8Array(0) }))))
    const lines = await scanNow()
    expect(damaged(lines)).toEqual(
      expect.arrayContaining([
        'damaged - - an older state of a note came back',
        "damaged - - an older state of an author's newest number came back",
        `damaged a - the newest number of ${ALICE} is lost: frames after 6 may be missing`
      ])
    )
    expect(lines).toContain('frame a 6 a6')
  })
})

describe('files changed behind the back of the store', () => {
  const database = (): string => join(folder.path, 'frames')
  const find = async (pattern: RegExp): Promise<string> => join(database(), (await readdir(database())).find(name => pattern.test(name)) ?? 'none')
  const largestTable = async (): Promise<{ table: string; bytes: Buffer }> => {
    const tables = (await readdir(database())).filter(name => name.endsWith('.ldb')).map(name => join(database(), name))
    const read = await Promise.all(tables.map(async table => ({ table, bytes: await readFile(table) })))
    return read.reduce((largest, each) => (each.bytes.length > largest.bytes.length ? each : largest))
  }
  const code = async (): Promise<string> => {
    const opened = await openLevelStore(folder.path, { create: true })
    if (opened.ok) {
      const lines = await scanned(opened.value)
      await opened.value.close()
      return damaged(lines).length > 0 ? 'damaged' : 'sound'
    }
    return `${opened.failure.code} ${opened.failure.message.replaceAll(folder.path, 'HOME')}`
  }

  test('what is gone is named, and nothing is begun anew in its place', async () => {
    await fill()
    const lose = async (names: () => Promise<string[]>): Promise<string> => {
      const kept = folder
      folder = await kept.copy()
      try {
        for (const name of await names()) await rm(name, { recursive: true })
        return await code()
      } finally {
        await folder.remove()
        folder = kept
      }
    }
    expect(await lose(async () => [join(database(), 'CURRENT')])).toBe('STORE_DAMAGED the store in HOME lost frames/CURRENT')
    expect(await lose(async () => [await find(/^MANIFEST/)])).toBe('STORE_DAMAGED the store in HOME lost frames/MANIFEST-*')
    expect(await lose(async () => [database()])).toBe('STORE_DAMAGED the store in HOME lost frames/')
    expect(await lose(async () => (await readdir(database())).map(name => join(database(), name)))).toBe('STORE_DAMAGED the store in HOME lost frames/')
    expect(await lose(async () => [join(folder.path, 'store.json')])).toBe('STORE_DAMAGED store.json is missing in HOME: there is no store, or it was lost')
    expect(await lose(async () => [join(folder.path, 'store.json'), join(folder.path, 'tail')])).toMatch(/^STORE_DAMAGED store.json/)
    expect(await lose(async () => [join(folder.path, 'store.json'), join(database(), 'CURRENT')])).toMatch(/^STORE_DAMAGED store.json/)
    expect(await lose(async () => [join(folder.path, 'tail')])).toBe('damaged')
    expect(await lose(async () => [await find(/\.log$/)])).toBe('damaged')
    expect(await lose(async () => [join(database(), 'LOCK')])).toBe('sound')
    expect(await code()).toBe('sound')
    await folder.with(async () => null)
    expect(await lose(async () => [await find(/\.ldb$/)])).toMatch(/^STORE_DAMAGED .*\.ldb/)
  })

  test('each file cut short or emptied', async () => {
    await fill()
    await folder.with(store => store.commit({ ...NOTHING, frames: framesOf(ALICE, 6, 50) }))
    const sound = await folder.copy()
    const before = await sound.with(scanned)
    await sound.remove()
    const kept = folder
    for (const name of await readdir(database())) {
      if (name === 'LOCK' || name.startsWith('LOG')) continue
      const { size } = await stat(join(database(), name))
      for (const length of new Set([0, 1, Math.floor(size / 2), size - 1])) {
        if (length >= size) continue
        folder = await kept.copy()
        try {
          await truncate(join(database(), name), length)
          const opened = await openLevelStore(folder.path, { create: true })
          if (!opened.ok) {
            expect(['STORE_DAMAGED'], name).toContain(opened.failure.code)
            continue
          }
          const lines = await scanned(opened.value)
          await opened.value.close()
          if (damaged(lines).length === 0) expect(lines, `${name} cut to ${length}`).toEqual(before)
        } finally {
          await folder.remove()
          folder = kept
        }
      }
    }
  })

  test('a block of a table: only what lies in it is lost, the rest is read', async () => {
    const noise = (seq: number): string => Array.from({ length: 40 }, (_, index) => (index * seq * 7_919).toString(36)).join('')
    await folder.with(store => store.commit({ ...NOTHING, frames: Array.from({ length: 400 }, (_, index) => frame(index < 200 ? ALICE : BOB, index, noise(index))), acts: [act(1)] }))
    const before = await folder.with(scanned)
    const { table, bytes } = await largestTable()
    for (const at of [20_000, 60_000]) bytes.writeUInt8(bytes.readUInt8(at) ^ 16, at)
    await writeFile(table, bytes)
    for (let round = 0; round < 2; round++) {
      await folder.with(async store => {
        const lines = await scanned(store)
        const lost = lines.filter(line => /^damaged [ab] .* is (unreadable|missing)/.test(line)).map(line => Number(line.split(' ')[2]))
        expect(lost.length).toBeGreaterThan(5)
        expect(lost.length).toBeLessThan(80)
        expect(lines.filter(line => line.startsWith('damaged -'))).toEqual(round === 0 ? [`damaged - - 2 blocks of ${basename(table)} are damaged`] : [])
        expect(lines.filter(line => !line.startsWith('damaged'))).toEqual(before.filter(line => !lost.includes(Number(line.split(' ')[2])) || !line.startsWith('frame')))
        const first = await store.frames(ALICE, 0, { frames: 1_000, bytes: 10_000_000 })
        expect(first.length).toBe(Math.min(...lost))
        expect(await readdir(folder.path)).toEqual(['frames', 'frames.damaged', 'lock', 'store.json', 'tail'])
        expect((await store.frames(ALICE, (lost.find((seq, index) => lost[index + 1] !== seq + 1) ?? 0) + 1, { frames: 3, bytes: 10_000 })).length).toBe(3)
      })
    }
  })

  test('a damaged database is copied; a copying cut short is ended or begun again', async () => {
    const many = (from: number) => Array.from({ length: 100 }, (_, index) => frame(ALICE, from + index, `${from + index} `.repeat(300)))
    await folder.with(store => store.commit({ ...NOTHING, frames: many(0) }))
    await folder.with(async () => null)
    const before = await scanNow()
    await rename(database(), join(folder.path, 'frames.new'))
    expect(await scanNow()).toEqual(before)
    await cp(database(), join(folder.path, 'frames.new'), { recursive: true })
    expect(await scanNow()).toEqual(before)
    expect(await readdir(folder.path)).toEqual(['frames', 'lock', 'store.json', 'tail'])
    const { table, bytes } = await largestTable()
    await writeFile(table, bytes.map((byte, at) => (at < 60_000 && at % 5_000 === 4_000 ? byte ^ 4 : byte)))
    const lost = damaged(await scanNow()).length
    expect(lost).toBeGreaterThan(10)
    await folder.with(async store => {
      for (let from = 100; from < 8_000; from += 100) await store.commit({ ...NOTHING, frames: many(from) })
      await store.commit({ ...NOTHING, frames: many(0) })
    })
    expect(damaged(await scanNow())).toEqual([])
  })

  test('a sentinel of a newer skein, and one that is no sentinel', async () => {
    await fill()
    const path = join(folder.path, 'store.json')
    const text = await readFile(path, 'utf8')
    expect(JSON.parse(text)).toEqual({ version: 1, created: expect.stringMatching(/^20/) })
    await writeFile(path, text.replace('1', '2'))
    expect(await code()).toMatch(/^HOME_NEWER .*store version 2/)
    for (const wrong of ['', '{', 'null', '[]', '{"version":1}', '{"version":"1","created":"x"}', '{"version":0,"created":"x"}']) {
      await writeFile(path, wrong)
      expect(await code()).toMatch(/^STORE_DAMAGED/)
    }
  })
})
