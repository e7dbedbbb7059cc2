import { compareText } from '../../encoding/bytes.js'
import { compareEntries, isKindOf, type Entry, type EntryOf } from '../records/entry.js'

type Said = EntryOf<'repo'>

/** `host/…/owner/name` → `owner/name`; null for keys that are no address: paths, commits, random ones, short names that people chose. */
export const ownerAndName = (key: string): string | null => /^[^/:]+(?::\d+)?\/(?:.+\/)?([^/]+\/[^/]+)$/u.exec(key)?.[1] ?? null

/** A host with a dot is one that the world knows, and no ssh alias of one machine. */
const isAlias = (key: string): number => (key.slice(0, key.indexOf('/')).includes('.') ? 0 : 1)

const compareKeys = (left: string, right: string): number => isAlias(left) - isAlias(right) || left.length - right.length || compareText(left, right)

/**
 * What the hosts say of their repositories, and which of the keys are one repository: those with equal `owner/name` and one first commit
 * (an ssh alias and the address that it stands for). A function of the set of records, so that all hosts call it by one key.
 */
export class Repositories {
  /** By host and key. */
  readonly #said = new Map<string, Set<Said>>()
  #names: ReadonlyMap<string, string> = new Map()
  #isStale = false

  add(entry: Entry): void {
    if (!isKindOf(entry, 'repo')) return
    const place = placeOf(entry)
    const alike = this.#said.get(place) ?? new Set()
    this.#said.set(place, alike.add(entry))
    this.#isStale = true
  }

  remove(entry: Entry): void {
    if (!isKindOf(entry, 'repo')) return
    const alike = this.#said.get(placeOf(entry))
    if (alike?.delete(entry) === true && alike.size === 0) this.#said.delete(placeOf(entry))
    this.#isStale = true
  }

  /** The newest of each host and key, also those that say that it is no longer coordinated there. */
  newest(): Said[] {
    return Array.from(this.#said.values(), alike => [...alike].reduce((last, entry) => (compareEntries(last, entry) < 0 ? entry : last)))
  }

  /** Those that stand. */
  standing(): Said[] {
    return this.newest().filter(({ parsed }) => parsed.record.fields.state !== 'removed')
  }

  /** The key in force, by each key that is not. The same object until it says something else. */
  names(): ReadonlyMap<string, string> {
    if (!this.#isStale) return this.#names
    this.#isStale = false
    const names = this.#linked()
    const isSame = names.size === this.#names.size && [...names].every(([key, name]) => this.#names.get(key) === name)
    if (!isSame) this.#names = names
    return this.#names
  }

  nameOf(key: string): string {
    return this.names().get(key) ?? key
  }

  /** Whether two keys, as records state them, are one repository; `''` is none, and only like itself. */
  same(left: string, right: string): boolean {
    return this.nameOf(left) === this.nameOf(right)
  }

  #linked(): Map<string, string> {
    const keyByIdentity = new Map<string, string>()
    const nextByKey = new Map<string, string>()
    const firstOf = (key: string): string => {
      const next = nextByKey.get(key)
      return next === undefined ? key : firstOf(next)
    }
    for (const { parsed } of this.standing()) {
      const { key, root } = parsed.record.fields
      const name = ownerAndName(key)
      if (root === undefined || name === null) continue
      const identity = `${root} ${name}`
      const [first, second] = [firstOf(key), firstOf(keyByIdentity.get(identity) ?? key)].sort(compareKeys)
      if (first !== undefined && second !== undefined && first !== second) nextByKey.set(second, first)
      keyByIdentity.set(identity, key)
    }
    return new Map(Array.from(nextByKey.keys(), key => [key, firstOf(key)]))
  }
}

const placeOf = ({ host, parsed }: Said): string => `${host} ${parsed.record.fields.key}`
