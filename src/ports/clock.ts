import type { Millis, Now } from '../core/brand.js'

/** The one place time comes from. */
export interface Clock {
  now(): Now
  /** Calls back once, after at least this long; the answer cancels. Never keeps a process alive by itself. */
  after(ms: Millis, run: () => void): () => void
}
