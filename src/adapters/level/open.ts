import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import { LIMITS } from '../../core/limits.js'
import { failure, success } from '../../core/result.js'
import type { Failure, Result } from '../../core/result.js'
import { StoreFailure } from '../../ports/store.js'
import type { Damaged, FrameStore } from '../../ports/store.js'
import type { Database } from './database.js'
import { inspect } from './inspection.js'
import { ROOT_KEY } from './keys.js'
import { takeLock } from './lock.js'
import type { StoreLock } from './lock.js'
import { damagedTables, quarantineBlocks } from './quarantine.js'
import { encodeRoot } from './root.js'
import { readSentinel, STORE_VERSION, syncFolder, writeSentinel } from './sentinel.js'
import { Space } from './space.js'
import { LevelStore } from './store.js'
import { Tail } from './tail.js'

export interface LevelStoreOptions {
  /** Make a new store where there is none; one that is there is opened as it is. */
  readonly create: boolean
  /** Commits are refused while fewer bytes are free: `LIMITS.diskFreeMinBytes`, another number for tests. */
  readonly minFreeBytes?: number
}

const DATABASE = 'frames'
const TAIL = 'tail'
const LOCK = 'lock'

const errors = (error: unknown): Error[] => (error instanceof Error ? [error, ...errors(error.cause)] : [])

/** What an error of the system or of LevelDB means for a person. LevelDB gives the system's words, not its codes. */
const openFailure = (folder: string, error: unknown): Failure => {
  const all = errors(error)
  const text = all.at(-1)?.message ?? String(error)
  const words = all.map(({ message }) => message).join(' ')
  const fail = (code: Failure['code'], message: string): Failure => ({ code, message, details: { cause: text } })
  if (error instanceof StoreFailure) return fail(error.code, error.message)
  if (all.some(each => 'code' in each && each.code === 'LEVEL_LOCKED')) return fail('STORE_LOCKED', `another process holds the store in ${folder}`)
  if (/permission denied|read-only file system|operation not permitted|not a directory|file already exists/i.test(words)) return fail('HOME_UNWRITABLE', `${folder} cannot be written: ${text}`)
  if (/no space left|quota/i.test(words)) return fail('DISK_FULL', `the disk is full: ${folder} cannot be opened (${text})`)
  if (/too many open files|cannot allocate/i.test(words)) return fail('FENCED', `${folder} cannot be opened now: ${text}`)
  return fail('STORE_DAMAGED', `the store in ${folder} cannot be opened: ${text}`)
}

const names = async (folder: string): Promise<string[]> => {
  try {
    return await readdir(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return []
    throw error
  }
}

/** Without compression, so that `blocks.ts` can read the index of a table; what frames carry is small and signed. */
const openDatabase = async (folder: string, create: boolean): Promise<Database> => {
  const db = new Level<string, Uint8Array>(join(folder, DATABASE), { keyEncoding: 'utf8', valueEncoding: 'view', createIfMissing: create, compression: false })
  await db.open()
  return db
}

/** What must be there for the database to be opened at all; LevelDB itself would begin an empty one without `CURRENT`. */
const missingFiles = async (folder: string): Promise<string[]> => {
  const files = await names(join(folder, DATABASE))
  if (files.length === 0) return [`${DATABASE}/`]
  return [...(files.includes('CURRENT') ? [] : [`${DATABASE}/CURRENT`]), ...(files.some(file => file.startsWith('MANIFEST-')) ? [] : [`${DATABASE}/MANIFEST-*`])]
}

/** Whether what lies in a folder without its sentinel is a store whose making was cut short: nothing was ever acknowledged from it. */
const isUnfinished = async (folder: string): Promise<boolean> => {
  const files = await names(join(folder, DATABASE))
  if ((await names(folder)).includes(TAIL)) {
    const { tail, commits } = await Tail.open(join(folder, TAIL), false)
    await tail.close()
    if (commits > 0) return false
  }
  if (!files.includes('CURRENT')) return !files.some(file => /\.(ldb|log)$/.test(file))
  const db = await openDatabase(folder, false)
  try {
    const keys = await db.keys({ limit: 2 }).all()
    return keys.every(key => key === ROOT_KEY)
  } finally {
    await db.close()
  }
}

const create = async (folder: string): Promise<void> => {
  const db = await openDatabase(folder, true)
  try {
    await db.batch([encodeRoot({ commits: 0, tables: new Map() })], { sync: true })
    const { tail } = await Tail.open(join(folder, TAIL), true)
    tail.note(0)
    await tail.close()
  } finally {
    await db.close()
  }
  await syncFolder(join(folder, DATABASE))
  await writeSentinel(folder, { version: STORE_VERSION, created: new Date().toISOString() })
}

const withoutSentinel = (folder: string) => failure('STORE_DAMAGED', `store.json is missing in ${folder}: there is no store, or it was lost`)

const openTail = async (folder: string): Promise<{ tail: Tail; commits: number; damaged: Damaged[] }> => {
  const path = join(folder, TAIL)
  const lost = (what: string): Damaged[] => [{ type: 'damaged', what: `the file ${TAIL}, which counts commits, is ${what}: the newest commits may be missing` }]
  try {
    const { tail, commits, damaged } = await Tail.open(path, false)
    return { tail, commits, damaged: damaged ? lost('changed') : [] }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    return { ...(await Tail.open(path, true)), damaged: lost('missing') }
  }
}

const openExisting = async (folder: string, lock: StoreLock, minFreeBytes: number): Promise<FrameStore> => {
  const database = join(folder, DATABASE)
  const suspects = await quarantineBlocks(database)
  const db = await openDatabase(folder, false)
  try {
    const { tail, commits, damaged } = await openTail(folder)
    const tables = await damagedTables(database, suspects)
    const inspection = await inspect(db, commits)
    tail.note(inspection.commits)
    return new LevelStore({ db, tail, lock, space: new Space(database, minFreeBytes) }, { ...inspection, damaged: [...damaged, ...tables, ...inspection.damaged] })
  } catch (error) {
    await db.close()
    throw error
  }
}

const openLocked = async (folder: string, lock: StoreLock, options: LevelStoreOptions): Promise<Result<FrameStore>> => {
  const sentinel = await readSentinel(folder)
  if (!sentinel.ok) return sentinel
  if (sentinel.value === null) {
    if (!(await isUnfinished(folder))) return withoutSentinel(folder)
    await create(folder)
  }
  const missing = await missingFiles(folder)
  if (missing.length > 0) return failure('STORE_DAMAGED', `the store in ${folder} lost ${missing.join(' and ')}`, { details: { missing } })
  return success(await openExisting(folder, lock, options.minFreeBytes ?? LIMITS.diskFreeMinBytes))
}

/**
 * Opens the frame store in `folder`: a LevelDB database, its lock, the sentinel `store.json` and the count of acknowledged commits beside
 * it. Only a folder without a sentinel is ever begun anew, and only with `create`. Nothing is repaired: LevelDB's repair drops what it
 * cannot read. Failures: `STORE_LOCKED` (by whom is for the caller to say), `STORE_DAMAGED` naming what is missing, `HOME_NEWER`,
 * `HOME_UNWRITABLE`, `DISK_FULL`, `FENCED` where the process has no files left.
 */
export const openLevelStore = async (folder: string, options: LevelStoreOptions): Promise<Result<FrameStore>> => {
  let lock: StoreLock | null = null
  try {
    const sentinel = await readSentinel(folder)
    if (!sentinel.ok) return sentinel
    if (sentinel.value === null && !options.create) return withoutSentinel(folder)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    lock = await takeLock(join(folder, LOCK))
    const opened = await openLocked(folder, lock, options)
    if (!opened.ok) await lock.release()
    return opened
  } catch (error) {
    await lock?.release()
    return { ok: false, failure: openFailure(folder, error) }
  }
}
