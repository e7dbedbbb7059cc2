import { z } from 'zod'
import type { SessionName } from '../../core/brand.js'
import { maskedEnd } from '../../core/coordination/records/secrets.js'
import { visible } from '../../core/coordination/records/visible.js'
import { LIMITS } from '../../core/limits.js'
import { failure, success, type Result } from '../../core/result.js'
import type { Host } from '../../host/host.js'
import { noteWork, workOf, type SessionWork } from '../../host/session/work.js'
import { nearest } from '../nearest.js'
import { operation, type OperationContext } from '../operation.js'
import { recordData, recordSchema } from '../record-data.js'
import { endSession } from '../succession/ending.js'

const workArgs = {
  failure: z.string().optional().describe('what the last failing tool call said; its end is kept, likely secrets masked'),
  transcript: z.string().optional().describe('where the transcript lies')
}

const transcriptOf = (text: string): Result<string> =>
  text.length <= LIMITS.patternChars && visible(text) === text && text.trim() !== ''
    ? success(text)
    : failure('FIELD_INVALID', `a transcript is named by one path of at most ${LIMITS.patternChars} characters`, { field: 'transcript' })

/** Adds to what this host keeps of a session's work. An empty failure says that what failed was mended. */
const keep = (host: Host, session: SessionName, { failure: failed, transcript }: { readonly failure?: string | undefined; readonly transcript?: string | undefined }): Result<SessionWork> => {
  const { failure: before, ...rest } = workOf(host, session)
  const kept = failed === undefined ? before : maskedEnd(failed, LIMITS.failureChars)
  const path = transcript === undefined ? null : transcriptOf(transcript)
  if (path?.ok === false) return path
  const work: SessionWork = { ...rest, ...(kept === undefined || kept === null ? {} : { failure: kept }), ...(path === null ? {} : { transcript: path.value }) }
  noteWork(host, session, work)
  return success(work)
}

const noted = z.object({ session: z.string(), failure: z.string().nullable(), transcript: z.string().nullable(), root: z.string().nullable().describe('the work tree that it asked from last') })

export type SessionNoted = z.infer<typeof noted>

/** What a hook says while its session lives, so that it is there if the session dies without a word. Kept on this host, signed only then. */
export const sessionsNote = operation({
  name: 'sessions-note',
  args: z.object(workArgs),
  data: noted,
  tells: false,
  run: async ({ host, session }, args) => {
    const work = keep(host, session, args)
    if (!work.ok) return work
    const { failure: failed = null, transcript = null, place } = work.value
    return { ok: true, data: { session, failure: failed, transcript, root: place?.root ?? null } }
  }
})

const ended = z.object({ session: z.string(), handoff: recordSchema.nullable().describe('null: it had ended before, or nobody knew of it and it leaves nothing') })

export type SessionEnded = z.infer<typeof ended>

/** Any session of this host: all are one user's. Not one whose agent still runs, unless it says so itself. */
const whichEnds = ({ host, session }: OperationContext, named: string | undefined): Result<SessionName> => {
  if (named === undefined || named === session) return success(session)
  const known = host.sessions.get(named)
  if (known === undefined) {
    const meant = nearest(named, host.sessions.list().map(({ name }) => name))
    return failure('NO_SUCH_SESSION', `this host knows no session ${JSON.stringify(named.slice(0, LIMITS.nameChars))}`, { field: 'session', next: [meant === null ? 'skein sessions' : `skein sessions end ${meant}`] })
  }
  return host.sessions.runs(known) ? failure('FIELD_INVALID', `the agent of ${named} still runs (pid ${known.agent?.pid ?? 0}); it ends its session itself`, { field: 'session' }) : success(known.name)
}

/** Says that a session has ended. What it left open goes to the next session in its checkout, else to its host; any command of its own brings it back. */
export const sessionsEnd = operation({
  name: 'sessions-end',
  args: z.object({ ...workArgs, session: z.string().optional().describe("the caller's own, when left out") }),
  data: ended,
  tells: false,
  renewsLeases: false,
  run: async (context, { session: named, ...rest }) => {
    const { host } = context
    const session = whichEnds(context, named)
    if (!session.ok) return session
    const kept = keep(host, session.value, rest)
    if (!kept.ok) return kept
    const handoff = await endSession(host, session.value, 'ended')
    if (!handoff.ok) return handoff
    return { ok: true, data: { session: session.value, handoff: handoff.value === null ? null : recordData(host, handoff.value) } }
  }
})
