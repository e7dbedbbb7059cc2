import { LIMITS } from '../../limits.js'
import { bad, good, isObject, required, type Field, type Read } from './field.js'
import { line, list } from './values.js'

/**
 * Where a claim holds. `checkout` names one work tree (its host and the hash of its real path): two claims with one checkout write to the
 * same files, all others will have to be merged.
 */
export interface Place {
  readonly checkout: string
  readonly branch?: string
  readonly base?: string
}

const part = line(256)

const readPlace = (value: unknown): Read<Place> => {
  if (!isObject(value)) return bad('must be {checkout, branch?, base?}')
  const checkout = part.read(value.checkout)
  if (!checkout.ok) return bad(`has a checkout that ${checkout.why}`)
  const place: { checkout: string; branch?: string; base?: string } = { checkout: checkout.value }
  for (const name of ['branch', 'base'] as const) {
    if (value[name] === undefined) continue
    const read = part.read(value[name])
    if (!read.ok) return bad(`has a ${name} that ${read.why}`)
    place[name] = read.value
  }
  return good(place)
}

export const place: Field<Place, true> = required('{checkout, branch?, base?}', readPlace)

/** Key of a repository, as `host/repository` finds it; one line, so that it can stand in a listing. */
export const repositoryKey = line(LIMITS.recordKeyBytes)

const CONTROL = /[\p{Cc}\p{Cs}]/u

const item = required(`scope item, 0–${LIMITS.patternChars} characters`, value => {
  if (typeof value !== 'string') return bad('must be a text')
  if (value.length > LIMITS.patternChars && Array.from(value).length > LIMITS.patternChars) return bad(`is longer than ${LIMITS.patternChars} characters`)
  return CONTROL.test(value) ? bad('holds a control character') : good(value)
})

/**
 * Canonical items: patterns of paths in the record's repository (the empty one is its root), or names such as `@test-mutex` and
 * `branch:refs/heads/x`. Whether a pattern can be read is not asked here: one of a newer version is kept and covers everything.
 */
export const scope = list(item, LIMITS.patternsPerClaim)
