import type { Hash, HostId, HostKey, Millis, RecordId, SessionName } from '../../brand.js'
import type { Crypto } from '../../crypto.js'
import { compareText, toHash, utf8 } from '../../encoding/bytes.js'
import { kindSpec, UNKNOWN_LETTER, type Kind, type RecordOf } from './kinds.js'
import type { Header, Names } from './kind.js'
import { correctedWall, parseRecord, type Parsed } from './record.js'
import { visible } from './visible.js'

/** One record as a view holds it. Its full name is (host, id); the id alone already commits to the host and to every byte of the text. */
export interface Entry {
  readonly id: RecordId
  readonly host: HostId
  readonly hostKey: HostKey
  readonly text: string
  readonly parsed: Parsed
  readonly session: SessionName | null
  /** Mesh time of the writing as its author states it; 0 where the text does not even say that. */
  readonly wall: Millis
  readonly count: number
}

/** An entry whose record is valid and of one kind. */
export type EntryOf<K extends Kind> = Entry & { readonly parsed: { readonly type: 'valid'; readonly record: RecordOf<K> } }

const headerOf = (parsed: Parsed): Header | null => (parsed.type === 'valid' ? parsed.record : parsed.header)

export const entryOf = (id: RecordId, host: HostId, hostKey: HostKey, text: string): Entry => {
  const parsed = parseRecord(text)
  const header = headerOf(parsed)
  return { id, host, hostKey, text, parsed, session: header?.session ?? null, wall: header === null ? 0 : correctedWall(header), count: header?.stamp[1] ?? 0 }
}

export const isKindOf = <K extends Kind>(entry: Entry, kind: K): entry is EntryOf<K> => entry.parsed.type === 'valid' && entry.parsed.record.kind === kind

/** The kind as it is shown: `unknown:<kind>` and `invalid` where this version reads nothing. */
export const kindShown = ({ parsed }: Entry): string => {
  if (parsed.type === 'valid') return parsed.record.kind
  return parsed.type === 'unknown' ? `unknown:${parsed.kind}` : 'invalid'
}

export const letterOf = ({ parsed }: Entry): string => (parsed.type === 'valid' ? (kindSpec(parsed.record.kind)?.letter ?? UNKNOWN_LETTER) : UNKNOWN_LETTER)

/** SHA-256 over the record's text: what an ack names, so that it cannot be laid to something that was not shown. */
export const textHash = (crypto: Crypto, entry: Entry): Hash => toHash(crypto.sha256(utf8(entry.text)))

/** Where a record stands in the order of telling. */
export type Position = Pick<Entry, 'wall' | 'count' | 'host' | 'id'>

/** Order in which records are told: corrected wall, count, host, id. Total, and the same on every host. */
export const compareEntries = (left: Position, right: Position): number =>
  left.wall - right.wall || left.count - right.count || compareText(left.host, right.host) || compareText(left.id, right.id)

/** `mac/claude-7f3a`: who wrote it. */
export const authorText = (entry: Entry, names: Names): string => `${names.host(entry.host)}/${entry.session ?? '?'}`

/** The record as one line that a person or a plain agent can read, without its time. */
export const proseOf = (entry: Entry, names: Names): string => {
  const { parsed } = entry
  const who = authorText(entry, names)
  if (parsed.type === 'unknown') return `${who} wrote a record of kind ${visible(parsed.kind)}, which this version does not know`
  if (parsed.type === 'invalid') return `${who} wrote a record that does not hold: ${visible(parsed.reason)}`
  return `${who} ${kindSpec(parsed.record.kind)?.prose(parsed.record.fields, names) ?? ''}`
}
