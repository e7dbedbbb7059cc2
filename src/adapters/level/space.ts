import { statfs } from 'node:fs/promises'
import { LIMITS } from '../../core/limits.js'
import { StoreFailure } from '../../ports/store.js'

const mebibytes = (bytes: number): string => `${Math.floor(bytes / (1024 * 1024))} MiB`

/** Watches the free space of the disk under `folder`, asking the system at most once in `LIMITS.diskCheckMs`. */
export class Space {
  readonly #folder: string
  readonly #minBytes: number
  #checkedAt = Number.NEGATIVE_INFINITY

  constructor(folder: string, minBytes: number) {
    this.#folder = folder
    this.#minBytes = minBytes
  }

  async free(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#folder)
    return bavail * bsize
  }

  /** Throws a `StoreFailure` `DISK_FULL` where fewer bytes are free than must be. */
  async check(): Promise<void> {
    const now = performance.now()
    if (now - this.#checkedAt < LIMITS.diskCheckMs) return
    const free = await this.free()
    if (free < this.#minBytes) throw new StoreFailure('DISK_FULL', `only ${mebibytes(free)} are free where ${this.#folder} lies, and nothing is written with less than ${mebibytes(this.#minBytes)}`)
    this.#checkedAt = now
  }
}
