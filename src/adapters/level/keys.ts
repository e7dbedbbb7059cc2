import type { AuthorId } from '../../core/brand.js'

/** Kinds of rows, beside the frames themselves: few and small, each kind with a row for each name. */
export const TABLES = ['note', 'act', 'proof', 'head'] as const
export type TableName = (typeof TABLES)[number]

/** The one entry that every commit rewrites: how many commits there were, and what each table must hold. */
export const ROOT_KEY = 'root'

/** Numbers are padded hex, so that keys lie in the order of what they number. */
export const rowKey = (table: TableName, slot: number): string => `${table}!${slot.toString(16).padStart(8, '0')}`
export const slotOf = (key: string): number => Number.parseInt(key.slice(-8), 16)
export const tableRange = (table: TableName) => ({ gt: `${table}!`, lt: `${table}!~` })

const SEQ_DIGITS = 16
export const frameKey = (author: AuthorId, seq: number): string => `frame!${author}!${seq.toString(16).padStart(SEQ_DIGITS, '0')}`
export const seqOf = (key: string): number => Number.parseInt(key.slice(-SEQ_DIGITS), 16)
export const authorOf = (key: string): AuthorId => key.slice('frame!'.length, -SEQ_DIGITS - 1) as AuthorId
export const authorRange = (author: AuthorId) => ({ gt: `frame!${author}!`, lt: `frame!${author}!~` })
/** Behind all frames of this author (null: before all frames), before the first of the next one. */
export const nextAuthorRange = (author: AuthorId | null) => ({ gt: author === null ? 'frame!' : `frame!${author}!~`, lt: 'frame!~' })
