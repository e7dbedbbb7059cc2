import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { escapePath } from '../../core/coordination/scope/scope.js'
import { LIMITS } from '../../core/limits.js'
import type { Checkout } from './checkout.js'
import { gitEnvironment } from './git-environment.js'
import { fileKey } from './path-key.js'

const OUTPUT_BYTES = 1024 * 1024

/** `XY path`, and for a rename a second entry that is the old path, in the order of `git status --porcelain -z`. */
const changedPaths = (output: string): string[] => {
  const paths: string[] = []
  const entries = output.split('\0')
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index] ?? ''
    if (entry.length < 4) continue
    paths.push(entry.slice(3))
    if (/^[RC]/.test(entry)) index += 1
  }
  return paths
}

/** As many as stand in one record beside all else. */
const fitting = (items: Iterable<string>): string[] => {
  const kept: string[] = []
  let bytes = 0
  for (const item of items) {
    bytes += Buffer.byteLength(item)
    if (kept.length === LIMITS.patternsPerClaim || bytes > LIMITS.recordBytes / 4) break
    if (Array.from(item).length <= LIMITS.patternChars) kept.push(item)
  }
  return kept
}

/** Scope items of what is changed in a work tree and in no commit, as many as fit into a record; none where git does not answer in time. */
export const dirtyPaths = (checkout: Checkout, timeoutMs: number = LIMITS.dirtyPathsMs): Promise<readonly string[]> =>
  new Promise(resolve => {
    const options = { cwd: checkout.root, env: gitEnvironment(), timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: OUTPUT_BYTES, windowsHide: true } as const
    execFile('git', ['status', '--porcelain=v1', '-z', '--untracked-files=normal'], options, (thrown, stdout) => {
      const items = thrown === null ? changedPaths(stdout).map(path => fileKey(checkout, checkout.root, join(checkout.root, path))) : []
      resolve(fitting(new Set(items.flatMap(item => (item.ok ? [escapePath(item.value)] : [])))))
    })
  })
