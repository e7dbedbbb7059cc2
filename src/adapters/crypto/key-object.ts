import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { concat } from '../../core/encoding/bytes.js'

/** What stands before the raw 32 bytes of an Ed25519 key in DER (RFC 8410): the shortest form, without the public half. */
const SPKI_PREFIX = Uint8Array.from([0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00])
const PKCS8_PREFIX = Uint8Array.from([0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20])

export const publicKeyObject = (raw: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.from(concat(SPKI_PREFIX, raw)), format: 'der', type: 'spki' })

/** The key as OpenSSL holds it; the copy of the seed that was made on the way is wiped. */
export const privateKeyObject = (seed: Uint8Array): KeyObject => {
  const der = Buffer.from(concat(PKCS8_PREFIX, seed).buffer)
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  } finally {
    der.fill(0)
  }
}

/** The raw 32 bytes of an Ed25519 public key, or of a private key's public half; null for any other type of key. */
export const rawPublicKey = (key: KeyObject): Uint8Array | null => {
  if (key.asymmetricKeyType !== 'ed25519') return null
  const half = key.type === 'private' ? createPublicKey(key) : key
  return Uint8Array.from(half.export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length))
}
