import type { ErrorCode } from './errors.js'

/** An expected failure: a code of the closed table in `errors.ts`, and what a person needs to mend it. */
export interface Failure {
  readonly code: ErrorCode
  readonly message: string
  /** The field, flag or argument that is wrong. */
  readonly field?: string
  readonly details?: Readonly<Record<string, unknown>>
  /** Commands that lead on, most useful first. */
  readonly next?: readonly string[]
}

export type Result<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly failure: Failure }

export const success = <Value>(value: Value): Result<Value> => ({ ok: true, value })

export const failure = (code: ErrorCode, message: string, rest: Omit<Failure, 'code' | 'message'> = {}): { ok: false; failure: Failure } => ({
  ok: false,
  failure: { code, message, ...rest }
})
