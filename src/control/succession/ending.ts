import type { SessionName } from '../../core/brand.js'
import type { Actor } from '../../core/coordination/claims/actor.js'
import { recipientsOf } from '../../core/coordination/records/addressee.js'
import { isKindOf, type Entry } from '../../core/coordination/records/entry.js'
import { LIMITS } from '../../core/limits.js'
import { success, type Result } from '../../core/result.js'
import type { Host } from '../../host/host.js'
import { findCheckout } from '../../host/repository/checkout.js'
import { dirtyPaths } from '../../host/repository/dirty-paths.js'
import { noteWork, workOf, type SessionWork } from '../../host/session/work.js'
import { oneAtATime } from '../one-at-a-time.js'
import { enrolledAs } from '../place.js'
import { addresseeOf } from '../record-data.js'

/** Whether other hosts may know of this session at all: it wrote something, or something was said to it. */
const isKnown = (host: Host, { host: id, session }: Actor): boolean => {
  for (const entry of host.replica.view.records()) {
    if (entry.host === id && entry.session === session) return true
    const to = addresseeOf(entry)
    if (to !== null && recipientsOf(to).some(recipient => recipient.host === id && recipient.session === session)) return true
  }
  return false
}

/** What it said last that it was about to do, a day ago at most. */
const openIntent = (host: Host, { host: id, session }: Actor): Entry | null => {
  const { view } = host.replica
  const recent = [...view.ofKind('intent')].filter(entry => entry.host === id && entry.session === session && entry.wall > host.meshNow() - LIMITS.sessionRecentMs)
  return recent.filter(entry => !view.deliveries.withdrawn(entry)).reduce<Entry | null>((last, entry) => (last === null || entry.wall >= last.wall ? entry : last), null)
}

/** Where it worked, and what is changed there: only of a repository that is coordinated, and that is still where it was. */
const placeFields = async (host: Host, { place }: SessionWork): Promise<Readonly<Record<string, unknown>>> => {
  if (place === undefined || enrolledAs(host, place.repo).length === 0) return {}
  const checkout = findCheckout(place.root)
  const where = { repo: place.repo, where: { checkout: place.checkout, ...(checkout.ok && checkout.value.branch !== null ? { branch: checkout.value.branch } : {}) } }
  if (!checkout.ok || checkout.value.root !== place.root) return where
  const dirty = await dirtyPaths(checkout.value)
  return dirty.length === 0 ? where : { ...where, scope: dirty }
}

/**
 * Writes in the session's own name that it has ended, and what it leaves: its checkout, what is uncommitted there, the plan it had, what
 * failed last. Null where it has ended already, or where nobody knows of it and it leaves nothing.
 */
export const endSession = (host: Host, session: SessionName, cause: 'ended' | 'died'): Promise<Result<Entry | null>> =>
  oneAtATime(host, `end/${session}`, async () => {
    const { view, hostId } = host.replica
    const actor = { host: hostId, session }
    const work = workOf(host, session)
    const leavesNothing = work.failure === undefined && !isKnown(host, actor)
    if (leavesNothing || view.deliveries.successions.endOf(actor) !== null) {
      host.settleSession(session)
      return success(null)
    }
    const intent = openIntent(host, actor)
    const fields = {
      cause,
      ...(await placeFields(host, work)),
      ...(intent === null ? {} : { intent: intent.id }),
      ...(work.failure === undefined ? {} : { failure: work.failure }),
      ...(work.transcript === undefined ? {} : { transcript: work.transcript })
    }
    const written = await host.write(session, [{ kind: 'handoff', fields }])
    if (!written.ok) return written
    host.settleSession(session)
    noteWork(host, session, {})
    const [record] = written.value
    const entry = record === undefined ? null : view.record(record.id)
    return success(entry !== null && isKindOf(entry, 'handoff') ? entry : null)
  })

/** Ends every session whose agent's process is gone. What stands in the way of one waits for the next look. */
export const endGone = async (host: Host): Promise<void> => {
  if (host.replica.fenced !== null || host.replica.hasLeft) return
  for (const { name } of host.sessions.gone()) await endSession(host, name, 'died')
}
