import { Level } from 'level'
import { StoreFailure } from '../../ports/store.js'
import { isOutOfFiles } from './failures.js'
import { unseal } from './sealed.js'
import type { Sealed } from './sealed.js'

/** What the store asks of a database: LevelDB itself, or its files read without it (`frozen.ts`). */
export interface Database {
  readonly status: string
  get(key: string): Promise<Uint8Array | undefined>
  iterator(range: { readonly gte: string; readonly lte: string; readonly reverse?: boolean }): AsyncIterable<[string, Uint8Array]>
  keys(range: { readonly gt: string; readonly lt: string; readonly limit?: number; readonly reverse?: boolean }): AsyncIterable<string>
  batch(changes: (Put | Del)[], options: { readonly sync: boolean }): Promise<void>
  close(): Promise<void>
}

export type LevelDatabase = Level<string, Uint8Array>
export interface Put {
  readonly type: 'put'
  readonly key: string
  readonly value: Uint8Array
}
export interface Del {
  readonly type: 'del'
  readonly key: string
}

/** Without compression, so that `blocks.ts` can read the index of a table; what frames carry is small and signed. */
export const openDatabase = async (path: string, create: boolean): Promise<LevelDatabase> => {
  const db = new Level<string, Uint8Array>(path, { keyEncoding: 'utf8', valueEncoding: 'view', createIfMissing: create, compression: false })
  await db.open()
  return db
}

export type Unreadable = 'missing' | 'changed' | 'unreadable'

/** What lies at one number of a numbered range of keys. */
export type Reading = { readonly number: number } & ({ readonly sealed: Sealed } | { readonly sealed: null; readonly why: Unreadable })

/** After a block that cannot be read, so many numbers are asked for one by one before the range is read on. */
const ONE_BY_ONE = 64

/** Nothing is wrong with the disk, so nothing may be called damaged: the store was closed, or the process has no file or memory left. */
const passing = (db: Database, error: unknown): StoreFailure | null => {
  if (db.status !== 'open') return new StoreFailure('FENCED', 'the store is closed', error)
  return isOutOfFiles(error) ? new StoreFailure('FENCED', 'the store cannot be read now: the process has no files or memory left', error) : null
}

const reading = (key: string, number: number, value: Uint8Array | undefined): Reading => {
  if (value === undefined) return { number, sealed: null, why: 'missing' }
  const sealed = unseal(key, value)
  return sealed === null ? { number, sealed, why: 'changed' } : { number, sealed }
}

/** One sealed value by its key. */
export const readOne = async (db: Database, key: string, number = 0): Promise<Reading> => {
  try {
    return reading(key, number, await db.get(key))
  } catch (error) {
    const failure = passing(db, error)
    if (failure !== null) throw failure
    return { number, sealed: null, why: 'unreadable' }
  }
}

/**
 * A reading for each number from `first` to `last`. LevelDB's iterator gives up at the first block that it cannot read, and everything
 * behind it would be lost without a word: so the numbers are known beforehand, and are asked for one by one around such a block.
 * Rejects with a `StoreFailure` where the store was closed meanwhile or the process is out of files.
 */
export async function* readNumbers(db: Database, keyOf: (number: number) => string, first: number, last: number): AsyncGenerator<Reading> {
  let next = first
  while (next <= last) {
    try {
      for await (const [key, value] of db.iterator({ gte: keyOf(next), lte: keyOf(last) })) {
        while (next < last && keyOf(next) < key) yield { number: next++, sealed: null, why: 'missing' }
        if (keyOf(next) === key) yield reading(key, next++, value)
      }
      while (next <= last) yield { number: next++, sealed: null, why: 'missing' }
    } catch (error) {
      const failure = passing(db, error)
      if (failure !== null) throw failure
      for (const until = Math.min(last, next + ONE_BY_ONE - 1); next <= until; next++) yield await readOne(db, keyOf(next), next)
    }
  }
}

/**
 * The sound values at the numbers from `last` down to `first`, until one is not there or cannot be read. Around a block that cannot be read
 * they are asked for one by one, as in `readNumbers`.
 */
export async function* readBackwards(db: Database, keyOf: (number: number) => string, first: number, last: number): AsyncGenerator<{ readonly number: number; readonly bytes: Uint8Array }> {
  let next = last
  try {
    for await (const [key, value] of db.iterator({ gte: keyOf(first), lte: keyOf(last), reverse: true })) {
      const { number, sealed } = reading(keyOf(next), next, key === keyOf(next) ? value : undefined)
      if (sealed === null) return
      next -= 1
      yield { number, bytes: sealed.bytes }
    }
  } catch (error) {
    const failure = passing(db, error)
    if (failure !== null) throw failure
    for (; next >= first; next--) {
      const { sealed } = await readOne(db, keyOf(next), next)
      if (sealed === null) return
      yield { number: next, bytes: sealed.bytes }
    }
  }
}

/** In Node `level` is LevelDB itself, which can be asked to rewrite its tables; the types name only what every platform has. */
const canCompact = (db: Database): db is Database & { compactRange(start: string, end: string): Promise<void> } => 'compactRange' in db

/** Gives back the room of what was deleted between two keys. */
export const compactRange = async (db: Database, start: string, end: string): Promise<void> => {
  if (canCompact(db)) await db.compactRange(start, end)
}

/** The keys of a range as far as they can be read, and whether that was all. */
export const readKeys = async (db: Database, range: { readonly gt: string; readonly lt: string; readonly limit?: number; readonly reverse?: boolean }) => {
  const keys: string[] = []
  try {
    for await (const key of db.keys(range)) keys.push(key)
    return { keys, whole: true }
  } catch (error) {
    const failure = passing(db, error)
    if (failure !== null) throw failure
    return { keys, whole: false }
  }
}
