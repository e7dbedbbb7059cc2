import { hash, sign, verify } from 'node:crypto'
import type { Crypto, Signer } from '../../core/crypto.js'
import { LIMITS } from '../../core/limits.js'
import { isStrictSignature } from '../../core/replication/signature.js'
import { KeyCache } from './key-cache.js'
import { privateKeyObject } from './key-object.js'
import { publicKeyOf } from './seed.js'

const importedKeys = new KeyCache(LIMITS.importedKeys)

/** The fast path: the signature rule by `isStrictSignature` and OpenSSL, whose equation is cofactorless. */
export const nodeCrypto: Crypto = {
  sha256: (bytes) => new Uint8Array(hash('sha256', bytes, 'buffer')),
  verify: (signature, message, publicKey) => {
    if (!isStrictSignature(signature, publicKey)) return false
    try {
      return verify(null, message, importedKeys.get(publicKey), signature)
    } catch {
      return false
    }
  }
}

/** Signs with a seed of 32 bytes; the seed itself is not kept and can be wiped by the caller. */
export const nodeSigner = (seed: Uint8Array): Signer => {
  const key = privateKeyObject(seed)
  return { publicKey: publicKeyOf(seed), sign: (message) => new Uint8Array(sign(null, message, key)) }
}
