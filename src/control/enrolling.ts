import type { RecordFields } from '../core/coordination/records/record.js'
import { failure, success, type Result } from '../core/result.js'
import { HOST_SESSION, type Host } from '../host/host.js'
import { addRepository, enrolledFrom, type Enrolled } from '../host/repository/enrolment.js'
import { rootCommit } from '../host/repository/root-commit.js'
import type { Warning } from './envelope.js'
import { oneAtATime } from './one-at-a-time.js'
import type { PlaceHere } from './place.js'

const sorted = (fields: object): string => JSON.stringify(Object.entries(fields).sort(([left], [right]) => (left < right ? -1 : 1)))

/** Tells the other hosts of a repository here; written only when it says something new. */
export const publishRepository = async (host: Host, fields: RecordFields & { readonly key: string }): Promise<Result<true>> => {
  const said = host.replica.view.repositories.newest().find(entry => entry.host === host.replica.hostId && entry.parsed.record.fields.key === fields.key)
  if (said !== undefined && sorted(said.parsed.record.fields) === sorted(fields)) return success(true)
  const written = await host.write(HOST_SESSION, [{ kind: 'repo', fields }])
  return written.ok ? success(true) : written
}

/** Enrols the repository of this work tree: from now on hooks may write about it, and the other hosts know its key, remotes and first commit. */
export const enrol = async (host: Host, { checkout, repository, ownKey }: PlaceHere, how: Enrolled['how']): Promise<Result<Enrolled>> => {
  const commit = repository.rootCommit ?? (await rootOf(checkout))
  const entry = enrolledFrom({ ...repository, key: ownKey, ...(commit === null ? {} : { rootCommit: commit }) }, checkout.root, host.now().wall, how)
  const added = addRepository(host.enrolment, entry)
  if (!added.ok) return added
  const kept = added.value.repositories.get(entry.key)
  if (kept === undefined) return failure('BUG', 'what was just enrolled is not enrolled')
  const remotes = [...new Set(kept.remotes.map(({ url }) => url))].slice(0, 16)
  const published = await publishRepository(host, {
    key: kept.key,
    ...(remotes.length === 0 ? {} : { remotes }),
    ...(kept.rootCommit === undefined ? {} : { root: kept.rootCommit }),
    state: 'enrolled'
  })
  if (!published.ok) return published
  host.enrolment = added.value
  return success(kept)
}

/** The first claim in a repository enrols it, and says so once. */
export const enrolledByClaim = async (host: Host, place: PlaceHere | null): Promise<Result<readonly Warning[]>> => {
  if (place === null || place.enrolled) return success([])
  const { key, from } = place.repository
  const enrolled = await oneAtATime(host, 'enrolment', () => enrol(host, place, 'claim'))
  if (!enrolled.ok) return enrolled
  const text = `${key} (from ${from}) is coordinated in mesh ${host.settings.meshName} from now on; skein repo remove ends it.`
  return success([{ code: 'REPOSITORY_ENROLLED', text, details: { repository: key, from } }])
}

/** Null also where git cannot say: a key from a remote does without. */
const rootOf = async (checkout: PlaceHere['checkout']): Promise<string | null> => {
  const found = await rootCommit(checkout)
  return found.ok ? found.value : null
}
