import type { FieldsOf, FieldSpecs } from './field.js'
import type { Header, KindSpec } from './kind.js'
import { accept, ack, nack, proposal, receipt, reject } from './families/agreement.js'
import { claim, offer, reclaim, release, renew, resolve, take, wait } from './families/claims.js'
import { label, profile, repo, responder, tempo } from './families/hosts.js'
import { answer, block, decision, directive, intent, message, note, question, status, unblock, withdraw } from './families/talk.js'
import { handoff, result, task } from './families/work.js'

/** Every kind of record that this version knows. To add one: declare it in a family, name it here; the schema test tells what is missing. */
export const KINDS = {
  claim, renew, release, reclaim, resolve, offer, take, wait,
  intent, proposal, accept, reject, ack, nack,
  status, message, question, answer, block, unblock, decision, directive, withdraw,
  label, responder, profile, repo, task, result, handoff, note, receipt, tempo
}

export type Kind = keyof typeof KINDS

export type Fields<K extends Kind> = FieldsOf<(typeof KINDS)[K]['fields']>

/** A record whose every known field was read and holds. */
export type RecordOf<K extends Kind> = { readonly [Each in K]: Header & { readonly kind: Each; readonly fields: Fields<Each> } }[K]

export type AnyRecord = RecordOf<Kind>

const byName = new Map<string, KindSpec<FieldSpecs>>(Object.entries(KINDS))

export const KIND_NAMES: readonly string[] = [...byName.keys()]

/** The spec of a kind by a name from outside, or null for an unknown one. */
export const kindSpec = (name: string): KindSpec<FieldSpecs> | null => byName.get(name) ?? null

export const isKind = (name: string): name is Kind => byName.has(name)

/** Letter of records whose kind this version does not know, or whose value is invalid. */
export const UNKNOWN_LETTER = 'z'
