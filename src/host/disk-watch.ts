import { LIMITS } from '../core/limits.js'
import type { Clock } from '../ports/clock.js'
import type { Runtime } from './runtime.js'

/** Tells the replica now and then what the disk has left, more often while it is short: what goes then is for the replica to say. */
export class DiskWatch {
  readonly #runtime: Runtime
  readonly #clock: Clock
  #cancel: (() => void) | null = null
  #stopped = false

  private constructor(runtime: Runtime, clock: Clock) {
    this.#runtime = runtime
    this.#clock = clock
  }

  static begin(runtime: Runtime, clock: Clock): DiskWatch {
    const watch = new DiskWatch(runtime, clock)
    void watch.#look()
    return watch
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  async #look(): Promise<void> {
    const bytes = await this.#runtime.freeBytes()
    if (this.#stopped) return
    if (bytes !== null) this.#runtime.feed({ type: 'diskFree', bytes })
    const isShort = bytes !== null && bytes < LIMITS.diskLowBytes
    this.#cancel = this.#clock.after(isShort ? LIMITS.diskShortMs : LIMITS.diskWatchMs, () => void this.#look())
  }
}
