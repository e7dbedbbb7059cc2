import { createHash } from 'node:crypto'
import { getPublicKey, hashes, Point, sign } from '@noble/ed25519'
import type { Crypto, Signer } from '../../core/crypto.js'
import { equalBytes, toHex } from '../../core/encoding/bytes.js'
import { isStrictSignature } from '../../core/replication/signature.js'

const digest = (algorithm: 'sha256' | 'sha512', ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const hash = createHash(algorithm)
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

hashes.sha512 = (message) => digest('sha512', message)

const littleEndian = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes.toReversed())}`)

/** encode([S]B − [k]A) = R with k reduced modulo L, as OpenSSL does it: for a key with a small-order part the reduction decides. */
const holdsEquation = (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean => {
  const commitment = signature.subarray(0, 32)
  const response = littleEndian(signature.subarray(32))
  const challenge = littleEndian(digest('sha512', commitment, publicKey, message)) % Point.CURVE().n
  const key = Point.fromBytes(publicKey)
  return equalBytes(Point.BASE.multiply(response, false).subtract(key.multiply(challenge, false)).toBytes(), commitment)
}

/** The portable path, and the oracle for the fast one. noble's own `verify` multiplies by the cofactor and so accepts more than OpenSSL. */
export const nobleCrypto: Crypto = {
  sha256: (bytes) => digest('sha256', bytes),
  verify: (signature, message, publicKey) => {
    if (!isStrictSignature(signature, publicKey)) return false
    try {
      return holdsEquation(signature, message, publicKey)
    } catch {
      return false
    }
  }
}

/** Signs with a seed of 32 bytes, of which it keeps a copy. */
export const nobleSigner = (seed: Uint8Array): Signer => {
  const own = seed.slice()
  return { publicKey: getPublicKey(own), sign: (message) => sign(message, own) }
}
