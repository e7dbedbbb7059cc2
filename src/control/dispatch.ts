import { z } from 'zod'
import { visible } from '../core/coordination/records/visible.js'
import { failure } from '../core/result.js'
import type { Host } from '../host/host.js'
import { evidenceSchema } from '../host/session/evidence.js'
import type { CallerLine } from './caller-line.js'
import { doubtNotice } from './doubt.js'
import { copiedNotice } from './forks.js'
import { bugReply, failureReply, inertWarning, SCHEMA_VERSION, type Reply } from './envelope.js'
import { FENCED_EXIT, fenceWarnings } from './fence.js'
import { freshnessOf } from './freshness.js'
import { noticesFor } from './notices.js'
import type { OperationContext } from './operation.js'
import { proposalNotices } from './agreement/proposals.js'
import { rotationNotice } from './rotation.js'
import { OPERATIONS } from './operations.js'
import { wordsFor } from './passing/told.js'
import { renewByActivity } from './renewal.js'
import { reminders } from './reminding.js'
import { arrive } from './succession/arriving.js'
import { tagNotices } from './tagged.js'
import { deadlockNotices } from './waiting/deadlocks.js'
import { gaveWay } from './waiting/giving-way.js'

/** One control call as it travels: which operation, by whom, from where. */
export const callSchema = z.object({
  op: z.string().max(64),
  args: z.record(z.string(), z.unknown()),
  caller: evidenceSchema,
  cwd: z.string().max(4096)
})

export type Call = z.infer<typeof callSchema>

/** Whether a call of this name may last as long as its caller holds the connection. */
export const isHolding = (op: string): boolean => OPERATIONS.get(op)?.holds === true

/** Runs one call on an opened host. Never throws: what should not happen is answered as a bug. */
export const dispatch = async (host: Host, call: Call, line: CallerLine | null = null): Promise<Reply> => {
  const found = OPERATIONS.get(call.op)
  if (found === undefined) return failureReply({ code: 'USAGE', message: `there is no operation ${JSON.stringify(call.op)}; the daemon may be of another version`, next: ['skein down', 'skein up'] })
  const args = found.args.safeParse(call.args)
  if (!args.success) {
    const issue = args.error.issues[0]
    return failureReply(failure('FIELD_INVALID', `${issue?.path.join('.') ?? 'arguments'}: ${issue?.message ?? 'not valid'}`, { field: issue?.path.join('.') ?? 'args' }).failure)
  }
  try {
    // first what happened while this machine slept, then who holds what
    if (found.tells) await host.caughtUp()
    const session = host.sessionOf(call.caller)
    const context: OperationContext = { host, caller: call.caller, session, cwd: call.cwd, meshNow: host.meshNow(), offers: op => OPERATIONS.has(op), line }
    const renewed = found.renewsLeases === false ? [] : await renewByActivity(context)
    const arrived = found.tells ? await arrive(context) : []
    const outcome = await found.run(context, args.data)
    if (!outcome.ok) return failureReply(outcome.failure, freshnessOf(host))
    const told = found.tells ? [...arrived, ...doubtNotice(context), ...rotationNotice(host), ...copiedNotice(context), ...wordsFor(context), ...(await noticesFor(context)), ...tagNotices(context), ...deadlockNotices(host, session), ...gaveWay(host, session), ...proposalNotices(context), ...reminders(context)] : []
    return {
      envelope: {
        schema_version: SCHEMA_VERSION,
        ok: true,
        data: outcome.data,
        warnings: [...renewed, ...(outcome.warnings ?? []), ...told, ...(found.tellsFence ? [] : fenceWarnings(host))].map(inertWarning),
        freshness: freshnessOf(host, outcome.repositories),
        next: (outcome.next ?? []).map(visible)
      },
      exit: host.replica.fenced === null ? (outcome.exit ?? 0) : FENCED_EXIT
    }
  } catch (error) {
    return bugReply(error)
  }
}
