import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openLevelStore } from '../../../src/adapters/level/open.js'
import { ALICE, frame, framesOf, NOTHING, scanned } from '../../contract/store.js'
import { recordCase } from '../../support/cases.js'
import { whyNoSmallDisk } from '../../support/small-disk.js'
import { StoreFolder } from './folder.js'

const isRoot = process.getuid?.() === 0

const whyNoDisk = whyNoSmallDisk()

describe('too little room', () => {
  let folder: StoreFolder
  beforeEach(async () => {
    folder = await StoreFolder.make()
  })
  afterEach(() => folder.remove())

  test('below the limit the first commit is refused with DISK_FULL before anything is written, and fences; reads go on', async () => {
    await folder.with(store => store.commit({ ...NOTHING, frames: framesOf(ALICE, 1, 3) }))
    await folder.with(
      async store => {
        const refusals = await Promise.all([4, 5].map(seq => store.commit({ ...NOTHING, frames: [frame(ALICE, seq)] }).catch((reason: unknown) => reason)))
        refusals.push(await store.commit(NOTHING).catch((reason: unknown) => reason))
        expect(refusals[0]).toMatchObject({ code: 'DISK_FULL', message: expect.stringMatching(/only \d+ MiB are free/) })
        expect(new Set(refusals).size).toBe(1)
        expect((await store.frames(ALICE, 1, { frames: 9, bytes: 999 })).length).toBe(3)
        expect((await scanned(store)).length).toBe(3)
      },
      { minFreeBytes: Number.MAX_SAFE_INTEGER }
    )
    await folder.with(async store => {
      await store.commit({ ...NOTHING, frames: [frame(ALICE, 4)] })
      expect(await scanned(store)).toEqual([1, 2, 3, 4].map(seq => `frame a ${seq} a${seq}`))
    })
  })

  test.skipIf(isRoot)('a folder that cannot be written is HOME_UNWRITABLE (skipped for root, who can)', async () => {
    await folder.with(async () => null)
    await chmod(folder.path, 0o500)
    await chmod(join(folder.path, 'frames'), 0o500)
    try {
      expect(await openLevelStore(folder.path, { create: false })).toMatchObject({ ok: false, failure: { code: 'HOME_UNWRITABLE' } })
    } finally {
      await chmod(folder.path, 0o700)
      await chmod(join(folder.path, 'frames'), 0o700)
    }
  })

  test('a folder below a file is HOME_UNWRITABLE', async () => {
    await folder.with(async () => null)
    const file = join(folder.path, 'store.json')
    expect(await openLevelStore(join(file, 'store'), { create: true })).toMatchObject({ ok: false, failure: { code: 'HOME_UNWRITABLE' } })
  })

  test('a making that was cut short is done again; without create nothing is made', async () => {
    expect(await openLevelStore(folder.path, { create: false })).toMatchObject({ ok: false, failure: { code: 'STORE_DAMAGED' } })
    await expect(readdir(folder.path)).rejects.toMatchObject({ code: 'ENOENT' })
    await folder.with(async () => null)
    await rm(join(folder.path, 'store.json'))
    await folder.with(store => store.commit({ ...NOTHING, frames: [frame(ALICE, 1)] }))
    expect((await folder.with(scanned)).length).toBe(1)
  })
})

describe.skipIf(whyNoDisk !== null)(`a full disk${whyNoDisk === null ? '' : ` (skipped: ${whyNoDisk})`}`, () => {
  let disk: string
  const mount = (...options: string[]): void => void execFileSync('mount', ['-t', 'tmpfs', ...options, 'tmpfs', disk])
  beforeEach(async () => {
    disk = await mkdtemp(join(tmpdir(), 'skein-disk-'))
    mount('-o', 'size=16m')
  })
  afterEach(async () => {
    execFileSync('umount', [disk])
    await rm(disk, { recursive: true })
  })
  const open = async () => {
    const opened = await openLevelStore(join(disk, 'store'), { create: true, minFreeBytes: 0 })
    if (!opened.ok) throw new Error(JSON.stringify(opened.failure))
    return opened.value
  }
  const big = (seq: number) => ({ author: ALICE, seq, bytes: new Uint8Array(50_000).map((_, index) => (index * seq * 2_654_435_761) >>> 13) })

  test('fills while frames are committed: fenced, no acknowledged frame is lost, also when room is made before the next commit', async () => {
    await writeFile(join(disk, 'filler'), new Uint8Array(9_000_000))
    const store = await open()
    let acked = 0
    let refusal: unknown = null
    while (refusal === null) {
      refusal = await store.commit({ ...NOTHING, frames: [big(acked + 1)] }).then(() => null, (reason: unknown) => reason)
      if (refusal === null) acked++
    }
    expect(refusal).toMatchObject({ code: 'DISK_FULL', cause: expect.anything() })
    expect(acked).toBeGreaterThan(20)
    await rm(join(disk, 'filler'))
    await expect(store.commit({ ...NOTHING, frames: [big(acked + 1)] })).rejects.toBe(refusal)
    expect((await store.frames(ALICE, 1, { frames: 1, bytes: 1 })).length).toBe(1)
    await store.close()
    const again = await open()
    const lines = await scanned(again)
    expect(lines.filter(line => line.startsWith('damaged'))).toEqual([])
    recordCase(13, { test: 'test/adapters/level/disk.test.ts', runs: 1, worst: Math.max(0, acked - lines.length), limit: 0, unit: 'lost' })
    expect(lines.length).toBeGreaterThanOrEqual(acked)
    await again.commit({ ...NOTHING, frames: [big(lines.length + 1)] })
    await again.close()
  })

  test('full when opened: DISK_FULL, and with room again everything is there', async () => {
    const store = await open()
    for (let seq = 1; seq <= 20; seq++) await store.commit({ ...NOTHING, frames: [big(seq)] })
    await store.close()
    await writeFile(join(disk, 'filler'), new Uint8Array(16_000_000)).catch((error: unknown) => expect(error).toMatchObject({ code: 'ENOSPC' }))
    const refused = await openLevelStore(join(disk, 'store'), { create: true, minFreeBytes: 0 })
    expect(refused).toMatchObject({ ok: false, failure: { code: 'DISK_FULL' } })
    await rm(join(disk, 'filler'))
    const again = await open()
    const lines = await scanned(again)
    await again.close()
    expect(lines.length).toBe(20)
    expect(lines.filter(line => line.startsWith('damaged'))).toEqual([])
  })

  test('a disk that is read-only: HOME_UNWRITABLE, and nothing on it changes', async () => {
    const store = await open()
    await store.commit({ ...NOTHING, frames: [frame(ALICE, 1)] })
    await store.close()
    const sentinel = await readFile(join(disk, 'store', 'store.json'), 'utf8')
    mount('-o', 'remount,ro')
    expect(await openLevelStore(join(disk, 'store'), { create: true })).toMatchObject({ ok: false, failure: { code: 'HOME_UNWRITABLE' } })
    mount('-o', 'remount,rw')
    expect(await readFile(join(disk, 'store', 'store.json'), 'utf8')).toBe(sentinel)
    const again = await open()
    expect(await scanned(again)).toEqual(['frame a 1 a1'])
    await again.close()
  })
})
