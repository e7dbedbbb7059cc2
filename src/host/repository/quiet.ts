import { scopeOf } from '../../core/coordination/scope/cache.js'
import type { Scope } from '../../core/coordination/scope/scope.js'
import { success, type Result } from '../../core/result.js'
import { readSkeinFile } from './skein-file.js'

/** Stands for `DEFAULT_QUIET` in a `.skein.json`; no path begins with `@`. */
export const DEFAULT = '@default'

/** What everybody's tools rewrite by themselves, and everybody merges by running them again: lock files, changelogs, snapshots. */
export const DEFAULT_QUIET: readonly string[] = [
  '**/*.{lock,lockb,lockfile}',
  '**/{package-lock.json,npm-shrinkwrap.json,pnpm-lock.yaml,packages.lock.json,go.sum,Package.resolved,.terraform.lock.hcl}',
  '**/{CHANGELOG,Changelog,changelog,CHANGES,HISTORY}.{md,rst,txt,adoc}',
  '**/CHANGELOG',
  '**/*.snap',
  '**/__snapshots__'
]

/**
 * The patterns of which a repository's work tree says that nobody need be warned of them: `quiet` in its `.skein.json`, relative to its root;
 * without one `DEFAULT_QUIET`. Failures: what `readSkeinFile` says.
 */
export const quietScopes = (root: string): Result<readonly Scope[]> => {
  const file = readSkeinFile(root)
  if (!file.ok) return file
  const listed = file.value.quiet ?? [DEFAULT]
  return success(
    listed.flatMap(text => (text === DEFAULT ? DEFAULT_QUIET : [text])).flatMap(text => {
      const scope = scopeOf(text)
      return scope.ok ? [scope.value] : []
    })
  )
}
