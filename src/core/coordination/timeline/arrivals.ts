import { LIMITS } from '../../limits.js'
import type { Entry } from '../records/entry.js'

/** What came after a cursor, and the cursor to ask with next. `lost`: more came than is kept; the timeline has it. */
export interface Arrived {
  readonly entries: readonly Entry[]
  readonly cursor: number
  readonly lost: boolean
}

/**
 * Records in the order in which this host came to hold them, the last few thousand: for whoever follows. The timeline's own order will not
 * do there, since what was written long ago may arrive now. Cursors mean nothing after a restart.
 */
export class Arrivals {
  #entries: Entry[] = []
  #first = 0

  add(entry: Entry): void {
    this.#entries.push(entry)
    if (this.#entries.length < 2 * LIMITS.arrivalsKept) return
    this.#first += LIMITS.arrivalsKept
    this.#entries = this.#entries.slice(LIMITS.arrivalsKept)
  }

  /** The cursor after everything that is here. */
  get cursor(): number {
    return this.#first + this.#entries.length
  }

  since(cursor: number): Arrived {
    const lost = cursor < this.#first || cursor > this.cursor
    return { entries: lost ? [] : this.#entries.slice(cursor - this.#first), cursor: this.cursor, lost }
  }
}
