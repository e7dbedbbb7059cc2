import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import { isLocked } from './failures.js'

const LOCK_FILE = 'LOCK'
const SMALL = 64 * 1024

const openLock = async (folder: string): Promise<Level> => {
  const db = new Level(folder, { cacheSize: SMALL, writeBufferSize: SMALL })
  await db.open()
  return db
}

/** A lock of the operating system on the whole store, gone with its process however that ends. */
export interface StoreLock {
  release(): Promise<void>
}

/**
 * Takes the store's lock. It is that of an empty LevelDB beside the real one: Node itself has no locks, and the real database must be looked
 * through by its only holder before LevelDB opens it. Rejects with LevelDB's error, `LEVEL_LOCKED` in its causes where another one holds it.
 */
export const takeLock = async (folder: string): Promise<StoreLock> => {
  let db: Level
  try {
    db = await openLock(folder)
  } catch (error) {
    if (isLocked(error)) throw error
    // Nothing is kept in it, so what is damaged goes; the lock file itself stays, for another process may hold it.
    const names = await readdir(folder).catch(() => [])
    for (const name of names) if (name !== LOCK_FILE) await rm(join(folder, name), { recursive: true })
    db = await openLock(folder)
  }
  return { release: () => db.close() }
}
