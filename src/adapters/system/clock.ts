import type { Clock } from '../../ports/clock.js'

/** The machine's own clocks. */
export const systemClock: Clock = {
  now: () => ({ wall: Date.now(), mono: performance.now() }),
  after: (ms, run) => {
    const timer = setTimeout(run, Math.min(ms, MAX_TIMER_MS))
    timer.unref()
    return () => clearTimeout(timer)
  }
}

/** A timer of Node takes no more than a signed 32-bit number. */
const MAX_TIMER_MS = 2 ** 31 - 1
