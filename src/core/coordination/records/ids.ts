import type { RecordId } from '../../brand.js'
import { compareText } from '../../encoding/bytes.js'
import { failure, success, type Result } from '../../result.js'
import { letterOf, type Entry } from './entry.js'

/** Characters of an id that a person is shown. */
const SHOWN = 8
const CANDIDATES = 8

const PREFIX = /^(?:([a-z]{1,2})-)?([0-9a-hjkmnp-tv-z]{1,32})$/

const crowded = (ids: Iterable<RecordId>): ReadonlySet<string> => {
  const once = new Set<string>()
  const again = new Set<string>()
  for (const id of ids) {
    const shown = id.slice(0, SHOWN)
    if (once.has(shown)) again.add(shown)
    else once.add(shown)
  }
  return again
}

/** The entries by id, and what people type instead of ids: `c-8k2f0mqx`, or any unique beginning with or without its letter. */
export class IdTable {
  readonly #entries = new Map<RecordId, Entry>()
  /** Beginnings, as long as a person is shown, that several ids share; null after a change. */
  #crowded: ReadonlySet<string> | null = null

  get size(): number {
    return this.#entries.size
  }

  get(id: RecordId): Entry | null {
    return this.#entries.get(id) ?? null
  }

  values(): IterableIterator<Entry> {
    return this.#entries.values()
  }

  add(entry: Entry): void {
    this.#entries.set(entry.id, entry)
    this.#crowded = null
  }

  remove(entry: Entry): void {
    this.#entries.delete(entry.id)
    this.#crowded = null
  }

  /** Letter and eight characters, or as many as tell it apart from every other record here. */
  short(entry: Entry): string {
    let length = SHOWN
    this.#crowded ??= crowded(this.#entries.keys())
    if (this.#crowded.has(entry.id.slice(0, SHOWN))) {
      while (length < entry.id.length && this.#startingWith(entry.id.slice(0, length), null).length > 1) length++
    }
    return `${letterOf(entry)}-${entry.id.slice(0, length)}`
  }

  /** The one record that the text names: `NO_SUCH_RECORD`, or `ID_AMBIGUOUS` with the first candidates. */
  find(text: string): Result<Entry> {
    const [, letter = null, prefix = null] = PREFIX.exec(text.toLowerCase()) ?? []
    const found = prefix === null ? [] : this.#startingWith(prefix, letter)
    const [first, second] = found
    if (first === undefined) return failure('NO_SUCH_RECORD', `no record here begins with ${JSON.stringify(text.slice(0, 64))}`, { details: { id: text.slice(0, 64) } })
    if (second === undefined) return success(first)
    const candidates = found.toSorted((left, right) => compareText(left.id, right.id)).slice(0, CANDIDATES).map(entry => this.short(entry))
    return failure('ID_AMBIGUOUS', `${found.length} records begin with ${JSON.stringify(text)}: ${candidates.join(', ')}`, { details: { candidates, count: found.length } })
  }

  #startingWith(prefix: string, letter: string | null): Entry[] {
    const exact = prefix.length === 32 ? this.#entries.get(prefix as RecordId) : undefined
    const among = prefix.length === 32 ? (exact === undefined ? [] : [exact]) : this.#entries.values()
    const found: Entry[] = []
    for (const entry of among) if (entry.id.startsWith(prefix) && (letter === null || letterOf(entry) === letter)) found.push(entry)
    return found
  }
}
