import type { AuthorId, Hash, MeshId } from '../brand.js'
import type { Crypto } from '../crypto.js'
import { compareText } from '../encoding/bytes.js'
import { ByteReader } from '../encoding/reader.js'
import { ByteWriter } from '../encoding/writer.js'
import { LIMITS } from '../limits.js'
import { failure, success, type Result } from '../result.js'
import { authorParts, everyEpochOf, keyOf } from './author.js'
import { decodeHeader, SIGNATURE_BYTES, type FrameHeader } from './frame.js'
import type { SignedHeader } from './log.js'
import { frameHash, signatureHolds } from './verification.js'

/**
 * Signed headers that no honest host would have signed, one behind the other (rules C3, C1). Whoever holds one calls what it speaks of void,
 * whichever proof it is:
 * - two of one epoch that cannot both be, of one number with different hashes or two neighbours of which the second does not name the first:
 *   that epoch;
 * - one whose epoch has a counter above `LIMITS.epochsPerKey`, or one more than that of different epochs: the key, with all its epochs.
 */
export interface ForkProof {
  /** The epoch that is void, or `everyEpochOf` the key. */
  readonly author: AuthorId
  readonly bytes: Uint8Array
}

/** A header that was read, before anybody looked at its signature. */
export interface ReadHeader extends SignedHeader {
  readonly header: FrameHeader
  readonly hash: Hash
}

const MOST_HEADERS = LIMITS.epochsPerKey + 1

const joined = (headers: readonly SignedHeader[]): Uint8Array => {
  const writer = new ByteWriter()
  for (const { headerBytes, signature } of headers) writer.short(headerBytes).raw(signature)
  return writer.done()
}

export const makeForkProof = (author: AuthorId, first: SignedHeader, second: SignedHeader): ForkProof => ({ author, bytes: joined([first, second]) })

export const isCounterBeyond = (author: AuthorId): boolean => authorParts(author).epoch.counter > LIMITS.epochsPerKey

/** The proof against a key: of all its epochs that were seen, one header each, in whatever order. One alone suffices where its counter is too high. */
export const makeKeyProof = (headers: readonly (readonly [AuthorId, SignedHeader])[]): ForkProof | null => {
  const [first] = headers
  if (first === undefined) return null
  const beyond = headers.find(([author]) => isCounterBeyond(author))
  if (beyond !== undefined) return { author: everyEpochOf(keyOf(beyond[0])), bytes: joined([beyond[1]]) }
  if (headers.length < MOST_HEADERS) return null
  const ascending = headers.toSorted(([left], [right]) => compareText(left, right)).slice(0, MOST_HEADERS)
  return { author: everyEpochOf(keyOf(first[0])), bytes: joined(ascending.map(([, header]) => header)) }
}

/** Whether no author could have signed both in one history. */
export const exclude = (one: ReadHeader, other: ReadHeader): boolean => {
  if (one.header.author !== other.header.author) return false
  if (one.header.seq === other.header.seq) return one.hash !== other.hash
  const [before, after] = one.header.seq < other.header.seq ? [one, other] : [other, one]
  return after.header.seq === before.header.seq + 1 && after.header.prev !== before.hash
}

export const readHeader = (crypto: Crypto, signed: SignedHeader): Result<ReadHeader> => {
  const read = decodeHeader(signed.headerBytes)
  if (!read.ok) return read
  if (read.value.length !== signed.headerBytes.length) return failure('FRAME_MALFORMED', 'not the header of a frame alone')
  return success({ ...signed, header: read.value.header, hash: frameHash(crypto, signed.headerBytes) })
}

/** The headers that a proof is made of, as they stand in it; nothing about them is believed. */
export const headersIn = (crypto: Crypto, bytes: Uint8Array): Result<readonly ReadHeader[]> => {
  const reader = new ByteReader(bytes)
  const headers: ReadHeader[] = []
  while (reader.remaining > 0 && !reader.failed) {
    const signed = { headerBytes: reader.short(), signature: reader.raw(SIGNATURE_BYTES) }
    const read = reader.failed || headers.length === MOST_HEADERS ? failure('FRAME_MALFORMED', 'not a fork proof') : readHeader(crypto, signed)
    if (!read.ok) return read
    headers.push(read.value)
  }
  return reader.done() && headers.length > 0 ? success(headers) : failure('FRAME_MALFORMED', 'not a fork proof')
}

/** What the headers speak of, if their signatures hold: an epoch, or every epoch of a key. */
export const accusedBy = (headers: readonly ReadHeader[]): Result<AuthorId> => {
  const [first, second] = headers
  if (first === undefined) return failure('FRAME_MALFORMED', 'not a fork proof')
  const { author } = first.header
  if (second === undefined) return isCounterBeyond(author) ? success(everyEpochOf(keyOf(author))) : failure('FRAME_MALFORMED', 'a single header excludes nothing')
  if (headers.length === 2) return exclude(first, second) ? success(author) : failure('FRAME_MALFORMED', 'the two headers do not exclude each other')
  const ascend = headers.every(({ header }, index) => index === 0 || compareText(headers[index - 1]?.header.author ?? '', header.author) < 0)
  const ofOneKey = headers.every(({ header }) => keyOf(header.author) === keyOf(author))
  if (headers.length !== MOST_HEADERS || !ascend || !ofOneKey) return failure('FRAME_MALFORMED', 'not one header more than a key may open epochs')
  return success(everyEpochOf(keyOf(author)))
}

/** Believes nothing: decodes every header, checks that together they prove something, and each signature. */
export const checkForkProof = (crypto: Crypto, mesh: MeshId, bytes: Uint8Array): Result<ForkProof> => {
  const headers = headersIn(crypto, bytes)
  if (!headers.ok) return headers
  if (headers.value.some(({ header }) => header.mesh !== mesh)) return failure('FRAME_OTHER_MESH', 'fork proof of another mesh')
  const accused = accusedBy(headers.value)
  if (!accused.ok) return accused
  const key = keyOf(accused.value)
  if (!headers.value.every(({ headerBytes, signature }) => signatureHolds(crypto, key, headerBytes, signature))) return failure('FRAME_BAD_SIGNATURE', 'a signature of the fork proof does not hold')
  return success({ author: accused.value, bytes })
}
