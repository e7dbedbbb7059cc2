import { z } from 'zod'

import type { Millis } from '../../core/brand.js'
import { compareText } from '../../core/encoding/bytes.js'
import { LIMITS } from '../../core/limits.js'
import { failure, success, type Result } from '../../core/result.js'

const line = (max: number): z.ZodString => z.string().min(1).max(max).regex(/^\P{Cc}*$/u)

const entrySchema = z.object({
  /** The repository's key in force, after links. */
  key: line(LIMITS.repositoryKeyChars),
  /** For people. */
  name: line(LIMITS.repositoryKeyChars),
  from: z.enum(['skein.json', 'link', 'upstream', 'origin', 'root-commit', 'random']),
  /** Normalised, without credentials. */
  remotes: z.array(z.object({ name: line(LIMITS.repositoryKeyChars), url: line(LIMITS.repositoryKeyChars) })).max(LIMITS.remotes + 2),
  rootCommit: line(64).optional(),
  /** Real paths of the checkouts seen here, newest last; never published. */
  roots: z.array(z.string().min(1).max(LIMITS.pathInputChars)).max(LIMITS.checkoutsPerRepository),
  /** Wall milliseconds. */
  enrolledAt: z.number(),
  how: z.enum(['repo add', 'claim', 'accepted'])
})

const schema = z.object({
  version: z.literal(1),
  repositories: z.array(entrySchema).max(LIMITS.enrolledRepositories),
  links: z.array(z.tuple([line(LIMITS.pathInputChars), line(LIMITS.repositoryKeyChars)])).max(LIMITS.enrolledRepositories)
})

/** A repository that this host may publish about. */
export type Enrolled = Readonly<z.output<typeof entrySchema>>

/** What is enrolled on this host, and what `skein repo link` recorded. Immutable; kept by the caller as one note of the store. */
export interface Enrolment {
  /** By key. */
  readonly repositories: ReadonlyMap<string, Enrolled>
  /** The key to use, by the key or folder that it replaces: the `links` of `repositoryKey`. */
  readonly links: ReadonlyMap<string, string>
}

export const NOTHING_ENROLLED: Enrolment = { repositories: new Map(), links: new Map() }

/** A shallow clone does not know the first commit that another checkout knew. */
const merged = (before: Enrolled, after: Enrolled): Enrolled => ({
  ...(before.rootCommit === undefined ? {} : { rootCommit: before.rootCommit }),
  ...after,
  roots: [...before.roots.filter(root => !after.roots.includes(root)), ...after.roots].slice(-LIMITS.checkoutsPerRepository),
  enrolledAt: Math.min(before.enrolledAt, after.enrolledAt),
  how: before.how
})

/** Enrols, or notes another checkout of what is enrolled (which keeps when and how it was). Failure `TOO_LARGE` past `LIMITS.enrolledRepositories`. */
export const addRepository = (enrolment: Enrolment, entry: Enrolled): Result<Enrolment> => {
  const before = enrolment.repositories.get(entry.key)
  if (before === undefined && enrolment.repositories.size >= LIMITS.enrolledRepositories) {
    return failure('TOO_LARGE', `${LIMITS.enrolledRepositories} repositories are enrolled; remove one first`, { next: ['skein repo list', 'skein repo remove KEY'] })
  }
  const repositories = new Map(enrolment.repositories).set(entry.key, before === undefined ? entry : merged(before, entry))
  return success({ ...enrolment, repositories })
}

/** By name, then by key. */
export const listRepositories = (enrolment: Enrolment): readonly Enrolled[] =>
  [...enrolment.repositories.values()].toSorted((left, right) => compareText(left.name, right.name) || compareText(left.key, right.key))

const finalKey = (links: ReadonlyMap<string, string>, start: string): string | null => {
  const seen = new Set<string>()
  for (let key = start; ; ) {
    if (seen.has(key)) return null
    seen.add(key)
    const next = links.get(key)
    if (next === undefined) return key
    key = next
  }
}

/**
 * Records that what would have the key `from` (or lies at the folder `from`) is the repository `to`; an entry under the old key moves to the
 * new one. `from` equal to `to` takes the link back. Failure `FIELD_INVALID` where links would run in a ring or hold a control character.
 */
export const linkRepository = (enrolment: Enrolment, from: string, to: string): Result<Enrolment> => {
  const links = new Map(enrolment.links)
  links.delete(from)
  if (from === to) return success({ ...enrolment, links })
  if (!line(LIMITS.repositoryKeyChars).safeParse(to).success || !line(LIMITS.pathInputChars).safeParse(from).success) {
    return failure('FIELD_INVALID', `a key is one line of at most ${LIMITS.repositoryKeyChars} characters`, { field: 'key' })
  }
  const key = finalKey(links.set(from, to), from)
  if (key === null) return failure('FIELD_INVALID', `${to} is already linked to ${from}`, { field: 'key', next: ['skein repo list'] })
  if (links.size > LIMITS.enrolledRepositories) return failure('TOO_LARGE', `more than ${LIMITS.enrolledRepositories} links`, { next: ['skein repo list'] })
  const repositories = new Map(enrolment.repositories)
  const moved = repositories.get(from)
  if (moved === undefined) return success({ repositories, links })
  repositories.delete(from)
  return addRepository({ repositories, links }, { ...moved, key, from: 'link' })
}

/** Ends it: nothing about this repository leaves the host any more. Links that lead to it go too. Failure `NO_REPOSITORY` where it is not enrolled. */
export const removeRepository = (enrolment: Enrolment, key: string): Result<Enrolment> => {
  if (!enrolment.repositories.has(key)) return failure('NO_REPOSITORY', `${key} is not enrolled`, { next: ['skein repo list'] })
  const repositories = new Map(enrolment.repositories)
  repositories.delete(key)
  const links = new Map([...enrolment.links].filter(([from]) => finalKey(enrolment.links, from) !== key))
  return success({ repositories, links })
}

/** The repository that a checkout folder was seen to belong to, or null: for a first answer without git. */
export const repositoryAt = (enrolment: Enrolment, root: string): Enrolled | null =>
  [...enrolment.repositories.values()].findLast(({ roots }) => roots.includes(root)) ?? null

export const writeEnrolment = ({ repositories, links }: Enrolment): string =>
  JSON.stringify({ version: 1, repositories: [...repositories.values()], links: [...links] })

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Reads what `writeEnrolment` wrote; null (no note yet) is nothing enrolled. Failure `STORE_DAMAGED` for anything else, and not an empty
 * list, over which the next `add` would write.
 */
export const readEnrolment = (text: string | null): Result<Enrolment> => {
  if (text === null) return success(NOTHING_ENROLLED)
  const checked = schema.safeParse(parsed(text))
  if (!checked.success) {
    const why = checked.error.issues[0]?.message ?? 'not valid'
    return failure('STORE_DAMAGED', `the list of enrolled repositories cannot be read: ${why}`, { next: ['skein verify'] })
  }
  const { repositories, links } = checked.data
  return success({ repositories: new Map(repositories.map(entry => [entry.key, entry])), links: new Map(links) })
}

/** A new entry, for `addRepository`. */
export const enrolledFrom = (
  repository: Pick<Enrolled, 'key' | 'from'> & { readonly remotes: readonly { readonly name: string; readonly url: string }[]; readonly rootCommit?: string },
  root: string,
  enrolledAt: Millis,
  how: Enrolled['how']
): Enrolled => ({
  key: repository.key,
  name: repository.key,
  from: repository.from,
  remotes: repository.remotes.slice(0, LIMITS.remotes + 2).map(({ name, url }) => ({ name, url })),
  ...(repository.rootCommit === undefined ? {} : { rootCommit: repository.rootCommit }),
  roots: [root],
  enrolledAt,
  how
})
