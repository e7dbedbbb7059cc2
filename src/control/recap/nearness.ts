import type { Claim } from '../../core/coordination/claims/claim.js'
import { itemOf } from '../../core/coordination/claims/item.js'
import { prefixOf } from '../../core/coordination/scope/scope.js'

/** Another repository; the same one is 0 or more. */
const ELSEWHERE = -1

/** How near a claim lies to where a session works: the length of the longest folder that it shares with the session's folder or claims. */
export class Nearness {
  readonly #repo: string | null
  /** Every folder on the way to where the session works. */
  readonly #folders = new Set<string>()

  /** @param items scope items of `repo` at which the session works */
  constructor(repo: string | null, items: Iterable<string>) {
    this.#repo = repo
    for (const item of items) for (const folder of foldersOf(item)) this.#folders.add(folder)
  }

  of({ repo, scope }: Pick<Claim, 'repo' | 'scope'>): number {
    if (repo !== this.#repo) return ELSEWHERE
    return scope.reduce((nearest, item) => Math.max(nearest, this.#depth(item)), 0)
  }

  #depth(item: string): number {
    let depth = 0
    for (const folder of foldersOf(item)) {
      if (!this.#folders.has(folder)) break
      depth += 1
    }
    return depth
  }
}

/** `src`, `src/auth`: the folders, and the file, that every path of the item lies in. */
const foldersOf = (item: string): string[] => {
  const prefix = prefixOf(itemOf(item).scope)
  return prefix.map((_, at) => prefix.slice(0, at + 1).join('/'))
}
