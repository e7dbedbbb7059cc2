import type { Signer } from '../core/crypto.js'
import type { Result } from '../core/result.js'

/**
 * The private keys of one home. They are used here and never leave: no method returns one.
 *
 * Contract (test/contract/keys.ts): every expected failure is returned; a key once made is never replaced, however many make one at the same
 * time, but by `promoteNextHost`; when `create…` answers the key is on disk; the same key signs alike each time it is opened.
 */
export interface Keys {
  /** The host key. `NO_HOME` when there is none, `KEY_MODE` when others could read it, `HOME_DAMAGED` when it is not what was written. */
  host(): Promise<Result<Signer>>
  /**
   * The operator key, opened with its passphrase (null, or anything, where it was made without one). `OPERATOR_LOCKED` when it needs a
   * passphrase and got null, `PASSPHRASE_WRONG`, `NO_OPERATOR_KEY` when there is none; else as `host`. Takes about half a second.
   */
  operator(passphrase: string | null): Promise<Result<Signer>>
  /** The raw 32-byte public half, which needs no passphrase: what the file says, proven only when the key is opened. */
  operatorPublicKey(): Promise<Result<Uint8Array>>
  /** Whether there is an operator key here, in whatever state. */
  hasOperator(): Promise<boolean>
  /** `HOME_EXISTS` when there is a host key, `HOME_UNWRITABLE` when it cannot be written. */
  createHost(): Promise<Result<Signer>>
  /** The host key that is to take the other's place; null when there is none. Failures as of `host`. */
  nextHost(): Promise<Result<Signer | null>>
  /** Makes the next host key; `HOME_EXISTS` when there is one. */
  createNextHost(): Promise<Result<Signer>>
  /**
   * The next host key takes the place of the present one, which is gone: at every moment, a crash included, one of the two is the host key. Does
   * nothing when there is no next one.
   */
  promoteNextHost(): Promise<Result<null>>
  /** The next host key is given up. */
  dropNextHost(): Promise<Result<null>>
  /** As `createHost`; `PASSPHRASE_SHORT` below `LIMITS.passphraseChars`. Null leaves the key in clear, which the caller must say. */
  createOperator(passphrase: string | null): Promise<Result<Signer>>
}
