import { z } from 'zod'
import type { RecordId } from '../../core/brand.js'
import { isKindOf } from '../../core/coordination/records/entry.js'
import { goalsOf, isFree, type Goal } from '../../core/coordination/waiting/goal.js'
import { heldBefore } from '../../core/coordination/waiting/heldbefore.js'
import { waitOf, waitStateOf, type Wait } from '../../core/coordination/waiting/wait.js'
import type { Deadlock } from '../../core/coordination/waiting/waitgraph.js'
import { LIMITS } from '../../core/limits.js'
import { failure, success, type Result } from '../../core/result.js'
import type { Warning } from '../envelope.js'
import { operation, type OperationContext, type Outcome } from '../operation.js'
import { renewByActivity } from '../renewal.js'
import { scopeHere } from '../scopes.js'
import { attend, endWait, leaveAlone } from '../waiting/attendance.js'
import { deadlockOf, deadlockRow, deadlockWarning, tellDeadlock } from '../waiting/deadlocks.js'
import { standBy } from '../waiting/standing-by.js'
import { obstacleRow, obstacleSchema, wantedTexts } from '../waiting/waiters.js'
import { ageText, iso } from '../words.js'

const args = z.object({
  /** Scopes as typed and ids of claims, or the id of one wait that stands. */
  what: z.array(z.string()).min(1).max(LIMITS.patternsPerClaim),
  timeout_ms: z.number().int().positive().max(LIMITS.waitMaxMs).optional(),
  /** Writes the wait down and answers at once. */
  park: z.boolean().default(false),
  reason: z.string().optional()
})

type Args = z.infer<typeof args>

const freed = z.object({
  what: z.string().describe('the item, or the id of the claim'),
  held_by: z
    .array(obstacleSchema.extend({ how: z.enum(['released', 'handed', 'lapsed']), at: z.string() }))
    .describe('who stood in the way since the wait began; empty where it was free all along')
})

const data = z.object({
  state: z.enum(['free', 'waiting']).describe('`waiting`: the wait stands, and nobody stands behind it (--park)'),
  wait: z.string().nullable().describe('the token that resumes it: skein wait TOKEN; null where nothing had to be waited for'),
  what: z.array(z.string()),
  freed: z.array(freed),
  held_by: z.array(obstacleSchema).describe('who stands in the way now'),
  waited_ms: z.number().int().describe('since the wait was written'),
  until: z.string().nullable()
})

export type WaitData = z.infer<typeof data>

interface Wanted {
  readonly repo: string | null
  readonly items: readonly string[]
  readonly claims: readonly RecordId[]
}

const CLAIM_ID = /^c-[0-9a-hjkmnp-tv-z]{1,32}$/i
const WAIT_ID = /^w-[0-9a-hjkmnp-tv-z]{1,32}$/i

/** The claim of an id; its holder does not wait for it. */
const claimNamed = ({ host, session }: OperationContext, text: string): Result<RecordId> => {
  const found = host.replica.view.find(text)
  if (!found.ok) return found
  if (!isKindOf(found.value, 'claim')) return failure('FIELD_INVALID', `${text} is no claim`, { field: 'what' })
  const isOwn = found.value.host === host.replica.hostId && found.value.session === session
  return isOwn ? failure('FIELD_INVALID', `${text} is your own claim`, { field: 'what', next: [`skein release ${text}`] }) : success(found.value.id)
}

const wantedOf = async (context: OperationContext, what: readonly string[]): Promise<Result<Wanted>> => {
  const claims: RecordId[] = []
  const typed: string[] = []
  for (const text of what) {
    if (!CLAIM_ID.test(text)) {
      typed.push(text)
      continue
    }
    const claim = claimNamed(context, text)
    if (!claim.ok) return claim
    claims.push(claim.value)
  }
  if (typed.length === 0) return success({ repo: null, items: [], claims })
  const here = await scopeHere(context, typed)
  return here.ok ? success({ repo: here.value.repo, items: here.value.scope, claims }) : here
}

/** The wait that a token names: this host's, whichever of its sessions has the token. */
const waitNamed = ({ host }: OperationContext, text: string): Result<Wait> => {
  const found = host.replica.view.find(text)
  if (!found.ok) return found
  if (!isKindOf(found.value, 'wait')) return failure('FIELD_INVALID', `${text} is no wait`, { field: 'what' })
  return found.value.host === host.replica.hostId ? success(waitOf(found.value)) : failure('FIELD_INVALID', `${text} is a wait of another host`, { field: 'what', next: ['skein status'] })
}

const obstacles = ({ host }: OperationContext, goals: readonly Goal[]): WaitData['held_by'] =>
  [...new Map(goals.flatMap(({ held }) => held.map(claim => [claim.id, claim] as const))).values()].slice(0, LIMITS.holdersListed).map(claim => obstacleRow(host, claim))

const freedRows = ({ host }: OperationContext, wait: Wait, goals: readonly Goal[]): WaitData['freed'] =>
  goals.map(goal => ({
    what: goal.claim === null ? goal.what : host.replica.view.names().record(goal.claim),
    held_by: heldBefore(host.replica.view, wait, goal).slice(-LIMITS.holdersListed).map(({ claim, how, at }) => ({ ...obstacleRow(host, claim), how, at: iso(at) }))
  }))

const waitedMs = ({ host }: OperationContext, wait: Wait): number => Math.max(0, Math.round(host.meshNow() - wait.since))

const shortOf = ({ host }: OperationContext, wait: Wait): string => host.replica.view.shortId(wait.entry)

const waitingData = (context: OperationContext, wait: Wait): WaitData => ({
  state: 'waiting',
  wait: shortOf(context, wait),
  what: wantedTexts(context.host, wait),
  freed: [],
  held_by: obstacles(context, goalsOf(context.host.replica.view, wait, context.host.meshNow())),
  waited_ms: waitedMs(context, wait),
  until: iso(wait.until)
})

const freeOutcome = (context: OperationContext, wait: Wait, goals: readonly Goal[], warnings: readonly Warning[]): Outcome<WaitData> => ({
  ok: true,
  data: { state: 'free', wait: shortOf(context, wait), what: wantedTexts(context.host, wait), freed: freedRows(context, wait, goals), held_by: [], waited_ms: waitedMs(context, wait), until: null },
  warnings
})

const written = async (context: OperationContext, { repo, items, claims }: Wanted, { timeout_ms: timeoutMs = LIMITS.waitDefaultMs, reason }: Args): Promise<Result<Wait>> => {
  const { host, session } = context
  const fields = {
    ...(repo === null ? {} : { repo }),
    ...(items.length === 0 ? {} : { scope: items }),
    ...(claims.length === 0 ? {} : { re: claims }),
    until: Math.round(host.meshNow() + timeoutMs),
    ...(reason === undefined ? {} : { text: reason })
  }
  const made = await host.write(session, [{ kind: 'wait', fields }])
  if (!made.ok) return made
  const entry = made.value[0] === undefined ? null : host.replica.view.record(made.value[0].id)
  if (entry === null || !isKindOf(entry, 'wait')) throw new Error('a wait that was written is not in the view')
  return success(waitOf(entry))
}

const deadlockFailure = (context: OperationContext, wait: Wait, deadlock: Deadlock): Outcome<WaitData> => {
  tellDeadlock(context.host, wait.session, deadlock)
  const row = deadlockRow(context.host, wait.session, deadlock)
  const token = shortOf(context, wait)
  return failure('DEADLOCK', row.text, { details: { wait: token, waited_ms: waitedMs(context, wait), victim: row.victim, members: row.members, release: row.release }, next: [`skein release ${row.release.join(' ')}`, `skein wait ${token}`] })
}

/** Stands behind a wait that is written until it ends. */
const block = async (context: OperationContext, wait: Wait): Promise<Outcome<WaitData>> => {
  const { host, line } = context
  const token = shortOf(context, wait)
  if (line === null) return failure('NO_DAEMON', 'nothing can be waited for without a daemon: only it hears what changes', { next: ['skein up', `skein wait ${token}`] })
  const warnings: Warning[] = []
  const warned = (warning: Warning): void => {
    warnings.push(warning)
    line.say({ warning })
  }
  attend(host, wait.id)
  line.say({ ...waitingData(context, wait) })
  const end = await standBy(host, line, wait, {
    entangled: deadlock => {
      if (tellDeadlock(host, wait.session, deadlock)) warned(deadlockWarning(deadlockRow(host, wait.session, deadlock)))
    },
    warned,
    renew: async () => void (await renewByActivity({ ...context, meshNow: host.meshNow() }))
  })
  // a daemon that ends leaves the note behind, so that the next one knows that somebody may come back
  if (end.type !== 'stopping') leaveAlone(host, wait.id)
  if (end.type === 'free' || end.type === 'gone') await endWait(host, wait)
  switch (end.type) {
    case 'free':
      return freeOutcome(context, wait, end.goals, warnings)
    case 'victim':
      return deadlockFailure(context, wait, end.deadlock)
    case 'over': {
      const held = obstacles(context, goalsOf(host.replica.view, wait, host.meshNow()))
      const who = held.map(({ holder, claim }) => `${holder} (${claim})`).slice(0, 3).join(', ')
      return failure('TIMEOUT', `still held by ${who} after ${ageText(waitedMs(context, wait))}`, { details: { wait: token, waited_ms: waitedMs(context, wait), held_by: held }, next: [`skein wait ${wantedTexts(host, wait).join(' ')}`] })
    }
    case 'withdrawn':
      return failure('TIMEOUT', `${token} was withdrawn`, { details: { wait: token, waited_ms: waitedMs(context, wait) } })
    case 'stopping':
      return failure('NO_DAEMON', 'the daemon ends; the wait stands', { details: { wait: token }, next: ['skein up', `skein wait ${token}`] })
    case 'gone':
      return failure('LINK_CLOSED', 'nobody waits for this any more')
  }
}

/** A wait that was parked, or whose daemon ended: what became of it, or on with it. */
const resume = async (context: OperationContext, text: string, park: boolean): Promise<Outcome<WaitData>> => {
  const { host } = context
  const found = waitNamed(context, text)
  if (!found.ok) return found
  const wait = found.value
  const state = waitStateOf(host.replica.view, wait, host.meshNow())
  if (state === 'withdrawn') return failure('NO_SUCH_RECORD', `${text} has ended already`, { field: 'what', next: [`skein show ${text}`, `skein wait ${wantedTexts(host, wait).join(' ')}`] })
  const free = goalsOf(host.replica.view, wait, host.meshNow()).filter(isFree)
  if (free.length > 0) {
    await endWait(host, wait)
    return freeOutcome(context, wait, free, [])
  }
  if (state === 'over') return failure('TIMEOUT', `${text} was over ${iso(wait.until)}`, { details: { wait: text, held_by: waitingData(context, wait).held_by }, next: [`skein wait ${wantedTexts(host, wait).join(' ')}`] })
  return park ? parked(context, wait) : block(context, wait)
}

const parked = (context: OperationContext, wait: Wait): Outcome<WaitData> => {
  const { host } = context
  const deadlock = deadlockOf(host, wait.session)
  const warnings = deadlock !== null && tellDeadlock(host, wait.session, deadlock) ? [deadlockWarning(deadlockRow(host, wait.session, deadlock))] : []
  return { ok: true, data: waitingData(context, wait), warnings, next: [`skein wait ${shortOf(context, wait)}`] }
}

/** Waits until one of several scopes or claims is free of other sessions' live claims, and says so to those who hold them. */
export const wait = operation({
  name: 'wait',
  args,
  data,
  tells: true,
  holds: true,
  run: async (context, given): Promise<Outcome<WaitData>> => {
    const { host, session, line } = context
    const [first = '', ...rest] = given.what
    if (WAIT_ID.test(first)) {
      if (rest.length > 0 || given.timeout_ms !== undefined) return failure('USAGE', 'a wait is resumed by itself, until the time that it was given', { field: 'what', next: [`skein wait ${first}`] })
      return resume(context, first, given.park)
    }
    const wanted = await wantedOf(context, given.what)
    if (!wanted.ok) return wanted
    const { repo, items, claims } = wanted.value
    const goals = goalsOf(host.replica.view, { host: host.replica.hostId, session, repo: repo ?? '', items, claims }, host.meshNow())
    const free = goals.filter(isFree)
    if (free.length > 0) {
      const rows = free.map(({ what, claim }) => ({ what: claim === null ? what : host.replica.view.names().record(claim), held_by: [] }))
      return { ok: true, data: { state: 'free', wait: null, what: wantedTexts(host, { items, claims }), freed: rows, held_by: [], waited_ms: 0, until: null }, ...(repo === null ? {} : { repositories: [repo] }) }
    }
    if (!given.park && line === null) return failure('NO_DAEMON', 'nothing can be waited for without a daemon: only it hears what changes', { details: { held_by: obstacles(context, goals) }, next: ['skein up', 'skein wait … --park'] })
    const made = await written(context, wanted.value, given)
    if (!made.ok) return made
    return given.park ? parked(context, made.value) : block(context, made.value)
  }
})
