import type { Millis, Now } from '../../src/core/brand.js'
import type { Schedule } from './schedule.js'

/** What a wall clock that is right shows when a simulation begins. */
export const EPOCH_MS = 1_795_183_200_000

/** A host's two clocks: the wall's, which anybody may set to anything, and the monotonic one, which may stand still while the machine sleeps. */
export class SimClock {
  /** What the wall clock shows beyond the right time. */
  skewMs: Millis = 0
  readonly #schedule: Schedule
  readonly #monoAtStart: Millis
  #sleptMs: Millis = 0

  constructor(schedule: Schedule, monoAtStart: Millis) {
    this.#schedule = schedule
    this.#monoAtStart = monoAtStart
  }

  /** Never before 1970: no system lets its clock be set there. */
  get wall(): Millis {
    return Math.max(0, EPOCH_MS + this.#schedule.now + this.skewMs)
  }

  get mono(): Millis {
    return this.#monoAtStart + this.#schedule.now - this.#sleptMs
  }

  get now(): Now {
    return { wall: this.wall, mono: this.mono }
  }

  /** The machine slept, and its monotonic clock with it. */
  slept(ms: Millis): void {
    this.#sleptMs += ms
  }
}
