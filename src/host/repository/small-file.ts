import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

import { failure, success, type Result } from '../../core/result.js'

/** The system's error code of something thrown by `node:fs`, or `unknown`. */
export const systemCode = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : 'unknown'

const ABSENT = new Set(['ENOENT', 'ENOTDIR'])

const openOrCode = (path: string): number | { readonly code: string } => {
  try {
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (thrown) {
    return { code: systemCode(thrown) }
  }
}

const readOpened = (descriptor: number, path: string, limitBytes: number): Result<Buffer> => {
  const stat = fstatSync(descriptor)
  if (!stat.isFile()) return failure('FIELD_INVALID', `${path} is not a regular file`)
  if (stat.size > limitBytes) return failure('TOO_LARGE', `${path} has ${stat.size} bytes; at most ${limitBytes} are read`)
  const bytes = Buffer.alloc(stat.size)
  let length = 0
  while (length < bytes.length) {
    const count = readSync(descriptor, bytes, length, bytes.length - length, length)
    if (count === 0) break
    length += count
  }
  return success(bytes.subarray(0, length))
}

/**
 * A file of at most `limitBytes`, whole; null where there is none. Never waits (a named pipe is refused, not opened for ever).
 * Failures: `TOO_LARGE`, and `FIELD_INVALID` for what is not a regular file or cannot be read.
 */
export const readSmallFile = (path: string, limitBytes: number): Result<Buffer | null> => {
  const opened = openOrCode(path)
  if (typeof opened !== 'number') {
    return ABSENT.has(opened.code) ? success(null) : failure('FIELD_INVALID', `${path} cannot be read: ${opened.code}`)
  }
  try {
    return readOpened(opened, path, limitBytes)
  } catch (thrown) {
    return failure('FIELD_INVALID', `${path} cannot be read: ${systemCode(thrown)}`)
  } finally {
    closeSync(opened)
  }
}

/** The text of a small file, or null where it is absent or cannot be read: for files whose absence and damage mean the same. */
export const readSmallText = (path: string, limitBytes: number): string | null => {
  const read = readSmallFile(path, limitBytes)
  return read.ok && read.value !== null ? read.value.toString('utf8') : null
}
