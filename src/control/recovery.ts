import type { Signer } from '../core/crypto.js'
import { fromBase32, toBase32 } from '../core/encoding/base32.js'
import { concat, equalBytes, utf8 } from '../core/encoding/bytes.js'
import { failure, success, type Result } from '../core/result.js'
import { generateSeed, nodeCrypto, nodeSigner, systemRandom } from './adapters.js'

const PREFIX = 'skr1_'
const SEED_BYTES = 32
const CHECKSUM_BYTES = 4

const checksum = (seed: Uint8Array): Uint8Array => nodeCrypto.sha256(concat(utf8(PREFIX), seed)).subarray(0, CHECKSUM_BYTES)

/** A new recovery key and the one word that holds it: shown once, stored nowhere. */
export const makeRecovery = (): { readonly code: string; readonly signer: Signer } => {
  const seed = generateSeed(systemRandom)
  return { code: PREFIX + toBase32(concat(seed, checksum(seed))), signer: nodeSigner(seed) }
}

/** The recovery key in what a person typed; white space is passed over. */
export const readRecovery = (typed: string): Result<Signer> => {
  const text = typed.replace(/\s+/g, '').toLowerCase()
  const bytes = text.startsWith(PREFIX) ? fromBase32(text.slice(PREFIX.length)) : null
  const seed = bytes?.subarray(0, SEED_BYTES)
  if (seed?.length !== SEED_BYTES || !bytes || !equalBytes(checksum(seed), bytes.subarray(SEED_BYTES))) {
    return failure('FIELD_INVALID', 'this is not the recovery code as it was printed: it begins with "skr1_", and no character may be missing or changed', { field: '--recovery-file' })
  }
  return success(nodeSigner(seed))
}
