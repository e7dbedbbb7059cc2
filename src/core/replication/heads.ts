import type { AuthorId, Hash, MeshId } from '../brand.js'
import type { Crypto } from '../crypto.js'
import { domainPrefix } from '../domain.js'
import { compareText, fromHex, toHash } from '../encoding/bytes.js'
import { ByteWriter } from '../encoding/writer.js'
import { NO_HASH } from './frame.js'
import { authorParts, epochBytes } from './author.js'

/** How far one author's log is held: its newest number and hash, or just that it forked (rules D1). */
export type Head = { readonly author: AuthorId; readonly state: 'held'; readonly seq: number; readonly hash: Hash } | { readonly author: AuthorId; readonly state: 'forked' }

export const writeHead = (writer: ByteWriter, head: Head): ByteWriter => {
  const { key, epoch } = authorParts(head.author)
  writer.raw(fromHex(key) ?? new Uint8Array(32)).raw(epochBytes(epoch)).u8(head.state === 'held' ? 0 : 1)
  const seq = head.state === 'held' ? head.seq : 0
  const hash = head.state === 'held' ? head.hash : NO_HASH
  return writer.u64(seq).raw(fromHex(hash) ?? new Uint8Array(32))
}

/** The no-change check: 32 bytes over every accepted head and the digest of the acts, the same whatever order they came in. */
export const headsDigest = (crypto: Crypto, mesh: MeshId, heads: Iterable<Head>, actsDigest: Hash): Hash => {
  const writer = domainPrefix('heads', mesh).raw(fromHex(actsDigest) ?? new Uint8Array(32))
  for (const head of [...heads].sort((left, right) => compareText(left.author, right.author))) writeHead(writer, head)
  return toHash(crypto.sha256(writer.done()))
}
