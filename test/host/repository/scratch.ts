import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterAll } from 'vitest'

import type { Failure, Result } from '../../../src/core/result.js'
import { findCheckout, type Checkout } from '../../../src/host/repository/checkout.js'

process.env['GIT_CONFIG_GLOBAL'] = '/dev/null'
process.env['GIT_CONFIG_SYSTEM'] = '/dev/null'

const IDENTITY = {
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.org',
  GIT_AUTHOR_DATE: '2024-01-01T00:00:00Z',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.org',
  GIT_COMMITTER_DATE: '2024-01-01T00:00:00Z'
}

/** A temporary folder (its real path), removed after the file's tests. */
export const scratchFolder = (): string => {
  const folder = realpathSync.native(mkdtempSync(join(tmpdir(), 'skein repository ')))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Runs git in `cwd` and gives what it printed, trimmed. */
export const git = (cwd: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'init.defaultBranch=main', '-c', 'protocol.file.allow=always', ...args], {
    cwd,
    env: { ...process.env, ...IDENTITY },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe']
  }).trim()

export const write = (path: string, text = ''): string => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

/** A new repository with one commit that is its own: `first` goes into its message. */
export const repository = (path: string, first = path): string => {
  mkdirSync(path, { recursive: true })
  git(path, 'init', '-q')
  write(join(path, 'src/auth/login.ts'))
  git(path, 'add', '.')
  git(path, 'commit', '-q', '-m', first)
  return path
}

export const value = <Value>(result: Result<Value>): Value => {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`)
  return result.value
}

export const refusal = (result: Result<unknown>): Failure => {
  if (result.ok) throw new Error(`expected a failure, got ${JSON.stringify(result.value)}`)
  return result.failure
}

export const checkoutAt = (path: string): Checkout => value(findCheckout(path))
