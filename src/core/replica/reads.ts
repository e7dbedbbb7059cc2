import type { AuthorId } from '../brand.js'
import type { Context } from './context.js'
import type { ReadLimit } from './storage.js'

type Taker = (frames: readonly Uint8Array[]) => void

/** What is being read from the own disk, and who waits for it. */
export class Reads {
  readonly #context: Context
  readonly #takers = new Map<number, Taker>()
  #next = 1

  constructor(context: Context) {
    this.#context = context
  }

  /** @param take gets the frames from this number on, none where there are none; it never comes if the read fails. */
  begin(author: AuthorId, from: number, limit: ReadLimit, take: Taker): void {
    const read = this.#next++
    this.#takers.set(read, take)
    this.#context.emit({ type: 'read', read, author, from, backwards: false, limit })
  }

  /** The same of the frames that end before this number. */
  beginBefore(author: AuthorId, before: number, limit: ReadLimit, take: Taker): void {
    const read = this.#next++
    this.#takers.set(read, take)
    this.#context.emit({ type: 'read', read, author, from: before, backwards: true, limit })
  }

  done(read: number, frames: readonly Uint8Array[]): void {
    const take = this.#takers.get(read)
    this.#takers.delete(read)
    take?.(frames)
  }
}
