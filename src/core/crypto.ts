/**
 * What the core needs of cryptography, handed in from outside: synchronous, without state, without randomness.
 * `node:crypto` and `@noble/ed25519` implement it in `adapters/crypto`; both must give the same answer for every input.
 */
export interface Crypto {
  /** SHA-256, 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array
  /** The signature rule of `replication/signature.ts`: strict, cofactorless. Never throws. */
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean
}

/** A private key that can be used and not read. */
export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** 64 bytes. */
  sign(message: Uint8Array): Uint8Array
}
