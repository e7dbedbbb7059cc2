import { z } from 'zod'
import { visible, visibleLines } from '../core/coordination/records/visible.js'
import { ERRORS, type ErrorCode } from '../core/errors.js'
import type { Failure } from '../core/result.js'
import { withheldSchema } from './withheld.js'

/** Version of the JSON that every command prints (docs/cli.md, JSON). */
export const SCHEMA_VERSION = 1

export const warningSchema = z.object({ code: z.string(), text: z.string(), details: z.record(z.string(), z.unknown()) })

/** Something that the caller should know and that did not stop the command. */
export type Warning = z.infer<typeof warningSchema>

export const freshnessSchema = z.object({
  /** ISO 8601, UTC: when the answer was given. */
  as_of: z.string(),
  view_hash: z.string(),
  /** Every host with live claims or sessions in the repositories asked about was heard within its tempo's bound. */
  complete: z.boolean(),
  silent: z.array(z.object({ host: z.string(), id: z.string(), since: z.string().nullable(), held: z.number().int() })),
  /** Epochs whose claims are in no view, and may stand all the same. */
  withheld: z.array(withheldSchema)
})

/** How far the answer can be trusted: absence is told apart from zero. */
export type Freshness = z.infer<typeof freshnessSchema>

export interface SuccessEnvelope {
  readonly schema_version: typeof SCHEMA_VERSION
  readonly ok: true
  readonly data: unknown
  readonly warnings: readonly Warning[]
  readonly freshness: Freshness | Record<string, never>
  readonly next: readonly string[]
}

export interface FailureEnvelope {
  readonly schema_version: typeof SCHEMA_VERSION
  readonly ok: false
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly field: string | null; readonly details: Readonly<Record<string, unknown>> }
  readonly next: readonly string[]
  readonly freshness: Freshness | Record<string, never>
}

export type Envelope = SuccessEnvelope | FailureEnvelope

/** What a control call comes back with: the envelope, and the exit code of the command that made it. */
export interface Reply {
  readonly envelope: Envelope
  readonly exit: number
}

/** A warning whose words can go before a person or a model as they are. */
export const inertWarning = ({ text, ...rest }: Warning): Warning => ({ ...rest, text: visibleLines(text) })

/** What went wrong, in words that can be printed as they are: messages quote what was typed, and what peers said. */
export const failureReply = (failure: Failure, freshness: Freshness | Record<string, never> = {}): Reply => ({
  envelope: {
    schema_version: SCHEMA_VERSION,
    ok: false,
    error: { code: failure.code, message: visibleLines(failure.message), field: failure.field ?? null, details: failure.details ?? {} },
    next: (failure.next ?? []).map(visible),
    freshness
  },
  exit: ERRORS[failure.code].exit
})

/** What a defect of skein looks like to whoever met it: no stack trace, and what to do. */
export const bugReply = (error: unknown): Reply =>
  failureReply({ code: 'BUG', message: `this is a defect of skein: ${error instanceof Error ? error.message : String(error)}`, next: ['skein verify', 'report it with the command that you typed'] })
