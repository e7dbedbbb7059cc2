import type { Millis } from '../../brand.js'

/** `2026-11-20T14:06:11.204Z`: the same text on every host. */
export const utc = (at: Millis): string => new Date(at).toISOString()

/** `2026-11-20 14:06Z`, for prose. */
export const utcMinute = (at: Millis): string => `${utc(at).slice(0, -8).replace('T', ' ')}Z`
