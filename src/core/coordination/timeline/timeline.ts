import { compareEntries, type Entry } from '../records/entry.js'
import { accepts, type TimelineFilter } from './filter.js'

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
