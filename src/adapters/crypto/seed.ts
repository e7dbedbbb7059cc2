import type { Random } from '../../ports/random.js'
import { privateKeyObject, rawPublicKey } from './key-object.js'

/** The whole private key of RFC 8032: 32 random bytes, of which everything else is derived. */
export const SEED_BYTES = 32

export const generateSeed = (random: Random): Uint8Array => random.bytes(SEED_BYTES)

/** The raw 32-byte public key of a seed of 32 bytes. */
export const publicKeyOf = (seed: Uint8Array): Uint8Array => {
  const publicKey = rawPublicKey(privateKeyObject(seed))
  if (!publicKey) throw new TypeError('node:crypto read an Ed25519 seed as another type of key')
  return publicKey
}
