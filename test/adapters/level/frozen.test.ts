import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { array, assert, asyncProperty, integer, nat, record } from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDatabase } from '../../../src/adapters/level/database.js'
import { FrozenDatabase } from '../../../src/adapters/level/frozen.js'
import { openLevelStore } from '../../../src/adapters/level/open.js'
import { ALICE, frame, framesOf, NOTHING, scanned } from '../../contract/store.js'
import { whyNoSmallDisk } from '../../support/small-disk.js'
import { StoreFolder } from './folder.js'

const ALL = { gte: '', lte: '~' }
const PART = { gte: 'key 010', lte: 'key 030', reverse: true }

const hex = (bytes: Uint8Array | undefined): string | null => (bytes === undefined ? null : Buffer.from(bytes).toString('hex'))

const contentOf = async (database: { iterator(range: typeof ALL & { readonly reverse?: boolean }): AsyncIterable<[string, Uint8Array]> }, range: typeof ALL & { readonly reverse?: boolean } = ALL): Promise<string[]> => {
  const lines: string[] = []
  for await (const [key, value] of database.iterator(range)) lines.push(`${key} ${Buffer.from(value).toString('hex')}`)
  return lines
}

describe('a database read without opening it', () => {
  let folder: StoreFolder
  beforeEach(async () => {
    folder = await StoreFolder.make()
  })
  afterEach(() => folder.remove())

  test('holds what LevelDB itself reads, whatever was written, overwritten, deleted and compacted, in logs and tables', async () => {
    const write = record({ key: integer({ min: 0, max: 60 }), bytes: nat({ max: 60_000 }), kind: integer({ min: 0, max: 9 }) })
    let run = 0
    await assert(
      asyncProperty(array(array(write, { maxLength: 12 }), { minLength: 1, maxLength: 4 }), async openings => {
        const path = join(folder.path, `${run++}`)
        execFileSync('mkdir', ['-p', path])
        for (const writes of openings) {
          const db = await openDatabase(path, true)
          for (const { key, bytes, kind } of writes) {
            const name = `key ${String(key).padStart(3, '0')}`
            if (kind === 0) await Reflect.get(db, 'compactRange').call(db, '', '~')
            else if (kind < 3) await db.del(name)
            else await db.batch([{ type: 'put', key: name, value: new Uint8Array(bytes).fill(key) }, { type: 'put', key: 'root', value: Uint8Array.of(kind) }])
          }
          await db.close()
          const before = await readdir(path)
          const frozen = await FrozenDatabase.read(path)
          const found = await contentOf(frozen)
          const backwards = await contentOf(frozen, PART)
          const newest = await Promise.all(['key 003', 'root'].map(key => frozen.get(key).then(hex)))
          const keys: string[] = []
          for await (const key of frozen.keys({ gt: 'key 010', lt: 'key 020', reverse: true, limit: 3 })) keys.push(key)
          await frozen.close()
          expect((await readdir(path)).toSorted()).toEqual(before.toSorted())
          const real = await openDatabase(path, false)
          expect(found).toEqual(await contentOf(real))
          expect(backwards).toEqual(await contentOf(real, PART))
          expect(newest).toEqual(await Promise.all(['key 003', 'root'].map(key => real.get(key).then(hex))))
          expect(keys).toEqual(await real.keys({ gt: 'key 010', lt: 'key 020', reverse: true, limit: 3 }).all())
          await real.close()
        }
      }),
      { numRuns: 25 }
    )
  })

  test('a store of it reads as the store does, refuses what is written, and a lost byte is told', async () => {
    await folder.with(async store => {
      for (let from = 0; from < 400; from += 40) await store.commit({ ...NOTHING, frames: framesOf(ALICE, from, 40), notes: [{ key: 'n', value: `${from}` }] })
    })
    const before = await folder.with(scanned)
    const database = join(folder.path, 'frames')
    const frozen = await FrozenDatabase.read(database)
    expect((await contentOf(frozen)).length).toBe(400 + 3)
    await frozen.close()
    const tables = (await readdir(database)).filter(name => name.endsWith('.ldb'))
    const sizes = await Promise.all(tables.map(async name => (await stat(join(database, name))).size))
    const largest = join(database, tables[sizes.indexOf(Math.max(...sizes))] ?? '')
    const bytes = await readFile(largest)
    bytes.writeUInt8(bytes.readUInt8(5_000) ^ 1, 5_000)
    await writeFile(largest, bytes)
    const torn = await FrozenDatabase.read(database)
    expect((await contentOf(torn)).length).toBeLessThan(400)
    await torn.close()
    expect(before.length).toBe(401)
  })
})

const noDisk = whyNoSmallDisk()

describe.skipIf(noDisk !== null)(`a disk that takes nothing${noDisk === null ? '' : ` (skipped: ${noDisk})`}`, () => {
  let disk: string
  const mount = (...options: string[]): void => void execFileSync('mount', ['-t', 'tmpfs', ...options, 'tmpfs', disk])
  beforeEach(async () => {
    disk = await mkdtemp(join(tmpdir(), 'skein-disk-'))
    mount('-o', 'size=8m')
  })
  afterEach(async () => {
    execFileSync('umount', ['-l', disk])
    await rm(disk, { recursive: true })
  })
  const path = (): string => join(disk, 'store')

  test.each(['full', 'read-only'] as const)('%s: it is read, and nothing on it changes; who wants to write is told why', async how => {
    const made = await openLevelStore(path(), { create: true, minFreeBytes: 0 })
    if (!made.ok) throw new Error(made.failure.message)
    await made.value.commit({ ...NOTHING, frames: framesOf(ALICE, 1, 50), notes: [{ key: 'a', value: 'b' }] })
    const before = await scanned(made.value)
    await made.value.close()
    if (how === 'full') await writeFile(join(disk, 'filler'), new Uint8Array(9_000_000)).catch((error: unknown) => expect(error).toMatchObject({ code: 'ENOSPC' }))
    else mount('-o', 'remount,ro')
    const code = how === 'full' ? 'DISK_FULL' : 'HOME_UNWRITABLE'
    expect(await openLevelStore(path(), { create: false })).toMatchObject({ ok: false, failure: { code } })
    const listing = async (): Promise<string[]> => (await readdir(path(), { recursive: true })).toSorted()
    const files = await listing()
    const opened = await openLevelStore(path(), { create: false, orRead: true })
    if (!opened.ok) throw new Error(opened.failure.message)
    expect(opened.value.fence).toMatchObject({ code })
    expect(await scanned(opened.value)).toEqual(before)
    expect((await opened.value.frames(ALICE, 10, { frames: 5, bytes: 10_000 })).map(({ seq }) => seq)).toEqual([10, 11, 12, 13, 14])
    await expect(opened.value.commit({ ...NOTHING, frames: [frame(ALICE, 51)] })).rejects.toMatchObject({ code })
    await opened.value.close()
    expect(await listing()).toEqual(files)
    if (how === 'full') await rm(join(disk, 'filler'))
    else mount('-o', 'remount,rw')
    const again = await openLevelStore(path(), { create: false, minFreeBytes: 0 })
    if (!again.ok) throw new Error(again.failure.message)
    expect(await scanned(again.value)).toEqual(before)
    await again.value.close()
  })
})
