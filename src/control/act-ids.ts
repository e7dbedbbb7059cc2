import { failure, success, type Result } from '../core/result.js'
import type { ErrorCode } from '../core/errors.js'

const SHORTEST = 8

/** Letter and eight digits of an act's id, as it is shown; more where another of `ids` begins alike. */
export const shortActId = (letter: string, ids: Iterable<string>, id: string): string => {
  const others = [...ids].filter(each => each !== id)
  for (let length = SHORTEST; length < id.length; length++) if (!others.some(each => each.startsWith(id.slice(0, length)))) return `${letter}-${id.slice(0, length)}`
  return `${letter}-${id}`
}

export interface Nobody {
  readonly code: ErrorCode
  /** `there is no … "…" in this mesh`. */
  readonly what: string
  readonly next: string
}

/** The one of these acts that a person means by `i-1a2b3c4d`, any unique beginning of it, or the whole id. */
export const actMeant = (letter: string, ids: readonly string[], text: string, { code, what, next }: Nobody): Result<string> => {
  const lower = text.toLowerCase()
  const digits = lower.startsWith(`${letter}-`) ? lower.slice(letter.length + 1) : lower
  const found = /^[0-9a-f]{1,64}$/.test(digits) ? ids.filter(each => each.startsWith(digits)) : []
  const [first, second] = found
  if (second !== undefined) {
    const candidates = found.map(each => shortActId(letter, ids, each))
    return failure('ID_AMBIGUOUS', `"${text}" may be ${candidates.slice(0, 8).join(' or ')}`, { field: 'id', details: { candidates } })
  }
  return first === undefined ? failure(code, `there is no ${what} "${text}" in this mesh`, { field: 'id', next: [next] }) : success(first)
}
