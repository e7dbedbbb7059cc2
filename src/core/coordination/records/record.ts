import type { Crypto } from '../../crypto.js'
import type { HostKey, MeshId, Millis, RecordId, SessionName } from '../../brand.js'
import { domainPrefix } from '../../domain.js'
import { toBase32 } from '../../encoding/base32.js'
import { concat, fromHex, utf8, utf8Length } from '../../encoding/bytes.js'
import { LIMITS } from '../../limits.js'
import { failure, success, type Result } from '../../result.js'
import type { FieldSpecs } from './field.js'
import { parseJson } from './json.js'
import type { Header, KindSpec, Problem } from './kind.js'
import { isKind, kindSpec, type AnyRecord } from './kinds.js'
import { isSessionName } from './reference.js'
import { LAST_MILLIS } from './values.js'

/** The fields of a record as JSON values, before they are read by their kind. */
export type RecordFields = Readonly<Record<string, unknown>>

/** Version of the record schema. Later ones only add fields, and this version reads theirs as it reads its own. */
export const RECORD_VERSION = 1

export const HEADER_FIELDS: readonly string[] = ['v', 'kind', 'session', 'stamp', 'offset']

/**
 * What a record's text says. `unknown`: a kind of another version, kept verbatim. `invalid`: signed and kept, but it says nothing; only
 * itself is shown as such, and never in the way of another (rules C6).
 */
export type Parsed =
  | { readonly type: 'valid'; readonly record: AnyRecord }
  | { readonly type: 'unknown'; readonly kind: string; readonly header: Header; readonly fields: RecordFields }
  | { readonly type: 'invalid'; readonly kind: string | null; readonly header: Header | null; readonly reason: string }

export interface Form {
  readonly kind: string
  readonly session: SessionName
  readonly stamp: readonly [wall: number, count: number]
  /** `stamp[0]` minus mesh time at that moment, in ms: the clock's own error and whatever a foreign stamp drove it ahead by. */
  readonly offset: number
  /** As `checkDraft` gave them back. */
  readonly fields: RecordFields
}

/**
 * The text of a new record: JSON, header first, `offset` left out where it is 0. A record is this text, byte for byte (rules A3), and never
 * changes: what changes later is said by other records (renew, release, ack …). `TOO_LARGE` above `LIMITS.recordBytes`.
 */
export const formRecord = ({ kind, session, stamp, offset, fields }: Form): Result<string> => {
  const own = Object.entries(fields).filter(([name, value]) => value !== undefined && !HEADER_FIELDS.includes(name))
  const text = JSON.stringify({ v: RECORD_VERSION, kind, session, stamp, ...(offset === 0 ? {} : { offset }), ...Object.fromEntries(own) })
  const bytes = utf8Length(text)
  return bytes <= LIMITS.recordBytes
    ? success(text)
    : failure('TOO_LARGE', `the record has ${bytes} bytes; at most ${LIMITS.recordBytes} are allowed`, { details: { bytes, limit: LIMITS.recordBytes } })
}

/**
 * Gives the ids of one host's records. An id, which is also the record's key in its author's document, is 160 bits of a hash over mesh, host
 * key and text, in base32. A record counts only under its own id: that makes what counts a pure function of the document, and the same
 * record in several epochs of one host one record.
 */
export const recordNaming = (crypto: Crypto, mesh: MeshId, hostKey: HostKey): ((text: string) => RecordId) => {
  const beginning = domainPrefix('record', mesh).raw(fromHex(hostKey) ?? new Uint8Array(32)).done()
  return text => toBase32(crypto.sha256(concat(beginning, utf8(text))).subarray(0, 20)) as RecordId
}

export const recordIdOf = (crypto: Crypto, mesh: MeshId, hostKey: HostKey, text: string): RecordId => recordNaming(crypto, mesh, hostKey)(text)

/** Mesh time of the writing, as its author states it: what leases and ages are counted from (rules F2). */
export const correctedWall = (header: Header): Millis => header.stamp[0] - header.offset

const readHeader = (object: RecordFields): Header | string => {
  const { v, session, stamp, offset = 0 } = object
  if (typeof v !== 'number' || !Number.isSafeInteger(v) || v < 1) return 'v must be a version from 1 on'
  if (typeof session !== 'string' || !isSessionName(session)) return 'session must be the name of a session'
  const [wall, count, ...rest] = Array.isArray(stamp) ? stamp : []
  const whole = Number.isSafeInteger(wall) && Number.isSafeInteger(count) && wall >= 0 && count >= 0 && count <= 0xffff_ffff && rest.length === 0
  if (!whole || wall > LAST_MILLIS) return 'stamp must be [wall, count]'
  if (typeof offset !== 'number' || !Number.isSafeInteger(offset)) return 'offset must be whole milliseconds'
  if (wall - offset < 0 || wall - offset > LAST_MILLIS) return 'stamp minus offset is no time'
  return { session, stamp: [wall, count], offset }
}

/** Every field that the kind knows, read; or the first that is wrong. What the kind does not know is left alone. */
export const readFields = (spec: KindSpec<FieldSpecs>, given: RecordFields, header: Header | null): { readonly values: RecordFields } | { readonly problem: NonNullable<Problem> } => {
  const values: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(spec.fields)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value === undefined) {
      if (field.required) return { problem: { field: name, why: 'is missing', missing: true } }
      continue
    }
    const read = field.read(value)
    if (!read.ok) return { problem: { field: name, why: read.why } }
    values[name] = read.value
  }
  const problem = spec.check?.(values, header) ?? null
  return problem === null ? { values } : { problem }
}

/** Reads a record's text. Total: whatever the bytes are, the answer is one of three, and the same on every host. */
export const parseRecord = (text: string): Parsed => {
  const bytes = text.length > LIMITS.recordBytes / 4 ? utf8Length(text) : text.length
  if (bytes > LIMITS.recordBytes) return { type: 'invalid', kind: null, header: null, reason: `the record has more than ${LIMITS.recordBytes} bytes` }
  const json = parseJson(text)
  if (!json.ok) return { type: 'invalid', kind: null, header: null, reason: `the text ${json.why}` }
  const { kind } = json.object
  if (typeof kind !== 'string' || !/^[a-z][a-z0-9-]{0,31}$/.test(kind)) return { type: 'invalid', kind: null, header: null, reason: 'kind must be a name' }
  const header = readHeader(json.object)
  if (typeof header === 'string') return { type: 'invalid', kind, header: null, reason: header }
  const spec = kindSpec(kind)
  if (spec === null || !isKind(kind)) {
    const fields = Object.fromEntries(Object.entries(json.object).filter(([name]) => !HEADER_FIELDS.includes(name)))
    return { type: 'unknown', kind, header, fields }
  }
  const read = readFields(spec, json.object, header)
  if ('problem' in read) return { type: 'invalid', kind, header, reason: `${read.problem.field} ${read.problem.why}` }
  return { type: 'valid', record: { ...header, kind, fields: read.values } as AnyRecord }
}
