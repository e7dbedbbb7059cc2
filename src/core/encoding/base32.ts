/** Crockford's alphabet in lower case: no i, l, o, u, so that a person can read an id aloud. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** Five bits a character, most significant first, the last one filled with zeros. */
export const toBase32 = (bytes: Uint8Array): string => {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET[(value >> bits) & 31]
    }
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text
}

/** The bytes, or null where a character is not of the alphabet or the filling is not zero. */
export const fromBase32 = (text: string): Uint8Array | null => {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8))
  let bits = 0
  let value = 0
  let at = 0
  for (const character of text) {
    const digit = ALPHABET.indexOf(character)
    if (digit < 0) return null
    value = ((value << 5) | digit) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = (value >> bits) & 255
    }
  }
  return bits < 5 && (value & ((1 << bits) - 1)) === 0 ? bytes : null
}
