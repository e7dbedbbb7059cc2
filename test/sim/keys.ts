import { hash } from 'node:crypto'
import type { Crypto, Signer } from '../../src/core/crypto.js'
import { concat, equalBytes, toHex, utf8 } from '../../src/core/encoding/bytes.js'

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(hash('sha256', bytes, 'buffer'))

/**
 * Signatures at the price of a hash, since Ed25519 is slow in volume: a signature is a keyed hash, and what verifies knows every secret.
 * As honest as the real thing: without a `Signer` nobody in a simulation can make one, and any changed bit is noticed.
 */
export class SimKeys {
  readonly #secrets = new Map<string, Uint8Array>()

  readonly crypto: Crypto = {
    sha256,
    verify: (signature, message, publicKey) => {
      const secret = this.#secrets.get(toHex(publicKey))
      return secret !== undefined && equalBytes(signature, sign(secret, message))
    }
  }

  signer(name: string): Signer {
    const secret = sha256(utf8(`secret of ${name}`))
    const publicKey = sha256(concat(utf8('public'), secret))
    this.#secrets.set(toHex(publicKey), secret)
    return { publicKey, sign: message => sign(secret, message) }
  }
}

const sign = (secret: Uint8Array, message: Uint8Array): Uint8Array => {
  const half = sha256(concat(secret, message))
  return concat(half, half.toReversed())
}
