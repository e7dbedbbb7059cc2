import type { Millis } from '../brand.js'
import { LIMITS } from '../limits.js'
import { compareStamps, type Stamp } from '../stamp.js'

const MAX_COUNT = 0xffff

/** The author's hybrid logical clock: never goes back, never gives one stamp twice, and follows others at most five minutes ahead (rules F2). */
export class HybridClock {
  #last: Stamp = { wall: 0, count: 0 }

  get last(): Stamp {
    return this.#last
  }

  /** The next own stamp. A full counter borrows the next millisecond. */
  tick(wall: Millis): Stamp {
    if (wall > this.#last.wall) this.#last = { wall, count: 0 }
    else if (this.#last.count < MAX_COUNT) this.#last = { wall: this.#last.wall, count: this.#last.count + 1 }
    else this.#last = { wall: this.#last.wall + 1, count: 0 }
    return this.#last
  }

  /** Takes note of a foreign stamp, bounded by the own wall clock. */
  witness(stamp: Stamp, wall: Millis): void {
    const bound = Math.min(stamp.wall, wall + LIMITS.clockAheadMs)
    if (bound > this.#last.wall || (bound === this.#last.wall && stamp.wall === bound && stamp.count > this.#last.count)) {
      this.#last = { wall: bound, count: stamp.wall === bound ? stamp.count : 0 }
    }
  }

  /** Begins anew with what the wall says: only for an epoch that begins too (rules F3). */
  restart(): void {
    this.#last = { wall: 0, count: 0 }
  }

  /** Takes note of a stamp of the own log, found at start: unbounded, or a number could be given twice. */
  restore(stamp: Stamp): void {
    if (compareStamps(stamp, this.#last) > 0) this.#last = stamp
  }
}
