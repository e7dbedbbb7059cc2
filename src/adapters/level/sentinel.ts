import { open, readFile, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { failure, success } from '../../core/result.js'
import type { Result } from '../../core/result.js'
import type { PlaceFact } from '../../ports/place.js'

export const STORE_VERSION = 1
const NAME = 'store.json'

/** What says that a store was made here, even when its database is gone. Written once, when the rest is there, and never again. */
export interface Sentinel {
  readonly version: number
  /** ISO 8601, for people. */
  readonly created: string
}

const parse = (text: string): Sentinel | null => {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('version' in value) || !('created' in value)) return null
    const { version, created } = value
    return typeof version === 'number' && Number.isInteger(version) && version > 0 && typeof created === 'string' ? { version, created } : null
  } catch {
    return null
  }
}

/** The sentinel, null where there is none; `HOME_NEWER` or `STORE_DAMAGED` otherwise. Rejects with the system's error. */
export const readSentinel = async (folder: string): Promise<Result<Sentinel | null>> => {
  const path = join(folder, NAME)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return success(null)
  const sentinel = parse(text)
  if (sentinel === null) return failure('STORE_DAMAGED', `${path} is not what skein wrote`)
  if (sentinel.version > STORE_VERSION) {
    return failure('HOME_NEWER', `${folder} was written by a newer skein (store version ${sentinel.version}, this one knows ${STORE_VERSION})`)
  }
  return success(sentinel)
}

/**
 * What the file system says of a sentinel that nobody writes again: a copy has another inode, one that was put in its place another time of
 * birth, and a backup written over it another time of change. None where it cannot be looked at.
 */
export const sentinelMarks = async (folder: string): Promise<ReadonlyMap<PlaceFact, string>> => {
  const marks = new Map<PlaceFact, string>()
  const found = await stat(join(folder, NAME), { bigint: true }).catch(() => null)
  if (found === null) return marks
  for (const [mark, value] of [['inode', found.ino], ['birth', found.birthtimeNs], ['ctime', found.ctimeNs]] as const) {
    // a file system that does not know it says nought
    if (value !== 0n) marks.set(mark, String(value))
  }
  return marks
}

/** Flushes a folder's own list of names to disk; Windows cannot and need not. */
export const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** All or nothing: a crash leaves no sentinel, or this one. */
export const writeSentinel = async (folder: string, sentinel: Sentinel): Promise<void> => {
  const path = join(folder, NAME)
  const handle = await open(`${path}.new`, 'w', 0o600)
  try {
    await handle.writeFile(`${JSON.stringify(sentinel)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${path}.new`, path)
  await syncFolder(folder)
  await syncFolder(dirname(folder))
}
