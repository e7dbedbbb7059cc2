import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'

import { LIMITS } from '../../core/limits.js'
import { readSmallText, systemCode } from './small-file.js'

/** What is checked out. `branch` is a whole ref name, null when detached; `base` null before the first commit. */
export interface Head {
  readonly branch: string | null
  readonly base: string | null
}

const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/
const CHUNK_BYTES = 64 * 1024
const SYMBOLIC_HOPS = 5

/** A reference that a work tree has for itself; all others are shared and lie in the common directory. */
const isOwn = (ref: string): boolean => /^refs\/(?:bisect|worktree|rewritten)\//.test(ref) || !ref.startsWith('refs/')

const isPlainRef = (ref: string): boolean => /^refs\/[^\0-\x20\x7f]+$/.test(ref) && ref.split('/').every(segment => !['', '.', '..'].includes(segment))

const scanPacked = (descriptor: number, ref: string): string | null => {
  const chunk = Buffer.alloc(CHUNK_BYTES)
  let rest = ''
  for (let read = 0; read < LIMITS.packedRefsBytes; ) {
    const count = readSync(descriptor, chunk, 0, chunk.length, null)
    const lines = (rest + chunk.toString('latin1', 0, count)).split('\n')
    const unfinished = count === 0 ? '' : (lines.pop() ?? '')
    rest = unfinished.length > LIMITS.gitFileBytes ? '' : unfinished
    const found = lines.find(line => line.endsWith(` ${ref}`) && COMMIT.test(line.slice(0, -ref.length - 1)))
    if (found !== undefined) return found.slice(0, -ref.length - 1)
    if (count === 0) return null
    read += count
  }
  return null
}

const packedCommit = (commonDir: string, ref: string): string | null => {
  let descriptor: number
  try {
    descriptor = openSync(join(commonDir, 'packed-refs'), 'r')
  } catch (thrown) {
    if (systemCode(thrown) === 'unknown') throw thrown
    return null
  }
  try {
    return scanPacked(descriptor, Buffer.from(ref, 'utf8').toString('latin1'))
  } finally {
    closeSync(descriptor)
  }
}

const commitOf = (gitDir: string, commonDir: string, ref: string, hops: number): string | null => {
  if (!isPlainRef(ref)) return null
  const loose = readSmallText(join(isOwn(ref) ? gitDir : commonDir, ref), LIMITS.gitFileBytes)?.trim()
  if (loose === undefined) return packedCommit(commonDir, ref)
  if (COMMIT.test(loose)) return loose
  return loose.startsWith('ref: ') && hops > 0 ? commitOf(gitDir, commonDir, loose.slice(5).trim(), hops - 1) : null
}

/**
 * Reads `HEAD` and the reference it names, loose or packed; null where there is no HEAD to read. References kept in another way
 * (git's `reftable`, which writes a stand-in here) give no branch and no commit.
 */
export const readHead = (gitDir: string, commonDir: string): Head | null => {
  const text = readSmallText(join(gitDir, 'HEAD'), LIMITS.gitFileBytes)?.trim()
  if (text === undefined) return null
  if (COMMIT.test(text)) return { branch: null, base: text }
  const ref = /^ref:\s*(.+)$/.exec(text)?.[1]
  if (ref === undefined) return null
  if (ref === 'refs/heads/.invalid' || !isPlainRef(ref)) return { branch: null, base: null }
  return { branch: ref, base: commitOf(gitDir, commonDir, ref, SYMBOLIC_HOPS) }
}
