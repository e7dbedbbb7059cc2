import { execFile } from 'node:child_process'

import { LIMITS } from '../../core/limits.js'
import { gitEnvironment } from './git-environment.js'

const OUTPUT_BYTES = 1024 * 1024

/**
 * Those of these paths of a work tree that git ignores, as git itself decides (`git check-ignore`: every kind of ignore file, nothing that is
 * tracked). A folder that may not exist ends with `/`. Asks git for at most `timeoutMs`; where it does not answer, nothing counts as ignored:
 * rather one warning too many.
 */
export const ignoredPaths = async (root: string, paths: readonly string[], timeoutMs: number = LIMITS.gitIgnoreMs): Promise<ReadonlySet<string>> =>
  paths.length === 0
    ? new Set<string>()
    : new Promise(resolve => {
        const options = { cwd: root, env: gitEnvironment(), timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: OUTPUT_BYTES, windowsHide: true } as const
        // 1: none of them is ignored. Anything else (128) leaves some unanswered
        const child = execFile('git', ['check-ignore', '-z', '--stdin'], options, (thrown, stdout) => resolve(new Set(thrown === null ? stdout.split('\0').filter(path => path !== '') : [])))
        // a git that is not installed, or ended early, takes no input: the callback tells
        child.stdin?.on('error', () => undefined)
        child.stdin?.end(paths.join('\0'))
      })
