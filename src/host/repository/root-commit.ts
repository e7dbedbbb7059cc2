import { execFile } from 'node:child_process'
import { join } from 'node:path'

import { compareText } from '../../core/encoding/bytes.js'
import { LIMITS } from '../../core/limits.js'
import { failure, success, type Result } from '../../core/result.js'
import type { Checkout } from './checkout.js'
import { gitEnvironment } from './git-environment.js'
import { readHead } from './head.js'
import { readSmallFile } from './small-file.js'

const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/
const OUTPUT_BYTES = 1024 * 1024

/**
 * The smallest root commit of the history that the first work tree has checked out (so that all work trees of one repository agree), or of
 * this one where that has no commit; null before the first commit and in a shallow clone, whose boundary is not a root.
 * Asks `git` for at most `timeoutMs`. Failures: `TIMEOUT`, `NO_REPOSITORY` where git refuses or is not installed.
 */
export const rootCommit = async (checkout: Checkout, timeoutMs: number = LIMITS.rootCommitMs): Promise<Result<string | null>> => {
  const start = readHead(checkout.commonDir, checkout.commonDir)?.base ?? checkout.base
  if (start === null) return success(null)
  const shallow = readSmallFile(join(checkout.commonDir, 'shallow'), LIMITS.packedRefsBytes)
  if (!shallow.ok || (shallow.value !== null && shallow.value.length > 0)) return success(null)
  const args = [`--git-dir=${checkout.commonDir}`, 'rev-list', '--max-parents=0', start, '--']
  return await new Promise(resolve => {
    const options = { env: gitEnvironment(), timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: OUTPUT_BYTES, windowsHide: true } as const
    execFile('git', args, options, (thrown, stdout, stderr) => {
      const next = ['skein repo link KEY', 'put {"repository": "NAME"} into .skein.json']
      if (thrown !== null && thrown.killed === true) {
        resolve(failure('TIMEOUT', `git did not find the first commit of ${checkout.root} within ${timeoutMs} ms`, { next }))
      } else if (thrown !== null) {
        const why = thrown.code === 'ENOENT' ? 'git is not installed' : (stderr.split('\n')[0] ?? '')
        resolve(failure('NO_REPOSITORY', `git cannot say the first commit of ${checkout.root}: ${why}`, { next }))
      } else {
        resolve(success(stdout.split('\n').filter(line => COMMIT.test(line)).sort(compareText)[0] ?? null))
      }
    })
  })
}
