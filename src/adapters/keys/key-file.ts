import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { link, lstat, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { fromHex, toHex, utf8 } from '../../core/encoding/bytes.js'
import { writeErrorCode, type ErrorCode } from '../../core/errors.js'
import { LIMITS } from '../../core/limits.js'
import { failure, success, type Failure, type Result } from '../../core/result.js'
import type { Random } from '../../ports/random.js'

export const KEY_FILE_VERSION = 1

/** Read and written by the owner alone. */
const OWNER_ONLY = 0o600
const OTHERS = 0o077

/** Bytes of one fixed length as lower-case hex. */
export const hexBytes = (length: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${length * 2}}$`))
    .transform((text) => fromHex(text) ?? new Uint8Array(length))

/** Every key file says what it is and in which version, and ends with a checksum over the rest, so that decay is told from a wrong passphrase. */
const envelope = z.looseObject({ type: z.string(), version: z.int().positive(), check: z.string() })

const checksum = (fields: object): string => createHash('sha256').update(JSON.stringify(fields)).digest('hex')

const quoted = (path: string): string => (/^[\w./+:@%-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`)

const systemCode = (error: unknown): string => (error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown')

const modeFailure = (path: string, why: string): { ok: false; failure: Failure } => {
  const chmod = `chmod 600 ${quoted(path)}`
  return failure('KEY_MODE', `${path} ${why}; a key file is a regular file that only its owner can read: ${chmod}`, { next: [chmod] })
}

const damaged = (path: string, why: string): { ok: false; failure: Failure } =>
  failure('HOME_DAMAGED', `${path} is not the key file that was written: ${why}; restore it from a copy`)

/** The failure for a file that is well formed, but whose key is not the one it names. */
export const foreignKey = (path: string): { ok: false; failure: Failure } => damaged(path, 'its two halves do not belong together')

const openFailure = (path: string, error: unknown, missing: ErrorCode): { ok: false; failure: Failure } => {
  const code = systemCode(error)
  if (code === 'ENOENT' || code === 'ENOTDIR') return failure(missing, `there is no ${path}`)
  if (code === 'ELOOP') return modeFailure(path, 'is a symbolic link')
  if (code === 'EACCES' || code === 'EPERM') return modeFailure(path, 'cannot be read by this user')
  if (code === 'ENXIO') return modeFailure(path, 'is not a regular file')
  return damaged(path, `it cannot be read (${code})`)
}

/** At most one byte more than a key file may have. O_NONBLOCK, because opening a pipe would wait for its writer for ever. */
const readGuarded = async (path: string, missing: ErrorCode): Promise<Result<Uint8Array>> => {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const stat = await handle.stat()
      if (!stat.isFile()) return modeFailure(path, 'is not a regular file')
      if ((stat.mode & OTHERS) !== 0) return modeFailure(path, `is open to others (mode ${(stat.mode & 0o777).toString(8).padStart(4, '0')})`)
      const { buffer, bytesRead } = await handle.read(new Uint8Array(LIMITS.keyFileBytes + 1), 0, LIMITS.keyFileBytes + 1, 0)
      return success(buffer.subarray(0, bytesRead))
    } finally {
      await handle.close()
    }
  } catch (error) {
    return openFailure(path, error, missing)
  }
}

const parseJson = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return null
  }
}

/** The fields of a key file. `missing` is the code for a file that is not there; a version above ours is `HOME_NEWER`. */
export const readKeyFile = async <Fields>(path: string, schema: z.ZodType<Fields>, missing: ErrorCode): Promise<Result<Fields>> => {
  const read = await readGuarded(path, missing)
  if (!read.ok) return read
  if (read.value.length > LIMITS.keyFileBytes) return damaged(path, `it is longer than ${LIMITS.keyFileBytes} bytes`)
  const parsed = envelope.safeParse(parseJson(read.value))
  read.value.fill(0)
  if (!parsed.success) return damaged(path, 'it is cut short or garbled')
  const { check, ...fields } = parsed.data
  if (checksum(fields) !== check) return damaged(path, 'its checksum does not match')
  if (fields.version > KEY_FILE_VERSION) return failure('HOME_NEWER', `${path} was written by a newer version of skein (key file version ${fields.version})`)
  const checked = schema.safeParse(fields)
  return checked.success ? success(checked.data) : damaged(path, 'its fields are not those of such a key')
}

const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const writeNew = async (path: string, bytes: Uint8Array): Promise<void> => {
  const handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, OWNER_ONLY)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Writes a key file whole or not at all, and never over another: the bytes are on disk under a name of their own before link(2) gives them
 * the right one, which fails where that name is taken. Answers after the folder is on disk too.
 */
export const createKeyFile = async (path: string, fields: { readonly type: string; readonly version: number }, random: Random): Promise<Result<null>> => {
  const folder = dirname(path)
  const draft = join(folder, `.${basename(path)}.${toHex(random.bytes(8))}`)
  const bytes = utf8(`${JSON.stringify({ ...fields, check: checksum(fields) }, null, 2)}\n`)
  try {
    try {
      await writeNew(draft, bytes)
      await link(draft, path)
    } finally {
      await rm(draft, { force: true })
    }
    await syncFolder(folder)
    return success(null)
  } catch (error) {
    const code = systemCode(error)
    if (code === 'EEXIST') return failure('HOME_EXISTS', `${path} is there already and is never replaced`)
    return failure(writeErrorCode(code), `${path} cannot be written (${code})`)
  } finally {
    bytes.fill(0)
  }
}

/** Whether something bears this name, in whatever state; reading it says in which. */
export const keyFileExists = async (path: string): Promise<boolean> => {
  try {
    await lstat(path)
    return true
  } catch (error) {
    return systemCode(error) !== 'ENOENT'
  }
}

/** One key file in the place of another: on disk before it answers, and never neither of them. */
export const replaceKeyFile = (from: string, to: string): Promise<Result<null>> => changing(to, () => rename(from, to))

/** The key is gone for good, on disk before it answers. */
export const dropKeyFile = (path: string): Promise<Result<null>> => changing(path, () => rm(path, { force: true }))

const changing = async (path: string, change: () => Promise<void>): Promise<Result<null>> => {
  try {
    await change()
    await syncFolder(dirname(path))
    return success(null)
  } catch (error) {
    const code = systemCode(error)
    return failure(writeErrorCode(code), `${path} cannot be written (${code})`)
  }
}
