import { LIMITS } from '../../core/limits.js'
import type { Host } from '../../host/host.js'
import { endGone } from './ending.js'

/** Looks now and then whether the agents of this host's sessions still run; without a daemon every command looks for itself. */
export class SessionWatch {
  readonly #host: Host
  #cancel: (() => void) | null = null
  #looking: Promise<void> = Promise.resolve()
  #stopped = false

  private constructor(host: Host) {
    this.#host = host
  }

  static begin(host: Host): SessionWatch {
    const watch = new SessionWatch(host)
    watch.#wait()
    return watch
  }

  /** Resolves when no look is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel?.()
    await this.#looking
  }

  #wait(): void {
    if (this.#stopped) return
    this.#cancel = this.#host.adapters.clock.after(LIMITS.sessionWatchMs, () => {
      this.#looking = endGone(this.#host).then(() => this.#wait())
    })
  }
}
