import type { HostId, Millis } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import type { Reach } from '../delivery/delivery.js'
import { isKindOf, type Entry, type EntryOf } from '../records/entry.js'
import type { AnyRecord } from '../records/kinds.js'
import type { Reference } from '../records/reference.js'
import type { View } from '../view.js'
import { waitEnd } from '../waiting/wait.js'

/** What an author can see of its own records at one time. */
export interface Moment {
  readonly view: View
  readonly now: Millis
  /** For wanted acks: a while ago, so that a deadline is over by other hosts' clocks too. */
  readonly reach: Reach
  /** Whether something is still open that went from a session of this host that ended to whoever came after it. */
  isPassedOn(host: HostId): boolean
}

export const momentOf = (view: View, now: Millis): Moment => {
  const reach: Reach = { now: now - LIMITS.endedKeptMs, atPeer: () => true, ended: host => isGone(view, host), isViewer: host => isViewer(view, host) }
  const passedOn = new Map<HostId, boolean>()
  return {
    view,
    now,
    reach,
    isPassedOn: host => {
      const known = passedOn.get(host) ?? isAnyPassedOn(view, host, reach)
      passedOn.set(host, known)
      return known
    }
  }
}

const isAnyPassedOn = ({ deliveries }: View, host: HostId, reach: Reach): boolean =>
  deliveries.owing({ host }, reach).some(({ delivery }) => delivery.heir !== null) ||
  deliveries.owed({ host }, reach).some(({ entry }) => entry.session !== null && deliveries.successions.heirOf({ host, session: entry.session }) !== null)

const isGone = (view: View, host: HostId): boolean => {
  let found = false
  for (const member of view.members().values()) {
    if (member.hostId !== host) continue
    if (member.state !== 'named') return false
    found = true
  }
  return found
}

const isViewer = (view: View, host: HostId): boolean => Array.from(view.members().values()).some(member => member.hostId === host && member.role === 'viewer')

const isOver = (end: Millis, keptMs: Millis, now: Millis): boolean => end + keptMs < now

const REPLIES: ReadonlySet<string> = new Set(['ack', 'nack', 'accept', 'reject', 'answer', 'take'])

const isReply = ({ parsed }: Entry): boolean => parsed.type === 'valid' && REPLIES.has(parsed.record.kind)

/** When the last was said about it; what claims to come from the future says nothing. */
const lastSaid = (entry: Entry, { view, now }: Moment): Millis =>
  view.deliveries.answersTo(entry.id).reduce((last, { wall }) => (wall <= now && wall > last ? wall : last), entry.wall)

const hasLapsed = (entry: EntryOf<'claim'>, { view, now }: Moment): boolean => {
  const claim = view.claims.claim(entry.id)
  if (claim === null) return false
  const leaseEnd = claim.until + LIMITS.leaseGraceMs
  return isOver(leaseEnd, claim.scope.length === 0 ? LIMITS.endedKeptMs : LIMITS.staleClaimKeptMs, now)
}

const isTaskOver = (entry: EntryOf<'task'>, { view }: Moment): boolean => {
  if (entry.parsed.record.fields.re !== undefined) return true
  const states = [entry, ...view.deliveries.answersTo(entry.id)].flatMap(each => (isKindOf(each, 'task') ? [each.parsed.record.fields.state] : []))
  const last = states.at(-1)
  return last === 'done' || last === 'cancelled'
}

const isUnblocked = (entry: Entry, { view }: Moment): boolean =>
  view.deliveries.withdrawn(entry) || view.deliveries.answersTo(entry.id).some(answer => isKindOf(answer, 'unblock'))

const isAnswered = (entry: Entry, expires: Millis | undefined, { view, reach }: Moment): boolean =>
  view.deliveries.settled(entry) || (expires !== undefined && reach.now > expires) || view.deliveries.answersTo(entry.id).some(answer => answer.host !== entry.host && isReply(answer))

/** What was said to somebody stays for who was away; what was said to nobody is of the day. */
const saidKeptMs = (record: AnyRecord): Millis => ('to' in record.fields && record.fields.to !== undefined ? LIMITS.saidKeptMs : LIMITS.intentKeptMs)

const isPast = (entry: Entry, record: AnyRecord, moment: Moment): boolean => {
  const { view, now } = moment
  switch (record.kind) {
    case 'claim':
      return isKindOf(entry, 'claim') && hasLapsed(entry, moment)
    case 'question':
    case 'proposal':
    case 'offer':
      return isAnswered(entry, record.fields.expires, moment) && isOver(lastSaid(entry, moment), LIMITS.saidKeptMs, now)
    case 'block':
      return isUnblocked(entry, moment) && isOver(lastSaid(entry, moment), LIMITS.saidKeptMs, now)
    case 'decision':
      return moment.view.deliveries.withdrawn(entry) && isOver(lastSaid(entry, moment), LIMITS.saidKeptMs, now)
    case 'task':
      return isKindOf(entry, 'task') && isTaskOver(entry, moment) && isOver(lastSaid(entry, moment), LIMITS.saidKeptMs, now)
    case 'note':
      return isOver(lastSaid(entry, moment), LIMITS.noteKeptMs, now)
    case 'handoff':
      return !moment.isPassedOn(entry.host) && isOver(lastSaid(entry, moment), LIMITS.saidKeptMs, now)
    case 'intent':
    case 'status':
      return isOver(lastSaid(entry, moment), saidKeptMs(record), now)
    case 'wait':
      return isKindOf(entry, 'wait') && isOver(view.deliveries.withdrawn(entry) ? lastSaid(entry, moment) : waitEnd(entry), LIMITS.waitKeptMs, now)
    case 'directive':
      return isOver(Math.max(lastSaid(entry, moment), record.fields.expires ?? 0), LIMITS.saidKeptMs, now)
    case 'message':
    case 'answer':
    case 'accept':
    case 'reject':
    case 'unblock':
    case 'resolve':
    case 'take':
    case 'result':
    // and whatever kind is not named here: one that has to stay longer says so
    default:
      return isOver(lastSaid(entry, moment), LIMITS.saidKeptMs, now)
    // they say nothing by themselves: what they are about decides (`boundTo`)
    case 'release':
    case 'withdraw':
    case 'reclaim':
    case 'ack':
    case 'nack':
    case 'receipt':
      return true
    // only the newest counts (`newestOf`), and of renewals those that a claim needs (`neededRenewals`)
    case 'profile':
    case 'repo':
    case 'label':
    case 'responder':
    case 'tempo':
    case 'renew':
      return false
  }
}

/**
 * Whether a record of the own host has had its time, taken by itself (rules C2): what it began is over, nobody owes an answer to it, and the
 * time for which it is still asked for has passed. What this version cannot read never ends.
 */
export const hasEnded = (entry: Entry, moment: Moment): boolean => {
  const { parsed } = entry
  if (parsed.type !== 'valid' || !isOver(entry.wall, LIMITS.endedKeptMs, moment.now)) return false
  const deadline = 'deadline' in parsed.record.fields ? (parsed.record.fields.deadline ?? 0) : 0
  return isPast(entry, parsed.record, moment) && deadline < moment.reach.now && !moment.view.deliveries.isOwed(entry, moment.reach)
}

const NOTHING: readonly Reference[] = []

/** What a record ends, answers or marks: it stays as long as any of these stands, since without it that would stand as if never ended. */
export const boundTo = ({ parsed }: Entry): readonly Reference[] => {
  if (parsed.type !== 'valid') return NOTHING
  const { fields } = parsed.record
  const ended = endedBy(parsed.record)
  return 'supersedes' in fields && fields.supersedes !== undefined ? [...ended, fields.supersedes] : ended
}

const endedBy = (record: AnyRecord): readonly Reference[] => {
  switch (record.kind) {
    case 'release':
    case 'reclaim':
    case 'resolve':
    // without its offer a claim that was handed over would stand again
    case 'offer':
      return record.fields.claims
    case 'receipt':
      return record.fields.re
    case 'withdraw':
    case 'ack':
    case 'nack':
    case 'accept':
    case 'reject':
    case 'answer':
    case 'unblock':
    case 'take':
      return [record.fields.re]
    case 'task':
    case 'result':
      return record.fields.re === undefined ? NOTHING : [record.fields.re]
    default:
      return NOTHING
  }
}

/** Records of one such name replace each other: only the newest says something. Null for all else. */
export const replacedUnder = ({ parsed, session }: Entry): string | null => {
  if (parsed.type !== 'valid') return null
  const { record } = parsed
  switch (record.kind) {
    case 'profile':
    case 'tempo':
      return record.kind
    case 'label':
    case 'responder':
      return `${record.kind} ${session ?? ''}`
    case 'repo':
      return `repo ${record.fields.key}`
    default:
      return null
  }
}
