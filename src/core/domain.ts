import type { Crypto } from './crypto.js'
import type { HostId, HostKey, MeshId } from './brand.js'
import { toBase32 } from './encoding/base32.js'
import { fromHex } from './encoding/bytes.js'
import { ByteWriter } from './encoding/writer.js'

/** Only another generation is refused; a newer minor is kept, forwarded and named (rules A1). */
export const GENERATION = 1
export const MINOR = 0

/** Every kind of signed or hashed bytes begins with a tag of its own, so that none can be read as another (rules A1). */
export const DOMAINS = {
  frame: 'skein.frame',
  act: 'skein.act',
  link: 'skein.link',
  channel: 'skein.channel',
  joining: 'skein.join',
  invitation: 'skein.invite',
  rotation: 'skein.rotate',
  record: 'skein.record',
  host: 'skein.host',
  client: 'skein.client',
  heads: 'skein.heads',
  view: 'skein.view',
  lead: 'skein.lead',
  checkout: 'skein.checkout'
} as const

export type Domain = keyof typeof DOMAINS

/** The first bytes of whatever is signed or hashed: tag (length and text), generation, mesh id (32 bytes). */
export const domainPrefix = (domain: Domain, mesh: MeshId): ByteWriter =>
  new ByteWriter().text(DOMAINS[domain]).u16(GENERATION).raw(fromHex(mesh) ?? new Uint8Array(32))

/** The mesh id of an act that founds a mesh: it cannot know its own hash. */
export const NO_MESH = '0'.repeat(64) as MeshId

/** A host's stable id: 20 bytes of the hash of its first key, in base32. It is the same in every mesh. */
export const hostIdOf = (crypto: Crypto, firstKey: HostKey): HostId =>
  toBase32(crypto.sha256(domainPrefix('host', NO_MESH).raw(fromHex(firstKey) ?? new Uint8Array(32)).done()).subarray(0, 20)) as HostId
