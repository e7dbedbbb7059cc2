import type { Millis } from '../core/brand.js'

/** ISO 8601, UTC, with milliseconds. */
export const iso = (at: Millis): string => new Date(at).toISOString()

/** `40 s`, `12 min`, `3 h`, `2 days`: an age as people say it. */
export const ageText = (ms: Millis): string => {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 90) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 90) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`
}
