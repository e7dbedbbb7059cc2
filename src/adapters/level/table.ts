import { ByteReader } from '../../core/encoding/reader.js'
import { ByteWriter } from '../../core/encoding/writer.js'
import type { Put } from './database.js'
import { rowKey } from './keys.js'
import type { TableName } from './keys.js'
import { CHECK_BYTES, seal } from './sealed.js'

interface Place {
  readonly slot: number
  /** Null where no row can be read. */
  readonly check: Uint8Array | null
  /** Holds what no longer counts: it is to be overwritten. */
  readonly lost: boolean
}

/** What the store's root says that a table holds. */
export interface TableSum {
  readonly slots: number
  /** The checksums of all rows, XORed: an older row that came back in the place of a newer one changes it. */
  readonly sum: Uint8Array
}

const mix = (sum: Uint8Array, check: Uint8Array | null): Uint8Array => (check === null ? sum : sum.map((byte, index) => byte ^ (check[index] ?? 0)))

/** A row without a name is vacant: what lay there was removed. */
interface Row {
  readonly name: string | null
  readonly bytes: Uint8Array
}

const encodeRow = ({ name, bytes }: Row): Uint8Array => (name === null ? new ByteWriter().u8(0) : new ByteWriter().u8(1).text(name).raw(bytes)).done()

export const decodeRow = (stored: Uint8Array): Row | null => {
  const reader = new ByteReader(stored)
  const name = reader.u8() === 1 ? reader.text() : null
  const bytes = reader.rest()
  return reader.done() ? { name, bytes } : null
}

/**
 * Where each row of one table lies. Rows have numbered slots, without a hole from 1 on, and are never deleted: so a row that is missing is
 * seen as such, and rows behind a block that cannot be read can still be asked for by number.
 */
export class Table {
  readonly #name: TableName
  readonly #places = new Map<string, Place>()
  readonly #vacant: Place[] = []
  #slots = 0
  #sum: Uint8Array = new Uint8Array(CHECK_BYTES)

  constructor(name: TableName) {
    this.#name = name
  }

  get sum(): TableSum {
    return { slots: this.#slots, sum: this.#sum }
  }

  /** Whether this slot holds the row of this name. */
  holds(name: string, slot: number): boolean {
    return this.#places.get(name)?.slot === slot
  }

  /** Takes what was found in the next slot: a row with its checksum, or null where it was lost and the slot is to be used again. */
  found(row: { readonly name: string | null; readonly check: Uint8Array } | null): void {
    const slot = ++this.#slots
    const check = row?.check ?? null
    this.#sum = mix(this.#sum, check)
    if (row === null || row.name === null || this.#places.has(row.name)) this.#vacant.push({ slot, check, lost: row?.name !== null })
    else this.#places.set(row.name, { slot, check, lost: false })
  }

  write(name: string, bytes: Uint8Array): Put {
    const place = this.#places.get(name) ?? this.#vacant.pop() ?? { slot: ++this.#slots, check: null, lost: false }
    const written = this.#put(place, { name, bytes })
    this.#places.set(name, written.place)
    return written.put
  }

  remove(name: string): Put | null {
    const place = this.#places.get(name)
    if (place === undefined) return null
    const written = this.#put(place, { name: null, bytes: new Uint8Array(0) })
    this.#places.delete(name)
    this.#vacant.push(written.place)
    return written.put
  }

  /** Empties each slot whose row was lost, so that it is not reported again. */
  settle(): Put[] {
    const lost = this.#vacant.filter(place => place.lost)
    const kept = this.#vacant.filter(place => !place.lost)
    const written = lost.map(place => this.#put(place, { name: null, bytes: new Uint8Array(0) }))
    this.#vacant.splice(0, this.#vacant.length, ...kept, ...written.map(({ place }) => place))
    return written.map(({ put }) => put)
  }

  #put(place: Place, row: Row): { readonly place: Place; readonly put: Put } {
    const key = rowKey(this.#name, place.slot)
    const { check, stored } = seal(key, encodeRow(row))
    this.#sum = mix(mix(this.#sum, place.check), check)
    return { place: { slot: place.slot, check, lost: false }, put: { type: 'put', key, value: stored } }
  }
}
