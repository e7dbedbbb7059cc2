import { crc32c } from './crc32c.js'

const FOOTER_BYTES = 48
const MAGIC = Buffer.from('57fb808b247547db', 'hex')
/** The last byte of every table. */
export const MAGIC_END = 0xdb
const TRAILER_BYTES = 5
const CRC_MASK_DELTA = 0xa282ead8

interface Handle {
  readonly offset: number
  readonly size: number
}

/** A reader of LevelDB's variable-length numbers that gives NaN past the end. */
export class Varints {
  readonly #bytes: Buffer
  offset: number

  constructor(bytes: Buffer, offset = 0) {
    this.#bytes = bytes
    this.offset = offset
  }

  next(): number {
    let value = 0
    for (let scale = 1; scale < 2 ** 53; scale *= 128) {
      const byte = this.#bytes[this.offset++]
      if (byte === undefined) return Number.NaN
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    return Number.NaN
  }

  /** Bytes behind their length. */
  bytes(): Buffer {
    const length = this.next()
    const bytes = this.#bytes.subarray(this.offset, this.offset + length)
    this.offset += length
    return bytes
  }

  get isDone(): boolean {
    return !(this.offset < this.#bytes.length)
  }

  handle(): Handle {
    return { offset: this.next(), size: this.next() }
  }
}

const lies = (table: Buffer, { offset, size }: Handle): boolean => offset + size + TRAILER_BYTES <= table.length - FOOTER_BYTES

/** LevelDB stores no plain checksum, so that one over bytes that hold one is not special. */
export const maskedCrc = (bytes: Buffer): number => {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + CRC_MASK_DELTA) >>> 0
}

const isSound = (table: Buffer, { offset, size }: Handle): boolean => table.readUInt32LE(offset + size + 1) === maskedCrc(table.subarray(offset, offset + size + 1))

/** The handles that a sound index block holds; none where it is compressed: what cannot be looked into is not called damaged. */
const handlesIn = (table: Buffer, { offset, size }: Handle): Handle[] => {
  const block = table.subarray(offset, offset + size)
  if (size < 4 || table.readUInt8(offset + size) !== 0) return []
  const end = size - 4 - block.readUInt32LE(size - 4) * 4
  const handles: Handle[] = []
  let next = 0
  while (next < end) {
    const head = new Varints(block, next)
    head.next()
    const keyBytes = head.next()
    const valueBytes = head.next()
    const handle = new Varints(block, head.offset + keyBytes).handle()
    if (!lies(table, handle)) return []
    handles.push(handle)
    next = head.offset + keyBytes + valueBytes
  }
  return handles
}

/**
 * Where, in one LevelDB table (a `.ldb` file without compression), lies the last byte of the type or magic of each part whose checksum does
 * not hold: for a block its type, for the table as a whole (footer or index) the end of its magic.
 */
export const damagedParts = (table: Buffer): number[] => {
  const whole = [table.length - 1]
  const footer = table.length - FOOTER_BYTES
  if (footer < 0 || !table.subarray(-MAGIC.length).equals(MAGIC)) return whole
  const varints = new Varints(table, footer)
  const [metaindex, index] = [varints.handle(), varints.handle()]
  if (!lies(table, metaindex) || !lies(table, index) || !isSound(table, index)) return whole
  const filters = isSound(table, metaindex) ? handlesIn(table, metaindex) : []
  return [...handlesIn(table, index), metaindex, ...filters].filter(handle => !isSound(table, handle)).map(({ offset, size }) => offset + size)
}

/** One entry of a table: LevelDB's inner key, and where in the file its value lies. */
export interface TableEntry {
  readonly key: Buffer
  readonly offset: number
  readonly length: number
}

/** The entries of one sound block without compression; each key is given as what differs from the one before. */
function* entriesIn(table: Buffer, { offset, size }: Handle): Generator<TableEntry> {
  if (size < 4 || table.readUInt8(offset + size) !== 0) return
  const end = offset + size - 4 - table.readUInt32LE(offset + size - 4) * 4
  let key = Buffer.alloc(0)
  for (let next = offset; next < end; ) {
    const head = new Varints(table, next)
    const [shared, own, length] = [head.next(), head.next(), head.next()]
    const place = head.offset + own
    if (!(shared <= key.length && place + length <= end)) return
    key = Buffer.concat([key.subarray(0, shared), table.subarray(head.offset, place)])
    yield { key, offset: place, length }
    next = place + length
  }
}

/** Every entry of a table that can be read; what lies in a damaged block is left out. */
export function* tableEntries(table: Buffer): Generator<TableEntry> {
  const footer = table.length - FOOTER_BYTES
  if (footer < 0 || !table.subarray(-MAGIC.length).equals(MAGIC)) return
  const varints = new Varints(table, footer)
  varints.handle()
  const index = varints.handle()
  if (!lies(table, index) || !isSound(table, index)) return
  for (const block of handlesIn(table, index)) if (isSound(table, block)) yield* entriesIn(table, block)
}
