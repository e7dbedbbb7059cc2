import { statfs } from 'node:fs/promises'
import { LIMITS } from '../../core/limits.js'
import { StoreFailure } from '../../ports/store.js'

/** Watches the free space of the disk under `folder`, asking the system at most once in `LIMITS.diskCheckMs`. */
export class Space {
  readonly #folder: string
  readonly #minBytes: number
  #checkedAt = Number.NEGATIVE_INFINITY

  constructor(folder: string, minBytes: number) {
    this.#folder = folder
    this.#minBytes = minBytes
  }

  /** Throws a `StoreFailure` `DISK_FULL` where fewer bytes are free than must be. */
  async check(): Promise<void> {
    const now = performance.now()
    if (now - this.#checkedAt < LIMITS.diskCheckMs) return
    const { bavail, bsize } = await statfs(this.#folder)
    const free = bavail * bsize
    if (free < this.#minBytes) throw new StoreFailure('DISK_FULL', `only ${free} bytes are free in ${this.#folder}, ${this.#minBytes} are needed before anything is written`)
    this.#checkedAt = now
  }
}
