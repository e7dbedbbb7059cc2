import { maskedCrc } from './blocks.js'

const BLOCK_BYTES = 32 * 1024
const HEADER_BYTES = 7
const [FULL, FIRST, MIDDLE, LAST] = [1, 2, 3, 4]

/** The whole records of one of LevelDB's logs (`*.log`, `MANIFEST-*`), in order; a record of which a piece is damaged or missing is left out. */
export function* logRecords(log: Buffer): Generator<Buffer> {
  let pieces: Buffer[] | null = null
  for (let at = 0; at + HEADER_BYTES <= log.length; ) {
    const left = BLOCK_BYTES - (at % BLOCK_BYTES)
    if (left < HEADER_BYTES) {
      at += left
      continue
    }
    const length = log.readUInt16LE(at + 4)
    const type = log.readUInt8(at + 6)
    const end = at + HEADER_BYTES + length
    const isWhole = length + HEADER_BYTES <= left && end <= log.length && log.readUInt32LE(at) === maskedCrc(log.subarray(at + 6, end))
    if (!isWhole) {
      // as LevelDB does: what follows in this block cannot be found
      pieces = null
      at += left
      continue
    }
    const piece = log.subarray(at + HEADER_BYTES, end)
    if (type === FULL) yield piece
    if (type === FIRST) pieces = [piece]
    if (type === MIDDLE || type === LAST) pieces?.push(piece)
    if (type === LAST && pieces !== null) yield Buffer.concat(pieces)
    if (type === FULL || type === LAST) pieces = null
    at = end
  }
}
