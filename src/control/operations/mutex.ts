import { z } from 'zod'
import type { RecordId } from '../../core/brand.js'
import { isKindOf } from '../../core/coordination/records/entry.js'
import { waitOf, type Wait } from '../../core/coordination/waiting/wait.js'
import { LIMITS } from '../../core/limits.js'
import { failure } from '../../core/result.js'
import { lineEnd, type CallerLine } from '../caller-line.js'
import { mutexesOf, noteHolding, processNow, releaseClaim, runsUnder, type MutexNote } from '../mutex/former-holders.js'
import type { MutexPlace } from '../mutex/mutexes.js'
import { operation, type OperationContext, type Outcome } from '../operation.js'
import { repositoryHere } from '../place.js'
import { renewByActivity } from '../renewal.js'
import { attend, endWait, leaveAlone } from '../waiting/attendance.js'
import { deadlockOf, deadlockRow, tellDeadlock } from '../waiting/deadlocks.js'
import { woken, type Bell } from '../waiting/waking.js'
import { ageText, claimText } from '../words.js'

const args = z.object({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'takes a word of letters, digits and . _ -'),
  /** What runs under it, as others may read it. */
  command: z.string().min(1).max(LIMITS.reasonChars),
  pid: z.number().int().positive(),
  timeout_ms: z.number().int().positive().max(LIMITS.waitMaxMs).optional()
})

type Args = z.infer<typeof args>

const data = z.object({ name: z.string(), waited_ms: z.number().int(), held_ms: z.number().int() })

export type MutexData = z.infer<typeof data>

/** What is said before the answer: who has it, or that the caller has it now. */
export type MutexSaid =
  | { readonly state: 'queued'; readonly holder: string; readonly command: string; readonly held_ms: number; readonly ahead: number }
  | { readonly state: 'granted'; readonly waited_ms: number; readonly elsewhere: readonly string[] }

interface Scope {
  readonly repo: string
  readonly item: string
  /** Whether other hosts may know: an enrolled repository, or none. */
  readonly isShared: boolean
}

const scopeOf = async ({ host, cwd }: OperationContext, name: string): Promise<Scope> => {
  const place = await repositoryHere(host, cwd)
  return place.ok ? { repo: place.value.repository.key, item: `@mutex/${name}`, isShared: place.value.enrolled } : { repo: '', item: `@mutex/${name}`, isShared: true }
}

const scopeFields = ({ repo, item }: Scope) => ({ ...(repo === '' ? {} : { repo }), scope: [item] })

/** A word to the other hosts; what stands in its way does not keep anybody from a mutex of this host. */
const said = async ({ host, session }: OperationContext, scope: Scope, kind: 'wait' | 'claim', fields: Readonly<Record<string, unknown>>): Promise<RecordId | null> => {
  if (!scope.isShared) return null
  const written = await host.write(session, [{ kind, fields: { ...scopeFields(scope), ...fields } }])
  return written.ok ? (written.value[0]?.id ?? null) : null
}

const waitNoted = async (context: OperationContext, scope: Scope, { command, timeout_ms: timeoutMs = LIMITS.waitMaxMs }: Args): Promise<Wait | null> => {
  const { host } = context
  const id = await said(context, scope, 'wait', { until: Math.round(host.meshNow() + timeoutMs), text: command })
  const entry = id === null ? null : host.replica.view.record(id)
  return entry !== null && isKindOf(entry, 'wait') ? waitOf(entry) : null
}

/** In words who holds the name on other hosts. Advice: nobody here waits for them. */
const elsewhere = ({ host, session }: OperationContext, { repo, item }: Scope): string[] => {
  const now = host.meshNow()
  const others = host.replica.view.claims.overlapping({ repo, scope: [item], mode: 'exclusive' }, now, { exceptSession: { host: host.replica.hostId, session } })
  return others.flatMap(({ claim }) => (claim.host === host.replica.hostId ? [] : [claimText(host, claim, now)]))
}

/** Waits for the head of the row. Null: it is reached. */
const queued = async (context: OperationContext, line: CallerLine, place: MutexPlace, scope: Scope, given: Args, bell: Bell): Promise<ReturnType<typeof failure> | null> => {
  const { host, session } = context
  const begun = host.now().mono
  const timeoutMs = given.timeout_ms ?? LIMITS.waitMaxMs
  const wait = await waitNoted(context, scope, given)
  if (wait !== null) attend(host, wait.id)
  try {
    for (let shown = ''; !place.isHead(); ) {
      const ended = lineEnd(line)
      if (ended !== null) return ended === 'gone' ? failure('LINK_CLOSED', 'nobody waits for this any more') : failure('NO_DAEMON', 'the daemon ends', { next: ['skein up'] })
      const { cursor } = host.replica.view.arrivals
      const holder = place.holder()
      const waitedMs = host.now().mono - begun
      const who = `${host.nameOf(host.replica.key)}/${holder.session}`
      if (waitedMs >= timeoutMs) return failure('TIMEOUT', `mutex ${given.name} is still held by ${who} after ${ageText(waitedMs)}`, { details: { holder: who, waited_ms: Math.round(waitedMs) } })
      const deadlock = wait === null ? null : deadlockOf(host, session)
      if (deadlock !== null && deadlock.victim.host === host.replica.hostId && deadlock.victim.session === session) {
        tellDeadlock(host, session, deadlock)
        const row = deadlockRow(host, session, deadlock)
        return failure('DEADLOCK', row.text, { details: { members: row.members, release: row.release }, next: [`skein release ${row.release.join(' ')}`] })
      }
      const heldMs = Math.max(0, host.now().wall - holder.since)
      const says: MutexSaid = { state: 'queued', holder: who, command: holder.command, held_ms: heldMs, ahead: place.ahead() }
      const now = `${who} ${holder.since} ${place.ahead()}`
      if (now !== shown) line.say({ ...says })
      shown = now
      await renewByActivity({ ...context, meshNow: host.meshNow() })
      if (place.isHead()) break
      await woken(host, line, cursor, timeoutMs - waitedMs, undefined, bell)
    }
    return null
  } finally {
    if (wait !== null) {
      leaveAlone(host, wait.id)
      await endWait(host, wait)
    }
  }
}

/** Holds it until the caller says `done`, or nobody has the connection any more: neither the command nor the child that inherited it. */
const held = async (context: OperationContext, line: CallerLine, key: string, note: MutexNote | null, bell: Bell): Promise<'done' | 'stopping'> => {
  const { host } = context
  let isDone = false
  line.onHeard(text => {
    const pid = /^child ([1-9]\d{0,9})$/.exec(text)?.[1]
    const child = pid === undefined ? null : processNow(Number(pid))
    if (child !== null && note !== null) noteHolding(host, key, { ...note, processes: [...note.processes, child] })
    if (text !== 'done') return
    isDone = true
    bell.ring()
  })
  for (;;) {
    const ended = lineEnd(line)
    if (isDone || ended === 'gone') return 'done'
    if (ended === 'stopping') return 'stopping'
    await renewByActivity({ ...context, meshNow: host.meshNow() })
    if (!isDone) await woken(host, line, host.replica.view.arrivals.cursor, LIMITS.waitLookMs, () => false, bell)
  }
}

/** One command at a time under one name: for certain among the sessions of this host, and told to the others by a claim. */
export const mutex = operation({
  name: 'mutex',
  args,
  data,
  tells: true,
  holds: true,
  run: async (context, given): Promise<Outcome<MutexData>> => {
    const { host, session, line } = context
    if (line === null) return failure('NO_DAEMON', 'a mutex is kept by the daemon, and none runs', { next: ['skein up'] })
    const scope = await scopeOf(context, given.name)
    const key = `${scope.repo} ${given.name}`
    const bell: Bell = { ring: () => undefined }
    const begun = host.now()
    const granted = (waitedMs: number): void => {
      const says: MutexSaid = { state: 'granted', waited_ms: Math.round(waitedMs), elsewhere: elsewhere(context, scope) }
      line.say({ ...says })
    }
    if (runsUnder(host, key, given.pid)) {
      granted(0)
      await held(context, line, key, null, bell)
      return { ok: true, data: { name: given.name, waited_ms: 0, held_ms: Math.round(host.now().mono - begun.mono) } }
    }
    const place = mutexesOf(host).enter(key, { session, since: begun.wall, command: given.command }, () => bell.ring())
    try {
      const refused = place.isHead() ? null : await queued(context, line, place, scope, given, bell)
      if (refused !== null) return refused
      if (lineEnd(line) !== null) return failure('LINK_CLOSED', 'nobody waits for this any more')
      const waitedMs = Math.round(host.now().mono - begun.mono)
      const since = host.now()
      place.begin(since.wall)
      const own = processNow(given.pid)
      const claim = await said(context, scope, 'claim', { mode: 'exclusive', reason: given.command, until: Math.round(host.meshNow() + LIMITS.leaseDefaultMs) })
      const note: MutexNote = { session, since: since.wall, command: given.command, claim, processes: own === null ? [] : [own] }
      noteHolding(host, key, note)
      granted(waitedMs)
      const end = await held(context, line, key, note, bell)
      if (end === 'stopping') return failure('NO_DAEMON', 'the daemon ends; the next one keeps the mutex until the command has ended', { next: ['skein up'] })
      noteHolding(host, key, null)
      await releaseClaim(host, session, claim)
      return { ok: true, data: { name: given.name, waited_ms: waitedMs, held_ms: Math.round(host.now().mono - since.mono) } }
    } finally {
      // while the daemon ends nobody moves up: the next daemon knows who had it
      if (lineEnd(line) !== 'stopping') place.leave()
    }
  }
})
