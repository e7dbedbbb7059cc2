import type { Hash, HostKey, MeshId } from '../brand.js'
import type { Crypto } from '../crypto.js'
import { fromHex, toHash } from '../encoding/bytes.js'
import { failure, success, type Result } from '../result.js'
import { keyOf } from './author.js'
import type { Frame } from './frame.js'

declare const verified: unique symbol

/** A frame whose signature and payload hash hold. Only `verifyFrame` and `trustStoredFrame` make one. */
export interface VerifiedFrame extends Frame {
  /** SHA-256 of the header bytes alone (rules A2). */
  readonly hash: Hash
  readonly [verified]: true
}

export const frameHash = (crypto: Crypto, headerBytes: Uint8Array): Hash => toHash(crypto.sha256(headerBytes))

const payloadHolds = (crypto: Crypto, frame: Frame): boolean => toHash(crypto.sha256(frame.payload)) === frame.header.payloadHash

const asVerified = (frame: Frame, hash: Hash): VerifiedFrame => ({ ...frame, hash }) as VerifiedFrame

/** Mesh, then payload hash (cheap), then the signature over the received header bytes. */
export const verifyFrame = (crypto: Crypto, mesh: MeshId, frame: Frame): Result<VerifiedFrame> => {
  if (frame.header.mesh !== mesh) return failure('FRAME_OTHER_MESH', 'frame of another mesh')
  if (!payloadHolds(crypto, frame)) return failure('FRAME_BAD_PAYLOAD_HASH', 'payload does not have the hash that its header states')
  if (!signatureHolds(crypto, keyOf(frame.header.author), frame.headerBytes, frame.signature)) return failure('FRAME_BAD_SIGNATURE', 'signature does not fit the header')
  return success(asVerified(frame, frameHash(crypto, frame.headerBytes)))
}

/**
 * A frame read back from the own store, whose checksum covers every byte and whose signature was checked before it was written: only
 * mesh and payload hash are looked at again. `skein verify` checks the signatures too.
 */
export const trustStoredFrame = (crypto: Crypto, mesh: MeshId, frame: Frame): Result<VerifiedFrame> => {
  if (frame.header.mesh !== mesh) return failure('FRAME_OTHER_MESH', 'frame of another mesh')
  if (!payloadHolds(crypto, frame)) return failure('FRAME_STORED_DAMAGED', 'stored payload does not have the hash that its header states')
  return success(asVerified(frame, frameHash(crypto, frame.headerBytes)))
}

export const signatureHolds = (crypto: Crypto, key: HostKey, headerBytes: Uint8Array, signature: Uint8Array): boolean => {
  const publicKey = fromHex(key)
  return publicKey !== null && crypto.verify(signature, headerBytes, publicKey)
}
