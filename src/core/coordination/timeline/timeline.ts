import { compareEntries, type Entry } from '../records/entry.js'
import { accepts, type TimelineFilter } from './filter.js'

/** Removed entries that wait for the next question; a host that is never asked would otherwise keep them all. */
const KEPT = 1_024

/** All records in the order they are told: corrected wall time, count, host, id. The same on every host that holds them. */
export class Timeline {
  #sorted: Entry[] = []
  #added: Entry[] = []
  readonly #removed = new Set<Entry>()

  add(entry: Entry): void {
    if (!this.#removed.delete(entry)) this.#added.push(entry)
  }

  remove(entry: Entry): void {
    this.#removed.add(entry)
    if (this.#removed.size > KEPT) this.entries()
  }

  /** Oldest first. */
  entries(): readonly Entry[] {
    if (this.#added.length > 0 || this.#removed.size > 0) {
      this.#sorted = [...this.#sorted, ...this.#added].filter(entry => !this.#removed.has(entry)).sort(compareEntries)
      this.#added = []
      this.#removed.clear()
    }
    return this.#sorted
  }

  /** Those that the filter lets through, oldest first. */
  select(filter: TimelineFilter): Entry[] {
    return this.entries().filter(accepts(filter))
  }
}
