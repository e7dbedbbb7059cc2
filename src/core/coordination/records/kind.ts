import type { HostId, SessionName } from '../../brand.js'
import type { FieldsOf, FieldSpecs } from './field.js'
import type { Reference } from './reference.js'

/** How prose names what a record only knows by id. */
export interface Names {
  host(id: HostId): string
  record(id: Reference): string
}

/** What every record says of itself, whatever its kind. */
export interface Header {
  readonly session: SessionName
  /** Hybrid logical clock: wall milliseconds and a count within them. */
  readonly stamp: readonly [wall: number, count: number]
  /** How far `stamp[0]` was ahead of mesh time when the record was written. */
  readonly offset: number
}

/** A wrong field and why, or null. */
export type Problem = { readonly field: string; readonly why: string; readonly missing?: true } | null

/**
 * One kind of record, declared once: what the draft check, the parser, the documentation and the prose know of it.
 * `letter` begins its ids on a screen: one for what people type, two for the rest, unique in the registry.
 */
export interface KindSpec<Specs extends FieldSpecs> {
  readonly letter: string
  readonly family: string
  readonly description: string
  /** Whether `send --kind` makes one; the others have a command of their own that knows what must stand in them. */
  readonly sendable: boolean
  /** Never coalesced and never delayed by tempo. */
  readonly urgent: boolean
  /** Written by the machine about itself: in the log, and in no conversation. */
  readonly quiet: boolean
  /** Counts also when a viewer wrote it (rules B7). */
  readonly byViewers: boolean
  /** Kinds that its `re` may answer; any when absent. */
  readonly answers?: readonly string[]
  readonly fields: Specs
  /** What one field cannot see: how fields go together. */
  check?(fields: FieldsOf<Specs>, header: Header | null): Problem
  /** What the author does with it, to follow its name: one line, absolute times in UTC, foreign text quoted. */
  prose(fields: FieldsOf<Specs>, names: Names): string
}

type Given<Specs extends FieldSpecs> = Pick<KindSpec<Specs>, 'letter' | 'family' | 'description' | 'fields' | 'prose'> & Partial<KindSpec<Specs>>

export const kind = <Specs extends FieldSpecs>(given: Given<Specs>): KindSpec<Specs> => ({
  sendable: true,
  urgent: false,
  quiet: false,
  byViewers: false,
  ...given
})
