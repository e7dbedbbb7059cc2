import type { AuthorId, Millis, RecordId } from '../../brand.js'
import { proseOf, type Entry } from '../../coordination/records/entry.js'
import type { Names } from '../../coordination/records/kind.js'
import { isAuthorId } from '../../replication/author.js'

const PREFIX = 'dropped/'
/** Of how many epochs, how many records of each, and how much of each one's prose is kept: enough for a person to write it again. */
const EPOCHS_KEPT = 64
const RECORDS_KEPT = 64
const PROSE_CHARS = 240

export interface DroppedRecord {
  readonly id: RecordId
  readonly kind: string
  /** The record as one line, cut. */
  readonly prose: string
}

/** What fell off one author's log because an act named an earlier head of it, or none. */
export interface Dropped {
  readonly author: AuthorId
  /** First and last number that fell off. */
  readonly from: number
  readonly to: number
  /** How many records that counted here count no more; the first of them are listed. */
  readonly count: number
  readonly records: readonly DroppedRecord[]
  /** When this host learnt of the act, in its own wall time. */
  readonly at: Millis
}

export const droppedNote = (author: AuthorId): string => PREFIX + author

export const droppedRecords = (entries: readonly Entry[], names: Names): DroppedRecord[] =>
  entries.slice(0, RECORDS_KEPT).map(entry => ({ id: entry.id, kind: entry.parsed.type === 'valid' ? entry.parsed.record.kind : entry.parsed.type, prose: proseOf(entry, names).slice(0, PROSE_CHARS) }))

/** As a host-local fact. */
export const encodeDropped = ({ from, to, count, records, at }: Dropped): string => JSON.stringify({ from, to, count, records, at })

/** What a host's notes say fell off, newest first. */
export const droppedIn = (notes: ReadonlyMap<string, string>): Dropped[] => {
  const found: Dropped[] = []
  for (const [key, value] of notes) {
    const author = key.slice(PREFIX.length)
    const parsed = key.startsWith(PREFIX) && isAuthorId(author) ? decodeDropped(author, value) : null
    if (parsed !== null) found.push(parsed)
  }
  return found.sort((left, right) => right.at - left.at || (left.author < right.author ? -1 : 1)).slice(0, EPOCHS_KEPT)
}

/** The list is bounded: beyond it the oldest is forgotten. @returns the note to forget, or null */
export const oldestBeyond = (notes: ReadonlyMap<string, string>): string | null => {
  const kept = droppedIn(notes)
  const oldest = kept.at(-1)
  return kept.length < EPOCHS_KEPT || oldest === undefined ? null : droppedNote(oldest.author)
}

export const decodeDropped = (author: AuthorId, value: string): Dropped => {
  // written by this host alone, into its own store, whose checksums cover every byte
  const { from, to, count, records, at } = JSON.parse(value) as Omit<Dropped, 'author'>
  return { author, from, to, count, records, at }
}
