import type { Millis } from '../core/brand.js'
import { LIMITS } from '../core/limits.js'
import { failure, success, type Result } from '../core/result.js'

/** The length of a lease as it was asked for, 30 min when it was not: at least 30 s, at most 4 h for an agent and 30 days for a person. */
export const leaseFor = (askedMs: Millis | undefined, person: boolean): Result<Millis> => {
  if (askedMs === undefined) return success(LIMITS.leaseDefaultMs)
  if (askedMs < LIMITS.leaseMinMs) return failure('FIELD_INVALID', `a lease lasts at least ${LIMITS.leaseMinMs / 1000} s: a shorter one is over before the others hear of it`, { field: '--for', details: { least_ms: LIMITS.leaseMinMs } })
  const longest = person ? LIMITS.leasePersonMaxMs : LIMITS.leaseAgentMaxMs
  if (askedMs <= longest) return success(askedMs)
  return failure('FIELD_INVALID', `a lease lasts at most ${person ? '30 days' : '4 h for an agent'}; any command of its session renews it`, { field: '--for', details: { most_ms: longest } })
}
