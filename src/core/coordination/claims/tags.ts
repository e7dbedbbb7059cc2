import { isKindOf, type Entry, type EntryOf } from '../records/entry.js'
import { drop, put } from './sets.js'

/** Which claims bear which tag, whatever became of them. A function of the set of records. */
export class Tags {
  readonly #byTag = new Map<string, Set<EntryOf<'claim'>>>()

  add(entry: Entry): void {
    if (isKindOf(entry, 'claim')) for (const tag of entry.parsed.record.fields.tags ?? []) put(this.#byTag, tag, entry)
  }

  remove(entry: Entry): void {
    if (isKindOf(entry, 'claim')) for (const tag of entry.parsed.record.fields.tags ?? []) drop(this.#byTag, tag, entry)
  }

  of(tag: string): Iterable<EntryOf<'claim'>> {
    return this.#byTag.get(tag) ?? []
  }
}
