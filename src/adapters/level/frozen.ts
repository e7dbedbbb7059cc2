import { open, readdir, readFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { tableEntries, Varints } from './blocks.js'
import type { Database } from './database.js'
import { logRecords } from './log-records.js'
import { readManifest } from './manifest.js'

/** Where the newest value of a key lies; null: it was deleted. */
type Place = Uint8Array | { readonly file: FileHandle; readonly offset: number; readonly length: number } | null

interface Newest {
  readonly sequence: bigint
  readonly place: Place
}

const DELETION = 0
const TRAILER_BYTES = 8
const BATCH_HEADER_BYTES = 12

/** The entries of one batch as LevelDB's log holds it, with consecutive sequence numbers. */
function* batchEntries(record: Buffer): Generator<{ readonly key: string; readonly sequence: bigint; readonly value: Buffer | null }> {
  if (record.length < BATCH_HEADER_BYTES) return
  let sequence = record.readBigUInt64LE(0)
  const entries = new Varints(record, BATCH_HEADER_BYTES)
  while (!entries.isDone) {
    const type = entries.next()
    const key = entries.bytes().toString('utf8')
    yield { key, sequence: sequence++, value: type === DELETION ? null : entries.bytes() }
  }
}

/**
 * A LevelDB database read without opening it: nothing is written, locked or changed, so that what lies on a full or read-only disk can still be
 * looked at. Keys are held in memory, values read when they are asked for. What a damaged block or log held is simply not there; the store's
 * own numbers and sums say that it should be.
 */
export class FrozenDatabase implements Database {
  readonly #newest = new Map<string, Newest>()
  readonly #files: FileHandle[] = []
  #keys: string[] = []
  status = 'open'

  private constructor() {
    // made by `read`
  }

  /** Rejects with the system's error where a file that must be there cannot be read. */
  static async read(folder: string): Promise<FrozenDatabase> {
    const database = new FrozenDatabase()
    try {
      await database.#read(folder)
      return database
    } catch (error) {
      await database.close()
      throw error
    }
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const place = this.#newest.get(key)?.place ?? null
    if (place === null || place instanceof Uint8Array) return place ?? undefined
    const { buffer, bytesRead } = await place.file.read(new Uint8Array(place.length), 0, place.length, place.offset)
    return buffer.subarray(0, bytesRead)
  }

  async *iterator({ gte, lte, reverse = false }: { readonly gte: string; readonly lte: string; readonly reverse?: boolean }): AsyncGenerator<[string, Uint8Array]> {
    const from = this.#firstFrom(gte)
    const past = this.#firstFrom(lte)
    const until = this.#keys[past] === lte ? past + 1 : past
    for (let step = 0; step < until - from; step++) {
      const key = this.#keys[reverse ? until - 1 - step : from + step] ?? ''
      const value = await this.get(key)
      if (value !== undefined) yield [key, value]
    }
  }

  async *keys({ gt, lt, limit = Number.POSITIVE_INFINITY, reverse = false }: { readonly gt: string; readonly lt: string; readonly limit?: number; readonly reverse?: boolean }): AsyncGenerator<string> {
    const from = this.#firstFrom(gt)
    const found = this.#keys.slice(from, this.#firstFrom(lt)).filter(key => key !== gt)
    yield* (reverse ? found.toReversed() : found).slice(0, limit)
  }

  batch(): Promise<void> {
    return Promise.reject(new Error('a database that was opened for reading alone is not written'))
  }

  async close(): Promise<void> {
    this.status = 'closed'
    await Promise.all(this.#files.splice(0).map(file => file.close()))
  }

  async #read(folder: string): Promise<void> {
    const current = (await readFile(join(folder, 'CURRENT'), 'utf8')).trim()
    const { tables, firstLog, previousLog } = readManifest(await readFile(join(folder, current)))
    for (const name of await readdir(folder)) {
      const number = Number.parseInt(name, 10)
      if (name.endsWith('.ldb') && tables.has(number)) await this.#readTable(join(folder, name))
      else if (name.endsWith('.log') && (number >= firstLog || number === previousLog)) this.#readLog(await readFile(join(folder, name)))
    }
    this.#keys = [...this.#newest].filter(([, { place }]) => place !== null).map(([key]) => key).toSorted()
  }

  async #readTable(path: string): Promise<void> {
    const file = await open(path, 'r')
    this.#files.push(file)
    for (const { key, offset, length } of tableEntries(await file.readFile())) {
      const trailer = key.readBigUInt64LE(key.length - TRAILER_BYTES)
      const isDeletion = Number(trailer & 0xffn) === DELETION
      this.#take(key.toString('utf8', 0, key.length - TRAILER_BYTES), { sequence: trailer >> 8n, place: isDeletion ? null : { file, offset, length } })
    }
  }

  #readLog(log: Buffer): void {
    for (const record of logRecords(log)) for (const { key, sequence, value } of batchEntries(record)) this.#take(key, { sequence, place: value })
  }

  #take(key: string, found: Newest): void {
    const held = this.#newest.get(key)
    if (held === undefined || held.sequence < found.sequence) this.#newest.set(key, found)
  }

  /** Place of the first key that is not below this one. */
  #firstFrom(key: string): number {
    let [low, high] = [0, this.#keys.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#keys[middle] ?? '') < key) low = middle + 1
      else high = middle
    }
    return low
  }
}
