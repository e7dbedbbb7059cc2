const REVERSED_CASTAGNOLI = 0x82f63b78

const first = Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ REVERSED_CASTAGNOLI : value >>> 1
  return value >>> 0
})

/** Eight tables of 256: the nth says what a byte does to the sum n bytes later. */
const TABLES = new Uint32Array(8 * 256)
for (let byte = 0; byte < 256; byte++) {
  let value = first[byte] ?? 0
  for (let table = 0; table < 8; table++) {
    TABLES[table * 256 + byte] = value
    value = (value >>> 8) ^ (first[value & 255] ?? 0)
  }
}

const at = (table: number, byte: number): number => TABLES[(table << 8) | (byte & 255)] ?? 0

/** CRC-32C (Castagnoli, RFC 3720 B.4), as LevelDB's blocks carry it; eight bytes a step. */
export const crc32c = (bytes: Buffer): number => {
  let sum = 0xffffffff
  let offset = 0
  for (const end = bytes.length - 7; offset < end; offset += 8) {
    const low = sum ^ bytes.readInt32LE(offset)
    const high = bytes.readInt32LE(offset + 4)
    sum =
      at(7, low) ^ at(6, low >>> 8) ^ at(5, low >>> 16) ^ at(4, low >>> 24) ^ at(3, high) ^ at(2, high >>> 8) ^ at(1, high >>> 16) ^ at(0, high >>> 24)
  }
  for (; offset < bytes.length; offset++) sum = (sum >>> 8) ^ at(0, sum ^ bytes.readUInt8(offset))
  return (sum ^ 0xffffffff) >>> 0
}
