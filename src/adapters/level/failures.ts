import type { ErrorCode } from '../../core/errors.js'
import type { Failure } from '../../core/result.js'
import { StoreFailure } from '../../ports/store.js'

/** An error and all its causes, outermost first. */
const errorChain = (error: unknown): Error[] => (error instanceof Error ? [error, ...errorChain(error.cause)] : [])

export const isLocked = (error: unknown): boolean => errorChain(error).some(each => 'code' in each && each.code === 'LEVEL_LOCKED')

const wordsOf = (error: unknown): string => errorChain(error).map(({ message }) => message).join(': ')

/** LevelDB passes on the system's words, not its codes. */
const NO_SPACE = /no space left|quota/i
const NO_FILES = /too many open files|cannot allocate/i
const NO_RIGHT = /permission denied|read-only file system|operation not permitted|not a directory|file already exists/i
const CODES: readonly (readonly [RegExp, ErrorCode])[] = [[NO_SPACE, 'DISK_FULL'], [NO_FILES, 'FENCED'], [NO_RIGHT, 'HOME_UNWRITABLE']]

export const isOutOfFiles = (error: unknown): boolean => NO_FILES.test(wordsOf(error))

/** What the first failed commit rejects with, and every later one. */
export const fenceOf = (error: unknown): StoreFailure => {
  if (error instanceof StoreFailure) return error
  const words = wordsOf(error)
  return new StoreFailure(NO_SPACE.test(words) ? 'DISK_FULL' : 'FENCED', `the store takes no more: ${words}`, error)
}

/** Why a store could not be opened. */
export const openFailure = (folder: string, error: unknown): Failure => {
  if (error instanceof StoreFailure) return { code: error.code, message: error.message }
  if (isLocked(error)) return { code: 'STORE_LOCKED', message: `another process holds the store in ${folder}` }
  const words = wordsOf(error)
  const code = CODES.find(([pattern]) => pattern.test(words))?.[1] ?? 'STORE_DAMAGED'
  return { code, message: `the store in ${folder} cannot be opened: ${errorChain(error).at(-1)?.message ?? String(error)}` }
}
