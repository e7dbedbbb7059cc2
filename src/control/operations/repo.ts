import { z } from 'zod'
import { LIMITS } from '../../core/limits.js'
import { failure, success, type Result } from '../../core/result.js'
import { linkRepository, listRepositories, removeRepository } from '../../host/repository/enrolment.js'
import { enrol, publishRepository } from '../enrolling.js'
import { nearest } from '../nearest.js'
import { operation, type OperationContext } from '../operation.js'
import { repositoryHere } from '../place.js'
import { repositoryWarnings } from '../twins.js'
import { iso } from '../words.js'

const repositorySchema = z.object({
  key: z.string(),
  /** The key in force, where it is read as another: one first commit and one owner/name. */
  read_as: z.string().nullable(),
  /** What the key comes from here; null where only other hosts coordinate it. */
  from: z.string().nullable(),
  enrolled: z.boolean(),
  since: z.string().nullable(),
  how: z.string().nullable(),
  /** Work trees of it that were seen on this host. */
  roots: z.array(z.string()),
  remotes: z.array(z.string()),
  root_commit: z.string().nullable(),
  /** Other hosts that coordinate it. */
  hosts: z.array(z.string())
})

type RepositoryRow = z.infer<typeof repositorySchema>

const rowsOf = (context: OperationContext): RepositoryRow[] => {
  const { host } = context
  const { repositories } = host.replica.view
  const readAs = (key: string): string | null => repositories.names().get(key) ?? null
  const rows = new Map<string, RepositoryRow>()
  for (const { key, from, enrolledAt, how, roots, remotes, rootCommit } of listRepositories(host.enrolment)) {
    rows.set(key, { key, read_as: readAs(key), from, enrolled: true, since: iso(enrolledAt), how, roots: [...roots], remotes: remotes.map(({ url }) => url), root_commit: rootCommit ?? null, hosts: [] })
  }
  for (const entry of repositories.standing()) {
    if (entry.host === host.replica.hostId) continue
    const { key, remotes = [], root = null } = entry.parsed.record.fields
    const row = rows.get(key) ?? { key, read_as: readAs(key), from: null, enrolled: false, since: null, how: null, roots: [], remotes: [...remotes], root_commit: root, hosts: [] }
    rows.set(key, { ...row, hosts: [...row.hosts, host.nameOf(entry.hostKey)].sort() })
  }
  return [...rows.values()]
}

const listData = z.object({ repositories: z.array(repositorySchema), links: z.array(z.object({ from: z.string(), to: z.string() })) })

export type RepoListData = z.infer<typeof listData>

/** What is coordinated, here and by the other hosts. */
export const repoList = operation({
  name: 'repo-list',
  args: z.object({}),
  data: listData,
  tells: false,
  run: async context => {
    const links = Array.from(context.host.enrolment.links, ([from, to]) => ({ from, to }))
    return { ok: true, data: { repositories: rowsOf(context), links }, warnings: repositoryWarnings(context.host) }
  }
})

const addData = z.object({ repository: z.string(), from: z.string(), mesh: z.string(), new: z.boolean(), root: z.string() })

export type RepoAddData = z.infer<typeof addData>

/** Enrols the repository of a work tree: from now on hooks may write about it, too. */
export const repoAdd = operation({
  name: 'repo-add',
  args: z.object({ folder: z.string().max(LIMITS.pathInputChars) }),
  data: addData,
  tells: false,
  run: async (context, { folder }) => {
    const { host } = context
    const place = await repositoryHere(host, folder, true)
    if (!place.ok) return place
    const added = await enrol(host, place.value, 'repo add')
    if (!added.ok) return added
    const { repository, checkout, enrolled } = place.value
    return { ok: true, data: { repository: repository.key, from: repository.from, mesh: host.settings.meshName, new: !enrolled, root: checkout.root }, warnings: repositoryWarnings(context.host) }
  }
})

/** The key that was typed, or that of the folder where nothing was. */
const keyOr = async ({ host, cwd }: OperationContext, key: string | undefined): Promise<Result<string>> => {
  if (key !== undefined) return success(key)
  const place = await repositoryHere(host, cwd)
  return place.ok ? success(place.value.ownKey) : place
}

const linkData = z.object({ from: z.string(), to: z.string(), taken_back: z.boolean() })

export type RepoLinkData = z.infer<typeof linkData>

/** Says that what has the key `from` here is the repository `to`. */
export const repoLink = operation({
  name: 'repo-link',
  args: z.object({ from: z.string().min(1), to: z.string().min(1) }),
  data: linkData,
  tells: false,
  run: async ({ host }, { from, to }) => {
    const had = host.enrolment.repositories.get(from)
    const linked = linkRepository(host.enrolment, from, to)
    if (!linked.ok) return linked
    const moved = linked.value.repositories.get(to)
    if (had !== undefined && from !== to) {
      const remotes = had.remotes.map(({ url }) => url).slice(0, 16)
      const shared = { ...(remotes.length === 0 ? {} : { remotes }), ...(had.rootCommit === undefined ? {} : { root: had.rootCommit }) }
      for (const fields of [{ key: from, ...shared, link: to, state: 'removed' }, { key: moved?.key ?? to, ...shared, state: 'enrolled' }]) {
        const said = await publishRepository(host, fields)
        if (!said.ok) return said
      }
    }
    host.enrolment = linked.value
    return { ok: true, data: { from, to, taken_back: from === to } }
  }
})

const removeData = z.object({ repository: z.string() })

export type RepoRemoveData = z.infer<typeof removeData>

/** Ends a repository's enrolment on this host: nothing about it leaves the host by itself any more. What was said stays said. */
export const repoRemove = operation({
  name: 'repo-remove',
  args: z.object({ key: z.string().optional() }),
  data: removeData,
  tells: false,
  run: async (context, given) => {
    const { host } = context
    const key = await keyOr(context, given.key)
    if (!key.ok) return key
    const removed = removeRepository(host.enrolment, key.value)
    if (!removed.ok) {
      const meant = nearest(key.value, [...host.enrolment.repositories.keys()])
      return failure('NO_REPOSITORY', removed.failure.message, { next: [...(meant === null ? [] : [`skein repo remove ${meant}`]), 'skein repo list'] })
    }
    const said = await publishRepository(host, { key: key.value, state: 'removed' })
    if (!said.ok) return said
    host.enrolment = removed.value
    return { ok: true, data: { repository: key.value } }
  }
})
