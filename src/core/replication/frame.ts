import type { AuthorId, Hash, HostKey, MeshId } from '../brand.js'
import { GENERATION, MINOR, DOMAINS } from '../domain.js'
import { concat, fromHex, toHash, toHex } from '../encoding/bytes.js'
import { ByteReader } from '../encoding/reader.js'
import { ByteWriter } from '../encoding/writer.js'
import { LIMITS } from '../limits.js'
import { failure, success, type Result } from '../result.js'
import type { Stamp } from '../stamp.js'
import { authorIdOf, authorParts, epochBytes, epochFrom, EPOCH_BYTES } from './author.js'

export type FrameKind = 'update' | 'snapshot' | 'unknown'

/** The signed header of a frame: all that the chain needs, without the payload. */
export interface FrameHeader {
  readonly generation: number
  readonly minor: number
  readonly mesh: MeshId
  readonly author: AuthorId
  readonly seq: number
  /** Hash of the frame before, 64 zeros at number 0. */
  readonly prev: Hash
  readonly kind: FrameKind
  /** A snapshot is `parts` consecutive frames; an update is one of one. */
  readonly part: number
  readonly parts: number
  readonly stamp: Stamp
  /** The author's clock minus mesh time, as it measured it, in milliseconds. */
  readonly offsetMs: number
  readonly payloadLength: number
  readonly payloadHash: Hash
}

/** Header, signature and payload as they travel and as they are stored: never re-encoded. */
export interface Frame {
  readonly header: FrameHeader
  readonly headerBytes: Uint8Array
  readonly signature: Uint8Array
  readonly payload: Uint8Array
  readonly bytes: Uint8Array
}

export const NO_HASH = '0'.repeat(64) as Hash
export const SIGNATURE_BYTES = 64
const KINDS: readonly FrameKind[] = ['update', 'snapshot']

/** Canonical header bytes (docs/protocol.md, "Frame"): tag, generation, minor, length of what follows, fields in order. */
export const encodeHeader = (header: Omit<FrameHeader, 'generation' | 'minor'>): Uint8Array => {
  const { key, epoch } = authorParts(header.author)
  const fields = new ByteWriter()
    .raw(fromHex(header.mesh) ?? new Uint8Array(32))
    .raw(fromHex(key) ?? new Uint8Array(32))
    .raw(epochBytes(epoch))
    .u64(header.seq)
    .raw(fromHex(header.prev) ?? new Uint8Array(32))
    .u8(KINDS.indexOf(header.kind))
    .u16(header.part)
    .u16(header.parts)
    .u64(header.stamp.wall)
    .u16(header.stamp.count)
    .i32(header.offsetMs)
    .u32(header.payloadLength)
    .raw(fromHex(header.payloadHash) ?? new Uint8Array(32))
    .done()
  return new ByteWriter().text(DOMAINS.frame).u16(GENERATION).u16(MINOR).short(fields).done()
}

export const assembleFrame = (headerBytes: Uint8Array, signature: Uint8Array, payload: Uint8Array): Uint8Array => concat(headerBytes, signature, payload)

const readFields = (reader: ByteReader, generation: number, minor: number): FrameHeader => {
  const mesh = toHex(reader.raw(32)) as MeshId
  const key = toHex(reader.raw(32)) as HostKey
  const epoch = epochFrom(reader.fixed(EPOCH_BYTES))
  const seq = reader.u64()
  const prev = toHash(reader.raw(32))
  const kind = KINDS[reader.u8()] ?? 'unknown'
  const part = reader.u16()
  const parts = reader.u16()
  const stamp = { wall: reader.u64(), count: reader.u16() }
  const offsetMs = reader.i32()
  const payloadLength = reader.u32()
  const payloadHash = toHash(reader.raw(32))
  return { generation, minor, mesh, author: authorIdOf(key, epoch), seq, prev, kind, part, parts, stamp, offsetMs, payloadLength, payloadHash }
}

/** Epochs are counted from 1: 0 stands for all of a key's. */
const fieldsCounter = ({ author }: FrameHeader): number => authorParts(author).epoch.counter

/** Reads a header from its own bytes (a fork proof carries no payload). Layout, generation and bounds only: no signature yet. */
export const decodeHeader = (bytes: Uint8Array): Result<{ header: FrameHeader; length: number }> => {
  const reader = new ByteReader(bytes)
  const tag = reader.text()
  const generation = reader.u16()
  const minor = reader.u16()
  const fieldBytes = reader.short()
  const length = reader.offset
  if (reader.failed || tag !== DOMAINS.frame || length > LIMITS.frameHeaderBytes) return failure('FRAME_MALFORMED', 'not the header of a frame')
  if (generation !== GENERATION) return failure('GENERATION_UNSUPPORTED', `frame of protocol generation ${generation}; this skein speaks ${GENERATION}`)
  const fields = new ByteReader(fieldBytes)
  const header = readFields(fields, generation, minor)
  const misfit = fields.failed || (fields.remaining > 0 && minor <= MINOR) || (header.kind === 'unknown' && minor <= MINOR)
  if (misfit || fieldsCounter(header) === 0 || header.parts === 0 || header.parts > LIMITS.snapshotParts || header.part >= header.parts || (header.kind === 'update' && header.parts !== 1)) return failure('FRAME_MALFORMED', 'header fields do not fit together')
  return success({ header, length })
}

/** Splits the bytes of a frame; everything but the signature and the payload's hash is checked. */
export const decodeFrame = (bytes: Uint8Array): Result<Frame> => {
  const decoded = decodeHeader(bytes)
  if (!decoded.ok) return decoded
  const { header, length } = decoded.value
  const limit = header.kind === 'snapshot' ? LIMITS.snapshotPartBytes : LIMITS.framePayloadBytes
  if (header.payloadLength > limit) return failure('FRAME_TOO_LARGE', `payload of ${header.payloadLength} bytes; at most ${limit}`)
  if (bytes.length !== length + SIGNATURE_BYTES + header.payloadLength) return failure('FRAME_MALFORMED', 'length of the frame does not fit its header')
  return success({
    header,
    headerBytes: bytes.subarray(0, length),
    signature: bytes.subarray(length, length + SIGNATURE_BYTES),
    payload: bytes.subarray(length + SIGNATURE_BYTES),
    bytes
  })
}
