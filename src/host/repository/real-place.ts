import { lstatSync, readdirSync, readlinkSync, type BigIntStats } from 'node:fs'
import { dirname, isAbsolute, join, parse } from 'node:path'

import { LIMITS } from '../../core/limits.js'
import { failure, success, type Result } from '../../core/result.js'
import { systemCode } from './small-file.js'

/** Where a path leads, whether or not all of it exists. */
export interface RealPlace {
  /** Absolute; without symlinks and `..` as far as it exists, the rest by name. */
  readonly path: string
  /** How many of its last names do not exist. */
  readonly missing: number
}

const lstatOrNull = (path: string): BigIntStats | null => {
  try {
    return lstatSync(path, { bigint: true })
  } catch (thrown) {
    if (systemCode(thrown) === 'unknown') throw thrown
    return null
  }
}

const folded = (name: string): string => name.normalize('NFC').toLowerCase()

const swapped = (name: string): string => (name === name.toLowerCase() ? name.toUpperCase() : name.toLowerCase())

/** The entry that a file system which folds case and normal form means by `typed`; `typed` itself where there is none. */
export const entryName = (entries: readonly string[], typed: string): string =>
  entries.includes(typed) ? typed : (entries.find(entry => folded(entry) === folded(typed)) ?? typed)

const entriesOf = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder)
  } catch (thrown) {
    if (systemCode(thrown) === 'unknown') throw thrown
    return []
  }
}

interface Found {
  readonly name: string
  readonly stat: BigIntStats
}

/** The entry by its name on disk. The folder is listed only where the name in the other case is the same file, that is where case is folded. */
const findEntry = (folder: string, typed: string): Found | null => {
  const forms = [...new Set([typed, typed.normalize('NFC'), typed.normalize('NFD')])]
  for (const name of forms) {
    const stat = lstatOrNull(join(folder, name))
    if (stat === null) continue
    const other = swapped(name) === name ? null : lstatOrNull(join(folder, swapped(name)))
    const folds = other !== null && other.ino === stat.ino && other.dev === stat.dev
    return { name: folds ? entryName(entriesOf(folder), name) : name, stat }
  }
  return null
}

const linkTarget = (path: string): string | null => {
  try {
    return readlinkSync(path)
  } catch (thrown) {
    if (systemCode(thrown) === 'unknown') throw thrown
    return null
  }
}

const splitPath = (path: string): readonly string[] => path.split(process.platform === 'win32' ? /[\\/]/ : '/')

/**
 * Follows `names` from `start` (a real, absolute folder), as the system would open them: symlinks first, then `..`. From the first name
 * that does not exist on, names only add and `..` only takes away. Failure `FIELD_INVALID` for a ring of symlinks and for a name that no
 * file system can hold.
 */
export const realPlace = (start: string, names: readonly string[]): Result<RealPlace> => {
  let path = start
  let missing = 0
  let hops = 0
  const waiting = names.toReversed()
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (name === '' || name === '.') continue
    if (name === '..') {
      path = dirname(path)
      missing = Math.max(0, missing - 1)
      continue
    }
    const bytes = Buffer.byteLength(name)
    if (bytes > LIMITS.pathSegmentBytes) {
      const message = `"${name.slice(0, 24)}…" is a name of ${bytes} bytes; at most ${LIMITS.pathSegmentBytes} are possible`
      return failure('FIELD_INVALID', message, { field: 'scope' })
    }
    const found = missing > 0 ? null : findEntry(path, name)
    const target = found?.stat.isSymbolicLink() === true ? linkTarget(join(path, found.name)) : null
    if (target !== null) {
      if (++hops > LIMITS.symlinkHops) return failure('FIELD_INVALID', `${join(path, name)} is a ring of symbolic links`, { field: 'scope' })
      if (isAbsolute(target)) path = parse(target).root
      waiting.push(...splitPath(isAbsolute(target) ? target.slice(parse(target).root.length) : target).toReversed())
      continue
    }
    path = join(path, found?.name ?? name)
    if (found === null) missing++
  }
  return success({ path, missing })
}

/** Whether `folder` has an entry of exactly this name, or of this name in another normal form or case where the file system folds them. */
export const hasEntry = (folder: string, name: string): boolean => findEntry(folder, name) !== null

/** Whether a real path (of `realPlace`) is a folder. */
export const isFolder = (path: string): boolean => lstatOrNull(path)?.isDirectory() === true
