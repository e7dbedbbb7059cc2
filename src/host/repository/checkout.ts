import { realpathSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'

import { LIMITS } from '../../core/limits.js'
import { failure, success, type Failure, type Result } from '../../core/result.js'
import { parseGitConfig, type GitSetting } from './git-config.js'
import { readHead } from './head.js'
import { readRemotes, type Remote } from './remote.js'
import { readSmallFile, readSmallText, systemCode } from './small-file.js'

/** One work tree of one repository. All folders are real paths. */
export interface Checkout {
  readonly root: string
  readonly gitDir: string
  /** The same for all work trees of one repository; equal to `gitDir` in the first one. */
  readonly commonDir: string
  /** `refs/heads/x`, or null when detached. */
  readonly branch: string | null
  /** The commit checked out, or null before the first one. */
  readonly base: string | null
  /** In the order of the configuration, without credentials. */
  readonly remotes: readonly Remote[]
  /** What was not followed, in words for `doctor`: `include` in a configuration. */
  readonly ignored: readonly string[]
}

export interface CheckoutOptions {
  /** Git configurations of the user, least first, read for `insteadOf`. By default git's own places. */
  readonly userConfigs?: readonly string[]
}

const NEXT = ['git init', 'cd into a repository and try again'] as const

const none = (message: string, next: readonly string[] = NEXT): { ok: false; failure: Failure } => failure('NO_REPOSITORY', message, { next })

const typeOf = (path: string): 'file' | 'folder' | 'other' | null => {
  try {
    const stat = statSync(path)
    return stat.isDirectory() ? 'folder' : stat.isFile() ? 'file' : 'other'
  } catch (thrown) {
    if (systemCode(thrown) === 'unknown') throw thrown
    return null
  }
}

const realFolder = (path: string): string | null => {
  try {
    return realpathSync.native(path)
  } catch (thrown) {
    if (systemCode(thrown) === 'unknown') throw thrown
    return null
  }
}

/** The nearest folder that exists, so that a file about to be made in a new folder finds its repository. */
const nearestFolder = (path: string): string => {
  const real = realFolder(path)
  if (real !== null) return typeOf(real) === 'folder' ? real : dirname(real)
  return dirname(path) === path ? path : nearestFolder(dirname(path))
}

const commonDirOf = (gitDir: string): string => {
  const named = readSmallText(join(gitDir, 'commondir'), LIMITS.gitFileBytes)?.trim()
  return named === undefined || named === '' ? gitDir : (realFolder(resolve(gitDir, named)) ?? gitDir)
}

const isGitDir = (folder: string): boolean => typeOf(join(folder, 'HEAD')) === 'file' && typeOf(join(commonDirOf(folder), 'objects')) === 'folder'

/**
 * The git directory of the repository whose work tree `folder` is the top of; null where it is not the top of one. A `.git` folder that
 * is none is passed over, as git does; a `.git` file that leads nowhere is a failure, as in git.
 */
export const gitDirAt = (folder: string): Result<string | null> => {
  const dotGit = join(folder, '.git')
  const type = typeOf(dotGit)
  if (type === 'folder') return success(isGitDir(dotGit) ? realFolder(dotGit) : null)
  if (type !== 'file') return success(null)
  const target = /^gitdir:[ \t]*(.+?)[\r\n]*$/s.exec(readSmallText(dotGit, LIMITS.gitFileBytes) ?? '')?.[1]
  const gitDir = target === undefined ? null : realFolder(resolve(folder, target))
  if (gitDir !== null && isGitDir(gitDir)) return success(gitDir)
  return none(`${dotGit} names ${target ?? 'nothing'}, which is not a git directory`, ['git worktree repair', 'git submodule update --init'])
}

const locate = (start: string): Result<{ readonly folder: string; readonly gitDir: string }> => {
  for (let folder = start; ; folder = dirname(folder)) {
    const found = gitDirAt(folder)
    if (!found.ok) return found
    if (found.value !== null) return success({ folder, gitDir: found.value })
    if (basename(folder) !== '.git' && isGitDir(folder) && typeOf(join(folder, 'refs')) === 'folder') {
      return none(`${folder} is a repository without a work tree`, [`git clone ${folder}`, 'git worktree add PATH'])
    }
    if (dirname(folder) === folder) return none(`${start} is in no git repository`)
  }
}

/** Where git looks for the user's configuration, least first. */
const userGitConfigs = (): readonly string[] => {
  const { GIT_CONFIG_GLOBAL: named, XDG_CONFIG_HOME: xdg } = process.env
  if (named !== undefined) return named === '' ? [] : [named]
  return [join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.config'), 'git', 'config'), join(homedir(), '.gitconfig')]
}

const readSettings = (path: string): readonly GitSetting[] => {
  const text = readSmallText(path, LIMITS.gitConfigBytes)
  return text === null ? [] : parseGitConfig(text)
}

const lastValue = (settings: readonly GitSetting[], section: string, name: string): string | null =>
  settings.findLast(setting => setting.section === section && setting.subsection === null && setting.name === name)?.value ?? null

const isTrue = (value: string | null): boolean => value !== null && /^(?:true|yes|on|1)$/i.test(value)

const hasInclude = (settings: readonly GitSetting[]): boolean => settings.some(({ section }) => section === 'include' || section === 'includeif')

/**
 * The work tree that `cwd` (a folder, or a path that does not exist yet) belongs to, from git's own files: no child process, bounded reads.
 * The innermost repository counts, so a submodule is one of its own. `GIT_DIR` and its like in the environment are not looked at: a path
 * belongs to the repository it lies in, whoever asks. `include` in a configuration is not followed, and named in `ignored`.
 * Failures: `NO_REPOSITORY`; `TOO_LARGE` for a configuration past `LIMITS.gitConfigBytes`.
 */
export const findCheckout = (cwd: string, options: CheckoutOptions = {}): Result<Checkout> => {
  const located = locate(nearestFolder(resolve(cwd)))
  if (!located.ok) return located
  const { folder, gitDir } = located.value
  const commonDir = commonDirOf(gitDir)
  const configPath = join(commonDir, 'config')
  const config = readSmallFile(configPath, LIMITS.gitConfigBytes)
  if (!config.ok) return config
  const shared = config.value === null ? [] : parseGitConfig(config.value.toString('utf8'))
  const ownPath = join(gitDir, 'config.worktree')
  const own = isTrue(lastValue(shared, 'extensions', 'worktreeconfig')) ? readSettings(ownPath) : []
  const settings = [...shared, ...own]
  const isFirst = gitDir === commonDir
  if (isFirst && isTrue(lastValue(settings, 'core', 'bare'))) {
    return none(`${gitDir} is a repository without a work tree`, ['git worktree add PATH', 'cd into one of its work trees (git worktree list)'])
  }
  const head = readHead(gitDir, commonDir)
  if (head === null) return none(`${join(gitDir, 'HEAD')} cannot be read`, ['git fsck'])
  const elsewhere = isFirst && folder === dirname(gitDir) ? lastValue(settings, 'core', 'worktree') : null
  const users = (options.userConfigs ?? userGitConfigs()).map(path => ({ path, settings: readSettings(path) }))
  const sources = [...users, { path: configPath, settings: shared }, { path: ownPath, settings: own }]
  return success({
    root: elsewhere === null ? folder : (realFolder(resolve(gitDir, elsewhere)) ?? folder),
    gitDir,
    commonDir,
    ...head,
    remotes: readRemotes(sources.flatMap(source => source.settings)),
    ignored: sources.filter(source => hasInclude(source.settings)).map(({ path }) => `include in ${path} was not followed`)
  })
}
