import { linkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { fromBase32, toBase32 } from '../../core/encoding/base32.js'
import { LIMITS } from '../../core/limits.js'
import { failure, success, type Result } from '../../core/result.js'
import { readSmallFile, systemCode } from './small-file.js'

/** Kept in the git common directory, so that all work trees share it and a copy of the folder takes it along. */
const FILE = 'skein-id'
const ID = /^[0-9a-z]{16,64}$/

/** The id kept earlier, or null. Failure `FIELD_INVALID` where the file is damaged: another id would split the repository in two. */
const keptId = (path: string): Result<string | null> => {
  const read = readSmallFile(path, LIMITS.gitFileBytes)
  if (!read.ok) return read
  if (read.value === null) return success(null)
  const id = read.value.toString('utf8').trim()
  return ID.test(id) && fromBase32(id) !== null ? success(id) : failure('FIELD_INVALID', `${path} is damaged`, { next: [`restore or remove ${path}`] })
}

/** Written whole beside its place and then linked, which fails if another process was first: nobody ever reads half of it. */
const keepId = (path: string, id: string): Result<null> => {
  const beside = `${path}.${id}`
  try {
    writeFileSync(beside, `${id}\n`, { flag: 'wx', mode: 0o644, flush: true })
    linkSync(beside, path)
    return success(null)
  } catch (thrown) {
    const code = systemCode(thrown)
    if (code === 'unknown') throw thrown
    return code === 'EEXIST' ? success(null) : failure('NO_REPOSITORY', `${path} cannot be written: ${code}`, { next: ['skein repo link KEY'] })
  } finally {
    rmSync(beside, { force: true })
  }
}

/** The random key in `commonDir`, made from `fresh` (16 bytes or more) where there is none; null for `fresh` only looks and writes nothing. */
export const randomKey = (commonDir: string, fresh: Uint8Array | null): Result<string | null> => {
  const path = join(commonDir, FILE)
  const kept = keptId(path)
  if (!kept.ok || kept.value !== null || fresh === null) return kept
  const written = keepId(path, toBase32(fresh))
  return written.ok ? keptId(path) : written
}
