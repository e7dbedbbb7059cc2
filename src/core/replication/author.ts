import type { AuthorId, HostKey, MeshId } from '../brand.js'
import type { Crypto } from '../crypto.js'
import { domainPrefix } from '../domain.js'
import { fromHex, toHex } from '../encoding/bytes.js'
import { ByteWriter } from '../encoding/writer.js'

/** One life of an author's log: a counter, and eight random bytes so that two copies of one home never open the same one (rules C1). */
export interface Epoch {
  readonly counter: number
  /** 8 bytes as 16 hex digits. */
  readonly nonce: string
}

export interface AuthorParts {
  readonly key: HostKey
  readonly epoch: Epoch
}

export const EPOCH_BYTES = 12

export const epochBytes = (epoch: Epoch): Uint8Array => new ByteWriter().u32(epoch.counter).raw(fromHex(epoch.nonce) ?? new Uint8Array(8)).done()

export const epochFrom = (bytes: Uint8Array): Epoch => ({
  counter: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0),
  nonce: toHex(bytes.subarray(4, EPOCH_BYTES))
})

export const authorIdOf = (key: HostKey, epoch: Epoch): AuthorId => `${key}/${toHex(epochBytes(epoch))}` as AuthorId

/** The parts of an author id that `authorIdOf` made. */
export const authorParts = (author: AuthorId): AuthorParts => ({
  key: author.slice(0, 64) as HostKey,
  epoch: epochFrom(fromHex(author.slice(65)) ?? new Uint8Array(EPOCH_BYTES))
})

/** Stands for every epoch of a key at once, in what is said against the key itself. No epoch has the counter 0, so this is nobody's author. */
export const everyEpochOf = (key: HostKey): AuthorId => `${key}/${NO_EPOCH}` as AuthorId

/** As text and made once: it is asked for with every frame and every head. */
const NO_EPOCH = '0'.repeat(2 * EPOCH_BYTES)

/** The author whose epoch an act names, by 24 hex digits. */
export const authorNamed = (key: HostKey, epochText: string): AuthorId => `${key}/${epochText}` as AuthorId

/** The epoch as 24 hex digits: how an act names it. */
export const epochTextOf = (author: AuthorId): string => author.slice(65)

export const keyOf = (author: AuthorId): HostKey => author.slice(0, 64) as HostKey

export const isAuthorId = (text: string): text is AuthorId => /^[0-9a-f]{64}\/[0-9a-f]{24}$/.test(text)

/**
 * The Yjs clientID of a document: 53 bits derived from author, epoch and the number of the snapshot it began with (rules A4), so that
 * nobody writes under another's clientID (hazard H1) and two documents never share one (H3, H15).
 */
export const clientIdOf = (crypto: Crypto, mesh: MeshId, author: AuthorId, snapshotSeq: number): number => {
  const { key, epoch } = authorParts(author)
  const hash = crypto.sha256(domainPrefix('client', mesh).raw(fromHex(key) ?? new Uint8Array(32)).raw(epochBytes(epoch)).u64(snapshotSeq).done())
  const view = new DataView(hash.buffer, hash.byteOffset, hash.byteLength)
  return (view.getUint32(0) & 0x1fffff) * 2 ** 32 + view.getUint32(4)
}
