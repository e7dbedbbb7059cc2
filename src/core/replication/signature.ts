import { fromHex } from '../encoding/bytes.js'

export const SIGNATURE_BYTES = 64
export const PUBLIC_KEY_BYTES = 32

const constant = (littleEndianHex: string): Uint8Array => fromHex(littleEndianHex) ?? new Uint8Array(PUBLIC_KEY_BYTES)

/** p = 2^255 − 19, the field of the coordinates. */
const FIELD_PRIME = constant(`ed${'ff'.repeat(30)}7f`)
/** L = 2^252 + 27742317777372353535851937790883648493, the order of the base point. */
const GROUP_ORDER = constant('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')

/** The y of the eight points whose order divides 8; two points that differ only in the sign of x share one. */
const SMALL_ORDER_Y = [
  constant('00'.repeat(32)),
  constant(`01${'00'.repeat(31)}`),
  constant(`ec${'ff'.repeat(30)}7f`),
  constant('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'),
  constant('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')
]

const WHOLE = 0xff
const WITHOUT_SIGN = 0x7f

/** Order of two little-endian numbers of 32 bytes; `topMask` says which bits of the left one's last byte count. */
const compareNumber = (bytes: Uint8Array, offset: number, topMask: number, other: Uint8Array): number => {
  for (let index = 31; index >= 0; index--) {
    const difference = ((bytes[offset + index] ?? 0) & (index === 31 ? topMask : WHOLE)) - (other[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/**
 * Whether 32 bytes can encode a point that we accept: y below p, and not of small order. The sign bit of x is left out of both
 * comparisons, so that the second encoding of the two points with x = 0 goes the same way. Says nothing of whether y lies on the curve.
 */
const isStrictPoint = (bytes: Uint8Array, offset: number): boolean =>
  compareNumber(bytes, offset, WITHOUT_SIGN, FIELD_PRIME) < 0 && SMALL_ORDER_Y.every((y) => compareNumber(bytes, offset, WITHOUT_SIGN, y) !== 0)

/**
 * The half of the signature rule that needs no curve arithmetic: 64 and 32 bytes, S < L, canonical A and R, neither of small order. The other
 * half is the cofactorless equation of RFC 8032, encode([S]B − [k]A) = R. Libraries differ on exactly the inputs refused here (Chalkias,
 * Garillot, Nikolaenko: "Taming the many EdDSAs", 2020), and two hosts that differ on one frame would never again agree on what follows it.
 */
export const isStrictSignature = (signature: Uint8Array, publicKey: Uint8Array): boolean =>
  signature.length === SIGNATURE_BYTES &&
  publicKey.length === PUBLIC_KEY_BYTES &&
  compareNumber(signature, 32, WHOLE, GROUP_ORDER) < 0 &&
  isStrictPoint(publicKey, 0) &&
  isStrictPoint(signature, 0)
