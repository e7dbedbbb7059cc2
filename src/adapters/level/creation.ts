import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openDatabase } from './database.js'
import { ROOT_KEY } from './keys.js'
import { LAYOUT } from './layout.js'
import { encodeRoot } from './root.js'
import { STORE_VERSION, syncFolder, writeSentinel } from './sentinel.js'
import { Tail } from './tail.js'

/** The names in a folder; none where it does not exist. */
export const namesIn = async (folder: string): Promise<string[]> => {
  try {
    return await readdir(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

/** Whether what lies in a folder without its sentinel is a store whose making was cut short: nothing was ever acknowledged from it. */
export const isUnfinished = async (folder: string): Promise<boolean> => {
  const names = await namesIn(folder)
  if (names.includes(LAYOUT.damaged) || names.includes(LAYOUT.rebuilt)) return false
  if (names.includes(LAYOUT.tail)) {
    const { tail, commits } = await Tail.open(join(folder, LAYOUT.tail), false)
    await tail.close()
    if (commits > 0) return false
  }
  const files = await namesIn(join(folder, LAYOUT.database))
  if (!files.includes('CURRENT')) return !files.some(file => /\.(ldb|log)$/.test(file))
  const db = await openDatabase(join(folder, LAYOUT.database), false)
  try {
    const keys = await db.keys({ limit: 2 }).all()
    return keys.every(key => key === ROOT_KEY)
  } finally {
    await db.close()
  }
}

/** Makes an empty store; the sentinel comes last, when the rest is on disk. */
export const createStore = async (folder: string): Promise<void> => {
  const db = await openDatabase(join(folder, LAYOUT.database), true)
  try {
    await db.batch([encodeRoot({ commits: 0, tables: new Map() })], { sync: true })
    const { tail } = await Tail.open(join(folder, LAYOUT.tail), true)
    tail.note(0)
    await tail.close()
  } finally {
    await db.close()
  }
  await syncFolder(join(folder, LAYOUT.database))
  await writeSentinel(folder, { version: STORE_VERSION, created: new Date().toISOString() })
}
