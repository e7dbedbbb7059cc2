import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { LIMITS } from '../../core/limits.js'
import { failure, success } from '../../core/result.js'
import type { ErrorCode } from '../../core/errors.js'
import type { Failure, Result } from '../../core/result.js'
import { StoreFailure, type Damaged, type FrameStore } from '../../ports/store.js'
import { createStore, isUnfinished, namesIn } from './creation.js'
import { openDatabase } from './database.js'
import { openFailure } from './failures.js'
import { Foothold } from './foothold.js'
import { FrozenDatabase } from './frozen.js'
import { inspect } from './inspection.js'
import { LAYOUT } from './layout.js'
import { takeLock } from './lock.js'
import type { StoreLock } from './lock.js'
import { damagedTables, quarantineBlocks } from './quarantine.js'
import { finishRebuilding, rebuildDatabase } from './rebuild.js'
import { readSentinel } from './sentinel.js'
import { Space } from './space.js'
import { LevelStore } from './store.js'
import { Tail } from './tail.js'

export interface LevelStoreOptions {
  /** Make a new store where there is none; one that is there is opened as it is. */
  readonly create: boolean
  /** Commits are refused while fewer bytes are free: `LIMITS.diskFreeMinBytes`, another number for tests. */
  readonly minFreeBytes?: number
  /**
   * Where nothing can be written (a full disk, a read-only one, no right), open it for reading alone: `fence` says why, and no commit
   * succeeds. Not for a daemon, which is there to write.
   */
  readonly orRead?: boolean
}

const withoutSentinel = (folder: string) => failure('STORE_DAMAGED', `store.json is missing in ${folder}: there is no store, or it was lost`)

/** What must be there for the database to be opened at all; LevelDB itself would begin an empty one without `CURRENT`. */
const missingFiles = async (folder: string): Promise<string[]> => {
  const files = await namesIn(join(folder, LAYOUT.database))
  if (files.length === 0) return [`${LAYOUT.database}/`]
  const missing = files.includes('CURRENT') ? [] : [`${LAYOUT.database}/CURRENT`]
  return files.some(file => file.startsWith('MANIFEST-')) ? missing : [...missing, `${LAYOUT.database}/MANIFEST-*`]
}

const openTail = async (folder: string): Promise<{ tail: Tail; commits: number; damaged: Damaged[] }> => {
  const path = join(folder, LAYOUT.tail)
  const lost = (what: string): Damaged[] => [{ type: 'damaged', what: `the file ${LAYOUT.tail}, which counts commits, is ${what}: the newest commits may be missing` }]
  try {
    const { tail, commits, damaged } = await Tail.open(path, false)
    return { tail, commits, damaged: damaged ? lost('changed') : [] }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    const { tail } = await Tail.open(path, true)
    return { tail, commits: 0, damaged: lost('missing') }
  }
}

const openExisting = async (folder: string, lock: StoreLock, minFreeBytes: number): Promise<FrameStore> => {
  const database = join(folder, LAYOUT.database)
  const suspects = await quarantineBlocks(database)
  let db = await openDatabase(database, false)
  let tail: Tail | null = null
  try {
    const tables = await damagedTables(database, suspects)
    const opened = await openTail(folder)
    tail = opened.tail
    const inspection = await inspect(db, opened.commits)
    if (tables.length > 0) db = await rebuildDatabase(folder, db, inspection)
    tail.note(inspection.commits)
    const damaged = [...opened.damaged, ...tables, ...inspection.damaged]
    return new LevelStore({ db, tail, lock, space: new Space(database, minFreeBytes), foothold: await Foothold.take(folder, database) }, { ...inspection, damaged }, null)
  } catch (error) {
    await tail?.close()
    await db.close()
    throw error
  }
}

const openLocked = async (folder: string, lock: StoreLock, options: LevelStoreOptions): Promise<Result<FrameStore>> => {
  const sentinel = await readSentinel(folder)
  if (!sentinel.ok) return sentinel
  if (sentinel.value === null) {
    if (!(await isUnfinished(folder))) return withoutSentinel(folder)
    await createStore(folder)
  }
  await finishRebuilding(folder)
  const missing = await missingFiles(folder)
  if (missing.length > 0) return failure('STORE_DAMAGED', `the store in ${folder} lost ${missing.join(' and ')}`, { details: { missing } })
  return success(await openExisting(folder, lock, options.minFreeBytes ?? LIMITS.diskFreeMinBytes))
}

const READABLE: ReadonlySet<ErrorCode> = new Set(['DISK_FULL', 'HOME_UNWRITABLE'])
const NO_TAIL = { failure: null, note: () => undefined, close: async () => undefined }
const NO_LOCK: StoreLock = { release: async () => undefined }

/** The store as it lies there, without a byte written. Nobody else writes either, on a disk that takes nothing, or the reading fails. */
const openToRead = async (folder: string, fence: StoreFailure): Promise<Result<FrameStore>> => {
  const missing = await missingFiles(folder)
  if (missing.length > 0) return failure('STORE_DAMAGED', `the store in ${folder} lost ${missing.join(' and ')}`, { details: { missing } })
  const database = join(folder, LAYOUT.database)
  const db = await FrozenDatabase.read(database)
  try {
    const { commits } = await Tail.read(join(folder, LAYOUT.tail))
    const inspection = await inspect(db, commits)
    return success(new LevelStore({ db, tail: NO_TAIL, lock: NO_LOCK, space: new Space(database, 0), foothold: await Foothold.take(folder, database) }, inspection, fence))
  } catch (error) {
    await db.close()
    throw error
  }
}

/** Reads what cannot be written; where it cannot be read either, the first failure stands. */
const orRead = async (folder: string, refused: Failure, { orRead: asked }: LevelStoreOptions): Promise<Result<FrameStore>> => {
  if (asked !== true || !READABLE.has(refused.code)) return { ok: false, failure: refused }
  try {
    return await openToRead(folder, new StoreFailure(refused.code, refused.message))
  } catch {
    return { ok: false, failure: refused }
  }
}

/**
 * Opens the frame store in `folder`: a LevelDB database, its lock, the sentinel `store.json` and the count of acknowledged commits beside
 * it. Only a folder without a sentinel is ever begun anew, and only with `create`. LevelDB's own repair, which drops what it cannot read,
 * is never used. Failures: `STORE_LOCKED` (by whom is for the caller to say), `STORE_DAMAGED` naming what is missing, `HOME_NEWER`,
 * `HOME_UNWRITABLE`, `DISK_FULL`, `FENCED` where the process has no files left.
 */
export const openLevelStore = async (folder: string, options: LevelStoreOptions): Promise<Result<FrameStore>> => {
  let lock: StoreLock | null = null
  try {
    const sentinel = await readSentinel(folder)
    if (!sentinel.ok) return sentinel
    if (sentinel.value === null && !options.create) return withoutSentinel(folder)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    lock = await takeLock(join(folder, LAYOUT.lock))
    const opened = await openLocked(folder, lock, options)
    if (!opened.ok) await lock.release()
    return opened
  } catch (error) {
    await lock?.release()
    return orRead(folder, openFailure(folder, error), options)
  }
}
