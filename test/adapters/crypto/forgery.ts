import { createHash } from 'node:crypto'
import { Point, utils } from '@noble/ed25519'
import { nobleSigner } from '../../../src/adapters/crypto/noble.js'
import { concat, fromHex, toHex } from '../../../src/core/encoding/bytes.js'
import { smallOrderPoints } from './torsion.js'

export const forgeries = [
  'none',
  'flipped signature bit',
  'flipped key bit',
  'other message',
  'random signature',
  'random key',
  'S plus L',
  'small-order key',
  'small-order R',
  'small-order both',
  'mixed-order key',
  'mixed-order R',
  'non-canonical key',
  'non-canonical R',
  'zero signature',
  'zero key',
  'empty signature',
  'short signature',
  'long signature',
  'short key',
  'long key'
] as const

export type Forgery = (typeof forgeries)[number]

interface Signed {
  readonly signature: Uint8Array
  readonly publicKey: Uint8Array
}

const P = 2n ** 255n - 19n
const L = Point.CURVE().n
const torsion = smallOrderPoints()

const number = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes.toReversed())}`)
const encode = (value: bigint): Uint8Array => (fromHex(value.toString(16).padStart(64, '0')) ?? new Uint8Array(32)).toReversed()
const hash = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(createHash('sha512').update(concat(...parts)).digest())
const challenge = (commitment: Uint8Array, publicKey: Uint8Array, message: Uint8Array): bigint => number(hash(commitment, publicKey, message)) % L
const base = (scalar: bigint): Point => Point.BASE.multiply(scalar, false)
const flipped = (bytes: Uint8Array, choice: number): Uint8Array => {
  const at = choice % (bytes.length * 8)
  return bytes.map((byte, index) => (index === at >> 3 ? byte ^ (1 << (at & 7)) : byte))
}

/** A signature by the owner of a seed who is free to add a small-order part to the key or to R; R may also be given outright. */
const craft = (seed: Uint8Array, message: Uint8Array, parts: { key?: Point; commitment?: Point; key32?: Uint8Array; r32?: Uint8Array }): Signed => {
  const { scalar } = utils.getExtendedPublicKey(seed)
  const nonce = number(hash(seed, message)) % L
  const publicKey = parts.key32 ?? base(scalar).add(parts.key ?? Point.ZERO).toBytes()
  const commitment = parts.r32 ?? base(nonce).add(parts.commitment ?? Point.ZERO).toBytes()
  const response = (nonce + challenge(commitment, publicKey, message) * scalar) % L
  return { publicKey, signature: concat(commitment, encode(response)) }
}

/** One of the encodings with y from p to 2^255 − 1, with either sign. */
const nonCanonical = (choice: number): Uint8Array => encode(P + BigInt(choice % 19) + (choice % 2 === 0 ? 0n : 2n ** 255n))

/** A signature of `message` that is wrong in one way, or not at all; `choice` picks the bit, the point or the encoding. */
export const forge = (kind: Forgery, seed: Uint8Array, message: Uint8Array, choice: number): Signed => {
  const signer = nobleSigner(seed)
  const publicKey = signer.publicKey
  const signature = signer.sign(message)
  const commitment = signature.subarray(0, 32)
  const response = signature.subarray(32)
  const small = torsion[choice % 8] ?? Point.ZERO
  const large = torsion[1 + (choice % 7)] ?? Point.ZERO
  switch (kind) {
    case 'none':
      return { signature, publicKey }
    case 'flipped signature bit':
      return { signature: flipped(signature, choice), publicKey }
    case 'flipped key bit':
      return { signature, publicKey: flipped(publicKey, choice) }
    case 'other message':
      return { signature: signer.sign(concat(message, Uint8Array.of(choice & 255))), publicKey }
    case 'random signature':
      return { signature: hash(seed, Uint8Array.of(choice & 255)), publicKey }
    case 'random key':
      return { signature, publicKey: hash(seed, Uint8Array.of(choice & 255)).slice(0, 32) }
    case 'S plus L':
      return { signature: concat(commitment, encode(number(response) + L)), publicKey }
    case 'small-order key':
      return craft(seed, message, { key32: small.toBytes() })
    case 'small-order R':
      return craft(seed, message, { r32: small.toBytes() })
    case 'small-order both':
      return { signature: concat(small.toBytes(), encode(0n)), publicKey: (torsion[(choice >> 3) % 8] ?? Point.ZERO).toBytes() }
    case 'mixed-order key':
      return craft(seed, message, { key: large })
    case 'mixed-order R':
      return craft(seed, message, { commitment: large })
    case 'non-canonical key':
      return craft(seed, message, { key32: nonCanonical(choice) })
    case 'non-canonical R':
      return craft(seed, message, { r32: nonCanonical(choice) })
    case 'zero signature':
      return { signature: new Uint8Array(64), publicKey }
    case 'zero key':
      return { signature, publicKey: new Uint8Array(32) }
    case 'empty signature':
      return { signature: new Uint8Array(0), publicKey }
    case 'short signature':
      return { signature: signature.slice(0, 63), publicKey }
    case 'long signature':
      return { signature: concat(signature, Uint8Array.of(0)), publicKey }
    case 'short key':
      return { signature, publicKey: publicKey.slice(0, 31) }
    case 'long key':
      return { signature, publicKey: concat(publicKey, Uint8Array.of(0)) }
  }
}
