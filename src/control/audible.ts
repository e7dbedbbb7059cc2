import { overlapBeyond } from '../core/coordination/scope/beyond.js'
import { scopeOf } from '../core/coordination/scope/cache.js'
import type { Scope } from '../core/coordination/scope/scope.js'
import { ignoredPaths } from '../host/repository/ignored.js'
import { DEFAULT_QUIET, quietScopes } from '../host/repository/quiet.js'
import type { OperationContext } from './operation.js'
import { enrolledAs, repositoryHere } from './place.js'

/** Two scopes in one repository (`''`: in none) that overlap. */
export interface Meeting {
  readonly repo: string
  readonly mine: readonly string[]
  readonly theirs: readonly string[]
}

/** Two items that overlap outside of what is quiet, and a path that shows it. */
interface Pair {
  readonly mine: Scope
  readonly theirs: Scope
  readonly witness: string
}

/** Pairs of items that git is asked about for one meeting; where there are more, some of them is surely not ignored. */
const PAIRS = 64

/** What a pattern that this version cannot read covers. */
const readable = (text: string): Scope[] => {
  const scope = scopeOf(text)
  if (scope.ok) return [scope.value]
  const everything = scopeOf('')
  return everything.ok ? [everything.value] : []
}

const DEFAULTS = DEFAULT_QUIET.flatMap(readable)

const pairsOf = ({ mine, theirs }: Meeting, quiet: readonly Scope[]): Pair[] => {
  const pairs: Pair[] = []
  const others = theirs.flatMap(readable)
  for (const own of mine.flatMap(readable)) {
    for (const other of others) {
      const met = overlapBeyond(own, other, quiet)
      if (met !== null) pairs.push({ mine: own, theirs: other, witness: met.witness })
      if (pairs.length > PAIRS) return pairs
    }
  }
  return pairs
}

/** What git is asked of a scope: the path, or the folder that all of a pattern lies in; null where there is none. */
const asked = (scope: Scope): string | null => {
  if (scope.type === 'name' || scope.prefix.length === 0) return null
  return scope.literal === null || scope.text.endsWith('/') ? `${scope.prefix.join('/')}/` : scope.literal
}

/** The work tree whose settings count for a repository: the one that the caller stands in, else the one used last here. */
const rootOf = async ({ host, cwd }: OperationContext, repo: string): Promise<string | null> => {
  if (repo === '') return null
  const here = await repositoryHere(host, cwd)
  if (here.ok && here.value.repository.key === repo) return here.value.checkout.root
  return enrolledAs(host, repo).at(-1)?.roots.at(-1) ?? null
}

/**
 * For each meeting a path that both cover and that is worth a warning, or null: all that both cover lies on the repository's quiet list, or
 * one of the two is a path (or lies in a folder) that git ignores. Called only for what would be told now, since git may be asked.
 */
export const audible = async (context: OperationContext, meetings: readonly Meeting[]): Promise<readonly (string | null)[]> => {
  const found: (string | null)[] = meetings.map(() => null)
  for (const repo of new Set(meetings.map(each => each.repo))) {
    const root = await rootOf(context, repo)
    const listed = root === null ? null : quietScopes(root)
    const quiet = listed?.ok === true ? listed.value : DEFAULTS
    const pairs = meetings.map(meeting => (meeting.repo === repo ? pairsOf(meeting, quiet) : []))
    const questions = new Set(pairs.flatMap(some => some.flatMap(({ mine, theirs }) => [asked(mine), asked(theirs)])).filter(path => path !== null))
    const ignored = root === null ? new Set<string>() : await ignoredPaths(root, [...questions])
    const isIgnored = (scope: Scope): boolean => ignored.has(asked(scope) ?? '')
    for (const [index, some] of pairs.entries()) found[index] = some.find(({ mine, theirs }) => !isIgnored(mine) && !isIgnored(theirs))?.witness ?? found[index] ?? null
  }
  return found
}
