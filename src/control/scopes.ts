import { scopeOf } from '../core/coordination/scope/cache.js'
import { LIMITS } from '../core/limits.js'
import { failure, success, type Result } from '../core/result.js'
import { nameKey, pathKey } from '../host/repository/path-key.js'
import { isName } from '../host/repository/scope-item.js'
import { looksShellExpanded } from '../host/repository/shell-expansion.js'
import type { OperationContext } from './operation.js'
import { repositoryHere, type PlaceHere } from './place.js'

/** One scope item: as it was typed, and as it stands in records. */
export interface ScopeItem {
  readonly typed: string
  readonly item: string
}

/** What was typed as a scope, as it stands in a record. */
export interface ScopeHere {
  /** Null where only names were typed and there is no repository around. */
  readonly repo: string | null
  /** Canonical items, each once, in the order typed. */
  readonly scope: readonly string[]
  /** The same, each with the first text that it was typed as. */
  readonly items: readonly ScopeItem[]
  readonly place: PlaceHere | null
}

/** The root as people type it; every other item as it is. */
export const shownItem = (item: string): string => (item === '' ? ':/' : item)

/**
 * The canonical scope of what was typed in the caller's folder. Names need no repository; paths do: `NO_REPOSITORY`. Also `SHELL_EXPANDED`,
 * `PATTERN_INVALID` with its position, and what `pathKey` says. `mayWrite` lets a repository key of last resort be made.
 */
export const scopeHere = async (context: OperationContext, typed: readonly string[], mayWrite = false): Promise<Result<ScopeHere>> => {
  const found = await pathsHere(context, typed, mayWrite)
  const place = found.ok ? found.value.place : null
  const crowded = place === null ? null : looksShellExpanded(typed, place.checkout, context.cwd)
  if (crowded === null) return found
  const quoted = `'${crowded === '' ? '' : `${crowded}/`}**'`
  return failure('SHELL_EXPANDED', `more than ${LIMITS.shellExpandedPaths} existing files below ${crowded === '' ? 'the root' : crowded}: your shell expanded this; quote it`, { field: 'scope', next: [quoted] })
}

/** The same for paths that are many because they were meant to be (`skein who $(git diff --name-only)`). */
export const pathsHere = async ({ host, cwd }: OperationContext, typed: readonly string[], mayWrite = false): Promise<Result<ScopeHere>> => {
  const found = await repositoryHere(host, cwd, mayWrite)
  if (!found.ok && (found.failure.code !== 'NO_REPOSITORY' || !typed.every(isName))) return found
  const place = found.ok ? found.value : null
  const items = new Map<string, ScopeItem>()
  for (const text of typed) {
    const item = readItem(text, place, cwd)
    if (!item.ok) return item
    if (!items.has(item.value.item)) items.set(item.value.item, item.value)
  }
  return success({ repo: place?.repository.key ?? null, scope: [...items.keys()], items: [...items.values()], place })
}

const readItem = (typed: string, place: PlaceHere | null, cwd: string): Result<ScopeItem> => {
  const item = place === null ? nameKey(typed) : pathKey(place.checkout, cwd, typed)
  if (!item.ok) return item
  const scope = scopeOf(item.value)
  if (scope.ok) return success({ typed, item: item.value })
  const { code, message, details = {}, ...rest } = scope.failure
  return failure(code, `${typed}: ${message}`, { ...rest, details: { ...details, typed, item: item.value } })
}
