import type { Millis } from '../brand.js'
import type { ErrorCode } from '../errors.js'

export interface Refusal {
  readonly code: ErrorCode
  readonly count: number
  /** The newest one: what it was, from whom, when. */
  readonly text: string
  readonly from: string
  readonly at: Millis
}

/** What was refused since start, counted by code and by whom it came from, with the newest of each in words. */
export class Refusals {
  readonly #by = new Map<string, Refusal>()

  add(code: ErrorCode, text: string, from: string, at: Millis): void {
    const key = `${code} ${from}`
    const count = (this.#by.get(key)?.count ?? 0) + 1
    if (this.#by.size >= MOST && !this.#by.has(key)) return
    this.#by.set(key, { code, count, text, from, at })
  }

  list(): Refusal[] {
    return [...this.#by.values()]
  }
}

const MOST = 1_024
