import type { z } from 'zod'
import type { Millis, SessionName } from '../core/brand.js'
import type { Failure } from '../core/result.js'
import type { Evidence } from '../host/session/evidence.js'
import type { Host } from '../host/host.js'
import type { CallerLine } from './caller-line.js'
import type { Warning } from './envelope.js'

/** Who calls, from where, on which host. */
export interface OperationContext {
  readonly host: Host
  readonly caller: Evidence
  /** The caller's session, named and remembered by this host. */
  readonly session: SessionName
  readonly cwd: string
  /** Mesh time at the call, in milliseconds. */
  readonly meshNow: Millis
  /** Whether this version has an operation of that name: only what exists is suggested. */
  offers(op: string): boolean
  /** Where the operation `holds` and a daemon serves it; null for any other, and in process. */
  readonly line: CallerLine | null
}

export type Outcome<Data> =
  | {
      readonly ok: true
      readonly data: Data
      readonly warnings?: readonly Warning[]
      readonly next?: readonly string[]
      /** 0: done, or yes. 1: no. Where the store takes nothing more every answer ends with 4 instead. */
      readonly exit?: 0 | 1
      /** Repositories that the answer speaks of: freshness is judged by the hosts at work in these; all when left out. */
      readonly repositories?: readonly string[]
    }
  | { readonly ok: false; readonly failure: Failure }

/** One thing that can be asked of a host: the same in a daemon and in process, for every face. */
export interface Operation<Args = unknown, Data = unknown> {
  readonly name: string
  readonly args: z.ZodType<Args>
  readonly data: z.ZodType<Data>
  /** Whether the caller is told what is new for its session along with the answer (crossings, overlaps). Once each. */
  readonly tells: boolean
  /** Set where the answer itself says that nothing is written any more; any other answer of a fenced host carries it as a warning. */
  readonly tellsFence?: true
  /** False where the call itself says what becomes of the session's leases; any other call renews those of which a third has passed. */
  readonly renewsLeases?: false
  /** The call may last as long as its caller holds the connection, and is ended by letting go of it. */
  readonly holds?: true
  run(context: OperationContext, args: Args): Promise<Outcome<Data>>
}

/** Gives up the types of arguments and data, so that operations can stand in one table; `dispatch` parses the arguments first. */
export const operation = <Args, Data>(definition: Operation<Args, Data>): Operation => ({
  ...definition,
  run: (context, args) => definition.run(context, definition.args.parse(args))
})
