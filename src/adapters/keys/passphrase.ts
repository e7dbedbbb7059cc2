import { LIMITS } from '../../core/limits.js'
import { failure, type Failure } from '../../core/result.js'

/** The failure for a passphrase that is too short to keep a key, or null; no passphrase at all is the caller's choice. */
export const passphraseShortage = (passphrase: string | null): { ok: false; failure: Failure } | null => {
  if (passphrase === null || Array.from(passphrase.normalize('NFC')).length >= LIMITS.passphraseChars) return null
  return failure('PASSPHRASE_SHORT', `a passphrase needs ${LIMITS.passphraseChars} characters or more`, { field: 'passphrase' })
}
