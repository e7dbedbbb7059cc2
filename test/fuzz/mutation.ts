import { concat } from '../../src/core/encoding/bytes.js'
import type { SeededRandom } from '../sim/random.js'

/** Numbers at which lengths and counts break: none, one, the edges of a byte, of two and of four, and noise. */
const EDGES: readonly (readonly number[])[] = [
  [0], [1], [0x7f], [0x80], [0xff],
  [0, 0], [0, 1], [0x7f, 0xff], [0xff, 0xff],
  [0, 0, 0, 0], [0x7f, 0xff, 0xff, 0xff], [0x80, 0, 0, 0], [0xff, 0xff, 0xff, 0xff],
  [0, 0x20, 0, 0, 0, 0, 0, 0], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]
]

const overwrite = (bytes: Uint8Array, at: number, by: ArrayLike<number>): Uint8Array => {
  const changed = bytes.slice()
  for (let index = 0; index < by.length && at + index < changed.length; index++) changed[at + index] = by[index] ?? 0
  return changed
}

const changeOnce = (random: SeededRandom, bytes: Uint8Array, corpus: readonly Uint8Array[]): Uint8Array => {
  const at = random.int(Math.max(1, bytes.length))
  switch (random.int(9)) {
    case 0:
    case 1:
      return overwrite(bytes, at, [(bytes[at] ?? 0) ^ (1 << random.int(8))])
    case 2:
      return overwrite(bytes, at, [random.int(256)])
    case 3:
    case 4:
      return overwrite(bytes, at, random.pick(EDGES))
    case 5:
      return bytes.subarray(0, at)
    case 6:
      return concat(bytes, random.bytes(random.int(20)))
    case 7: {
      const length = random.int(Math.min(64, bytes.length) + 1)
      return concat(bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at))
    }
    default: {
      const other = random.pick(corpus)
      const from = random.int(Math.max(1, other.length))
      return concat(bytes.subarray(0, at), other.subarray(from, from + random.int(400)), random.chance(0.5) ? bytes.subarray(at) : new Uint8Array(0))
    }
  }
}

/** One of the corpus, changed in one to four places: bits, edge numbers, cuts, repeats, pieces of another. */
export const mutate = (random: SeededRandom, corpus: readonly Uint8Array[]): Uint8Array => {
  let bytes = random.pick(corpus)
  for (let changes = random.between(1, 4); changes > 0; changes--) bytes = changeOnce(random, bytes, corpus)
  return bytes
}

const PIECES = ['null', '0', '-1', '1e308', '9007199254740993', '""', '[]', '{}', 'true', '"\\u0000"', '"\\ud800"', '"__proto__"', '[[[[[[[[[[]]]]]]]]]]', '"a/../../b"', '"\\u001b[31m"', '"**/*"', '{"constructor":{}}']

/** A JSON text with one to three values replaced, repeated or taken away; sometimes with its bytes changed. */
export const mutateJson = (random: SeededRandom, corpus: readonly string[]): string => {
  let text = random.pick(corpus)
  for (let changes = random.between(1, 3); changes > 0; changes--) {
    const values = [...text.matchAll(/"(?:[^"\\]|\\.)*"(?!\s*:)|-?\d+(?:\.\d+)?|true|false|null/g)]
    const found = values.length === 0 ? undefined : random.pick(values)
    const by = random.chance(0.5) ? random.pick(PIECES) : (values.length === 0 ? '0' : random.pick(values)[0])
    if (found !== undefined) text = text.slice(0, found.index) + by + text.slice(found.index + found[0].length)
  }
  if (random.chance(0.8)) return text
  const at = random.int(text.length + 1)
  return random.chance(0.5) ? text.slice(0, at) : text.slice(0, at) + String.fromCharCode(random.int(random.pick([128, 0x10000]))) + text.slice(at)
}
