import { createHash } from 'node:crypto'
import { concat, equalBytes } from '../../core/encoding/bytes.js'

export const CHECK_BYTES = 16

/** A value with the checksum it was stored under. */
export interface Sealed {
  readonly check: Uint8Array
  readonly bytes: Uint8Array
}

/** The first 16 bytes of SHA-256 over key, a zero byte and value: a value that was changed, swapped or moved to another key does not fit it. */
const checkOf = (key: string, bytes: Uint8Array): Uint8Array => createHash('sha256').update(key).update('\0').update(bytes).digest().subarray(0, CHECK_BYTES)

/** The stored form of a value: its checksum, then its bytes. */
export const seal = (key: string, bytes: Uint8Array): { readonly check: Uint8Array; readonly stored: Uint8Array } => {
  const check = checkOf(key, bytes)
  return { check, stored: concat(check, bytes) }
}

/** What was sealed under this key, or null when these are not the bytes that were. */
export const unseal = (key: string, stored: Uint8Array): Sealed | null => {
  const check = stored.subarray(0, CHECK_BYTES)
  const bytes = stored.subarray(CHECK_BYTES)
  return equalBytes(check, checkOf(key, bytes)) ? { check, bytes } : null
}
