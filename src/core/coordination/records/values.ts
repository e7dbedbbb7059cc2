import type { Hash, Millis, RecordId } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import { bad, good, isObject, required, type Field, type Read } from './field.js'
import { isActId, isHashText, isRecordId, type Reference } from './reference.js'

/** The last millisecond that a date can name: every time in a record can be printed. */
export const LAST_MILLIS = 8_640_000_000_000_000

/** The order of claims: minute of the author's corrected clock, then a count within it. The lower turn leads (rules E2). */
export type Turn = readonly [minute: number, count: number]

const LONE_SURROGATE = /\p{Surrogate}/u
const CONTROL = /\p{Cc}/u

const whole = (value: unknown, max: number): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max

/** A text of 1 to `max` characters (code points), line breaks allowed. */
export const text = (max: number): Field<string, true> =>
  required(`text, 1–${max} characters`, value => {
    if (typeof value !== 'string') return bad('must be a text')
    if (value.trim() === '') return bad('is empty')
    const characters = value.length > max ? Array.from(value).length : value.length
    if (characters > max) return bad(`has ${characters} characters; at most ${max} are allowed`)
    return LONE_SURROGATE.test(value) ? bad('holds half of a character') : good(value)
  })

/** A text of one line, without control characters. */
export const line = (max: number): Field<string, true> =>
  required(`one line, 1–${max} characters`, value => {
    const read = text(max).read(value)
    return read.ok && CONTROL.test(read.value) ? bad('holds a control character or a line break') : read
  })

export const word = (max: number, shape: RegExp, called: string): Field<string, true> =>
  required(`${called}, 1–${max} characters`, value =>
    typeof value === 'string' && value.length >= 1 && value.length <= max && shape.test(value) ? good(value) : bad(`must be ${called} of 1–${max} characters`)
  )

export const oneOf = <const Choice extends string>(...choices: readonly Choice[]): Field<Choice, true> =>
  required(choices.join(' | '), value => {
    const choice = choices.find(candidate => candidate === value)
    return choice === undefined ? bad(`must be one of ${choices.join(', ')}`) : good(choice)
  })

export const bool: Field<boolean, true> = required('true | false', value => (typeof value === 'boolean' ? good(value) : bad('must be true or false')))

/** A point in mesh time, in milliseconds since 1970. */
export const millis: Field<Millis, true> = required('mesh time in ms', value =>
  whole(value, LAST_MILLIS) ? good(value) : bad('must be a time in whole milliseconds')
)

export const count = (max: number): Field<number, true> =>
  required(`whole number, 0–${max}`, value => (whole(value, max) ? good(value) : bad(`must be a whole number from 0 to ${max}`)))

export const recordId: Field<RecordId, true> = required('record id', value =>
  typeof value === 'string' && isRecordId(value) ? good(value) : bad('must be a whole record id (32 characters)')
)

export const reference: Field<Reference, true> = required('id of a record or act', value =>
  typeof value === 'string' && (isRecordId(value) || isActId(value)) ? good(value) : bad('must be the whole id of a record or an act')
)

export const hash: Field<Hash, true> = required('SHA-256 in hex', value =>
  typeof value === 'string' && isHashText(value) ? good(value as Hash) : bad('must be 64 lower-case hex digits')
)

/** A list of 1 to `max` entries; no plain value stands in it twice. (The copy takes the room of its entries; a list that grew takes 17.) */
export const list = <Inner>(of: Field<Inner>, max: number): Field<readonly Inner[], true> =>
  required(`list of 1–${max}: ${of.type}`, value => {
    if (!Array.isArray(value)) return bad('must be a list')
    if (value.length < 1 || value.length > max) return bad(`must have 1 to ${max} entries; it has ${value.length}`)
    const inner: Inner[] = []
    for (const [index, entry] of value.entries()) {
      const read = of.read(entry)
      if (!read.ok) return bad(`entry ${index + 1} ${read.why}`)
      inner.push(read.value)
    }
    return new Set(inner).size === inner.length ? good(inner.slice()) : bad('names something twice')
  })

const readTurn = (value: unknown): Read<Turn> => {
  const [minute, counted, ...rest] = Array.isArray(value) ? value : []
  return whole(minute, LAST_MILLIS / 60_000) && whole(counted, 0xffff_ffff) && rest.length === 0 ? good([minute, counted]) : bad('must be [minute, count]')
}

export const turn: Field<Turn, true> = required('[minute, count]', readTurn)

/** Raised turns by claim id. */
export const turns: Field<ReadonlyMap<RecordId, Turn>, true> = required('turn by claim id', value => {
  if (!isObject(value)) return bad('must map claim ids to turns')
  const raised = new Map<RecordId, Turn>()
  for (const [id, entry] of Object.entries(value)) {
    const read = readTurn(entry)
    if (!isRecordId(id) || !read.ok) return bad('must map claim ids to [minute, count]')
    raised.set(id, read.value)
  }
  return raised.size >= 1 && raised.size <= LIMITS.idsPerRecord ? good(raised) : bad(`must name 1 to ${LIMITS.idsPerRecord} claims`)
})
