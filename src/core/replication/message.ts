import type { ActId, AuthorId, Hash, HostKey, MeshId } from '../brand.js'
import { fromHex, toHash, toHex } from '../encoding/bytes.js'
import { ByteReader } from '../encoding/reader.js'
import { ByteWriter } from '../encoding/writer.js'
import { LIMITS } from '../limits.js'
import { failure, success, type Result } from '../result.js'
import { authorIdOf, authorParts, epochBytes, epochFrom, EPOCH_BYTES } from './author.js'
import { SIGNATURE_BYTES } from './frame.js'
import { writeHead, type Head } from './heads.js'

/** A newcomer's claim to an invitation: host key and name, signed with the invitation key and with the host key (rules B2). */
export interface JoiningProof {
  readonly invitationKey: Uint8Array
  readonly name: string
  readonly byInvitation: Uint8Array
  readonly byHost: Uint8Array
}

/** Everything that travels on a link. The first two come before anything else is read. */
export type Message =
  | { readonly type: 'hello'; readonly generation: number; readonly minor: number; readonly mesh: MeshId; readonly key: HostKey; readonly nonce: Uint8Array; readonly wall: number }
  /** `acts`: those that let a peer judge a newcomer which it has not heard of: its invitation and a witness. */
  | { readonly type: 'proof'; readonly signature: Uint8Array; readonly wall: number; readonly joining: JoiningProof | null; readonly acts: readonly Uint8Array[] }
  | { readonly type: 'refuse'; readonly code: string; readonly text: string }
  /** Where the sender stands: the no-change check, at each beat and whenever it may help. `final`: the sender goes away for now. */
  | { readonly type: 'status'; readonly id: number; readonly digest: Hash; readonly view: Hash; readonly final: boolean }
  /** What the digest is made of, when two differ: the digest of the acts, and every head, in as many messages as it takes. */
  | { readonly type: 'heads'; readonly acts: Hash; readonly heads: readonly Head[]; readonly last: boolean }
  | { readonly type: 'actIds'; readonly ids: readonly ActId[]; readonly last: boolean }
  | { readonly type: 'acts'; readonly acts: readonly Uint8Array[] }
  | { readonly type: 'forks'; readonly proofs: readonly Uint8Array[] }
  /** Frames asked for: an author's, from a number on. */
  | { readonly type: 'want'; readonly author: AuthorId; readonly from: number }
  /** The answer to a want; `more` when the sender holds further ones. */
  | { readonly type: 'frames'; readonly author: AuthorId; readonly from: number; readonly frames: readonly Uint8Array[]; readonly more: boolean }
  /** A frame that is new. */
  | { readonly type: 'push'; readonly frame: Uint8Array }
  /** Numbers up to which the sender has persisted what was pushed to it. */
  | { readonly type: 'have'; readonly heads: readonly { readonly author: AuthorId; readonly seq: number }[] }
  /** Frames of the past asked for: an author's that end before a number, none below `from`. */
  | { readonly type: 'wantPast'; readonly author: AuthorId; readonly from: number; readonly before: number }
  /** The answer: consecutive frames in rising order, the last one with number `before` − 1; none when the sender has none. */
  | { readonly type: 'past'; readonly author: AuthorId; readonly before: number; readonly frames: readonly Uint8Array[] }
  /** The answer to a status: it shows that the link lives, and measures the peer's clock. */
  | { readonly type: 'pong'; readonly id: number; readonly wall: number }

const TYPES = ['hello', 'proof', 'refuse', 'status', 'heads', 'actIds', 'acts', 'forks', 'want', 'frames', 'push', 'have', 'pong', 'wantPast', 'past'] as const

/** A head of one entry in a `heads` message: key, epoch, state, number, hash. */
export const HEAD_BYTES = 32 + EPOCH_BYTES + 1 + 8 + 32

const writeAuthor = (writer: ByteWriter, author: AuthorId): ByteWriter => {
  const { key, epoch } = authorParts(author)
  return writer.raw(fromHex(key) ?? new Uint8Array(32)).raw(epochBytes(epoch))
}

const readAuthor = (reader: ByteReader): AuthorId => authorIdOf(toHex(reader.fixed(32)) as HostKey, epochFrom(reader.fixed(EPOCH_BYTES)))

const writeHash = (writer: ByteWriter, hash: string): ByteWriter => writer.raw(fromHex(hash) ?? new Uint8Array(32))

const writeMany = (writer: ByteWriter, items: readonly Uint8Array[]): ByteWriter => {
  writer.u16(items.length)
  for (const item of items) writer.long(item)
  return writer
}

const readMany = <Item>(reader: ByteReader, read: () => Item, most = 0xffff): Item[] => {
  const items: Item[] = []
  const count = reader.u16()
  if (count > most) reader.fail()
  for (let left = count; left > 0 && !reader.failed; left--) items.push(read())
  return items
}

export const encodeMessage = (message: Message): Uint8Array => {
  const writer = new ByteWriter().u8(TYPES.indexOf(message.type))
  switch (message.type) {
    case 'hello':
      writer.u16(message.generation).u16(message.minor)
      writeHash(writer, message.mesh)
      writeHash(writer, message.key)
      return writer.raw(message.nonce).u64(message.wall).done()
    case 'proof': {
      writer.raw(message.signature).u64(message.wall).u8(message.joining === null ? 0 : 1)
      if (message.joining !== null) writer.raw(message.joining.invitationKey).text(message.joining.name).raw(message.joining.byInvitation).raw(message.joining.byHost)
      return writeMany(writer, message.acts).done()
    }
    case 'refuse':
      return writer.text(message.code).text(message.text).done()
    case 'status':
      writer.u32(message.id)
      writeHash(writer, message.digest)
      writeHash(writer, message.view)
      return writer.u8(message.final ? 1 : 0).done()
    case 'heads':
      writeHash(writer, message.acts).u8(message.last ? 1 : 0).u16(message.heads.length)
      for (const head of message.heads) writeHead(writer, head)
      return writer.done()
    case 'actIds':
      writer.u8(message.last ? 1 : 0).u16(message.ids.length)
      for (const id of message.ids) writeHash(writer, id)
      return writer.done()
    case 'acts':
      return writeMany(writer, message.acts).done()
    case 'forks':
      return writeMany(writer, message.proofs).done()
    case 'want':
      return writeAuthor(writer, message.author).u64(message.from).done()
    case 'frames':
      writeAuthor(writer, message.author).u64(message.from).u8(message.more ? 1 : 0)
      return writeMany(writer, message.frames).done()
    case 'push':
      return writer.raw(message.frame).done()
    case 'have':
      writer.u16(message.heads.length)
      for (const head of message.heads) writeAuthor(writer, head.author).u64(head.seq)
      return writer.done()
    case 'wantPast':
      return writeAuthor(writer, message.author).u64(message.from).u64(message.before).done()
    case 'past':
      writeAuthor(writer, message.author).u64(message.before)
      return writeMany(writer, message.frames).done()
    case 'pong':
      return writer.u32(message.id).u64(message.wall).done()
  }
}

const readHead = (reader: ByteReader): Head => {
  const author = readAuthor(reader)
  const state = reader.u8()
  const seq = reader.u64()
  const hash = toHash(reader.fixed(32))
  if (state > 1) reader.fail()
  return state === 0 ? { author, state: 'held', seq, hash } : { author, state: 'forked' }
}

const readFlag = (reader: ByteReader): boolean => {
  const flag = reader.u8()
  if (flag > 1) reader.fail()
  return flag === 1
}

const readBody = (type: (typeof TYPES)[number], reader: ByteReader): Message => {
  switch (type) {
    case 'hello':
      return {
        type,
        generation: reader.u16(),
        minor: reader.u16(),
        mesh: toHex(reader.fixed(32)) as MeshId,
        key: toHex(reader.fixed(32)) as HostKey,
        nonce: reader.fixed(32),
        wall: reader.u64()
      }
    case 'proof': {
      const signature = reader.fixed(SIGNATURE_BYTES)
      const wall = reader.u64()
      const joining = readFlag(reader)
        ? { invitationKey: reader.fixed(32), name: reader.text(), byInvitation: reader.fixed(SIGNATURE_BYTES), byHost: reader.fixed(SIGNATURE_BYTES) }
        : null
      return { type, signature, wall, joining, acts: readMany(reader, () => reader.long(), LIMITS.itemsPerMessage) }
    }
    case 'refuse':
      return { type, code: reader.text(), text: reader.text() }
    case 'status':
      return { type, id: reader.u32(), digest: toHash(reader.fixed(32)), view: toHash(reader.fixed(32)), final: readFlag(reader) }
    case 'heads': {
      const acts = toHash(reader.fixed(32))
      const last = readFlag(reader)
      return { type, acts, last, heads: readMany(reader, () => readHead(reader)) }
    }
    case 'actIds': {
      const last = readFlag(reader)
      return { type, last, ids: readMany(reader, () => toHex(reader.fixed(32)) as ActId) }
    }
    case 'acts':
      return { type, acts: readMany(reader, () => reader.long(), LIMITS.itemsPerMessage) }
    case 'forks':
      return { type, proofs: readMany(reader, () => reader.long(), LIMITS.itemsPerMessage) }
    case 'want':
      return { type, author: readAuthor(reader), from: reader.u64() }
    case 'frames': {
      const author = readAuthor(reader)
      const from = reader.u64()
      const more = readFlag(reader)
      return { type, author, from, more, frames: readMany(reader, () => reader.long()) }
    }
    case 'push':
      return { type, frame: reader.rest() }
    case 'have':
      return { type, heads: readMany(reader, () => ({ author: readAuthor(reader), seq: reader.u64() })) }
    case 'wantPast':
      return { type, author: readAuthor(reader), from: reader.u64(), before: reader.u64() }
    case 'past':
      return { type, author: readAuthor(reader), before: reader.u64(), frames: readMany(reader, () => reader.long()) }
    case 'pong':
      return { type, id: reader.u32(), wall: reader.u64() }
  }
}

/** Reads one message to its last byte. A newer hello may be longer: its generation has to be readable before it is refused. */
export const decodeMessage = (bytes: Uint8Array): Result<Message> => {
  const reader = new ByteReader(bytes)
  const type = TYPES[reader.u8()]
  if (type === undefined) return failure('MESSAGE_MALFORMED', 'a message of an unknown type')
  const message = readBody(type, reader)
  const whole = type === 'hello' ? !reader.failed : reader.done()
  return whole ? success(message) : failure('MESSAGE_MALFORMED', `a ${type} message that does not have its layout`)
}
