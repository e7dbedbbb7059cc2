import { failure, success, type Result } from '../../core/result.js'
import type { Checkout } from './checkout.js'
import { randomKey } from './random-key.js'
import { remoteKey, type Remote } from './remote.js'
import { rootCommit } from './root-commit.js'
import { readSkeinFile } from './skein-file.js'

export type KeySource = 'skein.json' | 'link' | 'upstream' | 'origin' | 'root-commit' | 'random'

/** Which repository a checkout belongs to, the same on every host. */
export interface RepositoryKey {
  /** `host/owner/name`, `file:/path`, `root:<commit>`, `random:<id>`, or what a person wrote. */
  readonly key: string
  readonly from: KeySource
  /** Normalised; those that name no repository by themselves are left out. Fit to be published. */
  readonly remotes: readonly Remote[]
  /** Only where it had to be found; `rootCommit` asks for it otherwise. */
  readonly rootCommit?: string
}

export interface RepositoryKeyOptions {
  /**
   * What `skein repo link` recorded: the key to use, by the key that would be used without it, or by the real path of the work tree or of
   * the git common directory.
   */
  readonly links: ReadonlyMap<string, string>
  /** At least 16 random bytes for a key of last resort; null where nothing may be written (hooks, queries). */
  readonly randomBytes: Uint8Array | null
}

const LINK_HOPS = 8

const followLinks = (links: ReadonlyMap<string, string>, start: string): string => {
  let key = start
  for (let hop = 0; hop < LINK_HOPS; hop++) key = links.get(key) ?? key
  return key
}

const linkOf = (links: ReadonlyMap<string, string>, names: readonly string[]): string | null => {
  const name = names.find(candidate => links.has(candidate))
  return name === undefined ? null : followLinks(links, name)
}

/**
 * The key, by the first rule that applies: `.skein.json`, a link, `upstream`, `origin`, the smallest root commit, a random key in the git
 * directory. Only the last two wait for anything. Failures: `FIELD_INVALID` or `TOO_LARGE` for a `.skein.json` that cannot be used
 * (another rule would give another key than on the hosts where it can), those of `rootCommit` and `randomKey`, and `NO_REPOSITORY` where
 * only a new random key would do and none may be made.
 */
export const repositoryKey = async (checkout: Checkout, options: RepositoryKeyOptions): Promise<Result<RepositoryKey>> => {
  const remotes = checkout.remotes.flatMap(({ name, url }) => {
    const key = remoteKey(checkout.root, url)
    return key === null ? [] : [{ name, url: key }]
  })
  const result = (key: string, from: KeySource, commit: string | null = null): Result<RepositoryKey> => {
    const linked = from === 'skein.json' ? null : linkOf(options.links, [key])
    return success({ key: linked ?? key, from: linked === null ? from : 'link', remotes, ...(commit === null ? {} : { rootCommit: commit }) })
  }
  const file = readSkeinFile(checkout.root)
  if (!file.ok) return file
  if (file.value.repository !== undefined) return result(file.value.repository, 'skein.json')
  const linked = linkOf(options.links, [checkout.root, checkout.commonDir])
  if (linked !== null) return result(linked, 'link')
  for (const source of ['upstream', 'origin'] as const) {
    const remote = remotes.find(({ name }) => name === source)
    if (remote !== undefined) return result(remote.url, source)
  }
  const commit = await rootCommit(checkout)
  if (!commit.ok) return commit
  if (commit.value !== null) return result(`root:${commit.value}`, 'root-commit', commit.value)
  const random = randomKey(checkout.commonDir, options.randomBytes)
  if (!random.ok) return random
  if (random.value !== null) return result(`random:${random.value}`, 'random')
  return failure('NO_REPOSITORY', `${checkout.root} has no remote, no commit and no key yet`, { next: ['skein repo add', 'git remote add origin URL'] })
}
