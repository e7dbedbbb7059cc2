import type { Signer } from '../core/crypto.js'

/** The private keys of one home. They are used here and never leave: no method returns one. */
export interface Keys {
  /** The host key. Rejects with a `Failure` code `KEY_MODE` when others could read it. */
  host(): Promise<Signer>
  /** The operator key, opened with its passphrase (null where it was made without one); a `Failure` code otherwise. */
  operator(passphrase: string | null): Promise<Signer>
}
