import { nodeCrypto } from '../../../src/adapters/crypto/node.js'
import type { AuthorId, Hash, HostKey, MeshId, RecordId } from '../../../src/core/brand.js'
import { toHash, toHex } from '../../../src/core/encoding/bytes.js'
import type { Result } from '../../../src/core/result.js'
import { authorIdOf, clientIdOf } from '../../../src/core/replication/author.js'
import { AuthorDocument } from '../../../src/core/replication/document.js'
import { assembleFrame, decodeFrame, encodeHeader, NO_HASH, type FrameHeader } from '../../../src/core/replication/frame.js'
import { trustStoredFrame, type VerifiedFrame } from '../../../src/core/replication/verification.js'
import { signerOf } from '../replica/bench.js'

export const crypto = nodeCrypto
export const mesh = toHex(nodeCrypto.sha256(new Uint8Array([1]))) as MeshId
export const signer = signerOf('author')
export const key = toHex(signer.publicKey) as HostKey
export const author: AuthorId = authorIdOf(key, { counter: 1, nonce: '0123456789abcdef' })

export const take = <Value>(result: Result<Value>): Value => {
  if (result.ok) return result.value
  throw new Error(`${result.failure.code}: ${result.failure.message}`)
}

export const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.failure.code)

type Fields = Omit<FrameHeader, 'generation' | 'minor'>

/** Header fields of an update that fit the payload, but for those that are given. */
export const fieldsOf = (payload: Uint8Array, given: Partial<Fields> = {}): Fields => ({
  mesh,
  author,
  seq: 0,
  prev: NO_HASH,
  kind: 'snapshot',
  part: 0,
  parts: 1,
  stamp: { wall: 1_795_183_200_000, count: 0 },
  offsetMs: -250,
  payloadLength: payload.length,
  payloadHash: toHash(crypto.sha256(payload)),
  ...given
})

export const frameBytes = (payload: Uint8Array, given: Partial<Fields> = {}, by = signer): Uint8Array => {
  const headerBytes = encodeHeader(fieldsOf(payload, given))
  return assembleFrame(headerBytes, by.sign(headerBytes), payload)
}

/** Writes an author's frames one after the other, whatever they hold. */
export class Pen {
  seq = -1
  prev: Hash = NO_HASH

  frame(kind: 'update' | 'snapshot', payload: Uint8Array, given: Partial<Fields> = {}): VerifiedFrame {
    const bytes = frameBytes(payload, { kind, seq: this.seq + 1, prev: this.prev, ...given })
    const frame = take(trustStoredFrame(crypto, mesh, take(decodeFrame(bytes))))
    this.seq = frame.header.seq
    this.prev = frame.hash
    return frame
  }
}

export const record = (id: string, text = `text of ${id}`): readonly [RecordId, string] => [id as RecordId, text]

export const documentAt = (snapshotSeq: number): AuthorDocument => new AuthorDocument(clientIdOf(crypto, mesh, author, snapshotSeq))
