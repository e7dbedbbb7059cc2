import type { AuthorId, MeshId } from '../brand.js'
import type { Crypto } from '../crypto.js'
import { ByteReader } from '../encoding/reader.js'
import { ByteWriter } from '../encoding/writer.js'
import { failure, success, type Result } from '../result.js'
import { keyOf } from './author.js'
import { decodeHeader, SIGNATURE_BYTES } from './frame.js'
import type { SignedHeader } from './log.js'
import { frameHash, signatureHolds } from './verification.js'

/**
 * Two signed headers of one author that cannot both be: two of one number with different hashes, or two neighbours of which the second
 * does not name the first (rules C3). Whoever holds the proof calls that epoch void, whichever proof it is.
 */
export interface ForkProof {
  readonly author: AuthorId
  readonly bytes: Uint8Array
}

export const makeForkProof = (author: AuthorId, first: SignedHeader, second: SignedHeader): ForkProof => ({
  author,
  bytes: new ByteWriter().short(first.headerBytes).raw(first.signature).short(second.headerBytes).raw(second.signature).done()
})

/** Believes nothing: decodes both headers, checks both signatures and that they exclude each other. */
export const checkForkProof = (crypto: Crypto, mesh: MeshId, bytes: Uint8Array): Result<ForkProof> => {
  const reader = new ByteReader(bytes)
  const sides = [0, 1].map(() => ({ headerBytes: reader.short(), signature: reader.raw(SIGNATURE_BYTES) }))
  const [first, second] = sides
  if (!reader.done() || first === undefined || second === undefined) return failure('FRAME_MALFORMED', 'not a fork proof')
  const left = decodeHeader(first.headerBytes)
  const right = decodeHeader(second.headerBytes)
  if (!left.ok) return left
  if (!right.ok) return right
  const one = left.value.header
  const other = right.value.header
  if (left.value.length !== first.headerBytes.length || right.value.length !== second.headerBytes.length) return failure('FRAME_MALFORMED', 'not a fork proof')
  if (one.author !== other.author || one.mesh !== mesh || other.mesh !== mesh) return failure('FRAME_OTHER_MESH', 'fork proof of two authors or another mesh')
  const leftHash = frameHash(crypto, first.headerBytes)
  const rightHash = frameHash(crypto, second.headerBytes)
  const sameNumber = one.seq === other.seq && leftHash !== rightHash
  const neighbours = other.seq === one.seq + 1 && other.prev !== leftHash
  if (!sameNumber && !neighbours) return failure('FRAME_MALFORMED', 'the two headers do not exclude each other')
  if (!sides.every(side => signatureHolds(crypto, keyOf(one.author), side.headerBytes, side.signature))) return failure('FRAME_BAD_SIGNATURE', 'a signature of the fork proof does not hold')
  return success({ author: one.author, bytes })
}
