import { parseScope } from '../core/coordination/scope/scope.js'
import { LIMITS } from '../core/limits.js'
import { failure, success, type Result } from '../core/result.js'
import { pathKey } from '../host/repository/path-key.js'
import { isName } from '../host/repository/scope-item.js'
import { looksShellExpanded } from '../host/repository/shell-expansion.js'
import type { OperationContext } from './operation.js'
import { repositoryHere, type PlaceHere } from './place.js'

/** What was typed as a scope, as it stands in a record. */
export interface ScopeHere {
  /** Null where only names were typed and there is no repository around. */
  readonly repo: string | null
  /** Canonical items, each once, in the order typed. */
  readonly scope: readonly string[]
  readonly place: PlaceHere | null
}

/**
 * The canonical scope of what was typed in the caller's folder. Names need no repository; paths do: `NO_REPOSITORY`. Also `SHELL_EXPANDED`,
 * `PATTERN_INVALID` with its position, and what `pathKey` says. `mayWrite` lets a repository key of last resort be made.
 */
export const scopeHere = async ({ host, cwd }: OperationContext, typed: readonly string[], mayWrite = false): Promise<Result<ScopeHere>> => {
  const place = await repositoryHere(host, cwd, mayWrite)
  if (!place.ok && !typed.every(isName)) return place
  const here = place.ok ? place.value : null
  const crowded = here === null ? null : looksShellExpanded(typed, here.checkout, cwd)
  if (crowded !== null) {
    const quoted = `'${crowded === '' ? '' : `${crowded}/`}**'`
    return failure('SHELL_EXPANDED', `more than ${LIMITS.shellExpandedPaths} existing files below ${crowded === '' ? 'the root' : crowded}: your shell expanded this; quote it`, { field: 'scope', next: [quoted] })
  }
  const items = new Set<string>()
  for (const text of typed) {
    const item = here === null ? success(text.normalize('NFC')) : pathKey(here.checkout, cwd, text)
    if (!item.ok) return item
    const parsed = parseScope(item.value)
    if (!parsed.ok) return parsed
    items.add(item.value)
  }
  return success({ repo: here?.repository.key ?? null, scope: [...items], place: here })
}
