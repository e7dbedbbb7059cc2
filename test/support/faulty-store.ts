import { StoreFailure } from '../../src/ports/store.js'
import type { Batch, FrameStore, Reach, ReadLimit, Stored, StoredFrame } from '../../src/ports/store.js'

export interface StoreFaults {
  /** Awaited before the nth commit (from 1) reaches the store; commits behind it wait too. */
  readonly before?: (commit: number) => Promise<void>
  /** The nth commit (from 1) fails, and with it all later ones: nothing of it reaches the store. */
  readonly failAt?: number
  /** The nth commit reaches the store and fails all the same, as when the disk fails after it took the bytes. */
  readonly failAfter?: number
  readonly code?: 'FENCED' | 'DISK_FULL'
}

/** Any store, with faults at chosen commits; it fences as the contract says. */
export class FaultyStore implements FrameStore {
  readonly #inner: FrameStore
  readonly #faults: StoreFaults
  #last: Promise<unknown> = Promise.resolve()
  #fence: StoreFailure | null = null
  /** Commits asked for so far. */
  commits = 0

  constructor(inner: FrameStore, faults: StoreFaults) {
    this.#inner = inner
    this.#faults = faults
  }

  get fence(): StoreFailure | null {
    return this.#fence ?? this.#inner.fence
  }

  freeBytes(): Promise<number | null> {
    return this.#inner.freeBytes()
  }

  scan(reach: Reach): AsyncIterable<Stored> {
    return this.#inner.scan(reach)
  }

  commit(batch: Batch): Promise<void> {
    const number = ++this.commits
    const committed = this.#last.then(() => this.#commit(number, batch))
    this.#last = committed.catch(() => null)
    return committed
  }

  frames(author: StoredFrame['author'], from: number, limit: ReadLimit): Promise<StoredFrame[]> {
    return this.#inner.frames(author, from, limit)
  }

  framesBefore(author: StoredFrame['author'], before: number, limit: ReadLimit): Promise<StoredFrame[]> {
    return this.#inner.framesBefore(author, before, limit)
  }


  async close(): Promise<void> {
    await this.#last
    await this.#inner.close()
  }

  async #commit(number: number, batch: Batch): Promise<void> {
    await this.#faults.before?.(number)
    const { failAt = Number.POSITIVE_INFINITY, failAfter = Number.POSITIVE_INFINITY, code = 'FENCED' } = this.#faults
    if (this.#fence === null && number === failAfter) await this.#inner.commit(batch)
    if (number >= Math.min(failAt, failAfter)) this.#fence ??= new StoreFailure(code, `commit ${number} was made to fail`)
    if (this.#fence !== null) throw this.#fence
    await this.#inner.commit(batch)
  }
}
