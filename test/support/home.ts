import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { skein, skeinJson, type RunOptions } from './cli.js'

const GIT = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.org', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.org' }

/** A repository with one commit, `src/auth/login.ts` in it, and an origin. */
export const makeRepository = (path: string, origin: string | null = 'git@github.com:team/app.git'): string => {
  const git = (...args: string[]) => execFileSync('git', ['-c', 'init.defaultBranch=main', ...args], { cwd: path, env: { ...process.env, ...GIT }, stdio: 'ignore' })
  mkdirSync(join(path, 'src/auth'), { recursive: true })
  git('init', '-q')
  writeFileSync(join(path, 'src/auth/login.ts'), 'export {}\n')
  git('add', '.')
  git('commit', '-q', '-m', path)
  if (origin !== null) git('remote', 'add', 'origin', origin)
  return path
}

/** One host's command line: its home, a folder to stand in, and a session to speak as. */
export class TestHost {
  constructor(
    readonly home: string,
    readonly cwd: string
  ) {
    mkdirSync(dirname(home), { recursive: true })
  }

  run(session: string | undefined, args: readonly string[], options: RunOptions = {}) {
    return skein(args, { home: this.home, cwd: this.cwd, ...(session === undefined ? {} : { session }), ...options })
  }

  json(session: string | undefined, args: readonly string[], options: RunOptions = {}) {
    return skeinJson(args, { home: this.home, cwd: this.cwd, ...(session === undefined ? {} : { session }), ...options })
  }
}
