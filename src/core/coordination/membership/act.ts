import type { ActId, HostId, MeshId } from '../../brand.js'
import type { Crypto, Signer } from '../../crypto.js'
import { domainPrefix, DOMAINS, GENERATION, hostIdOf, MINOR, NO_MESH } from '../../domain.js'
import { compareText, equalBytes, fromHex, fromUtf8, toHex, utf8 } from '../../encoding/bytes.js'
import { ByteReader } from '../../encoding/reader.js'
import { LIMITS } from '../../limits.js'
import { failure, success, type Result } from '../../result.js'
import type { Stamp } from '../../stamp.js'
import { parseJson } from '../records/json.js'
import { parseBody, type ActContent, type SignerKey } from './body.js'
import { checkGenesis, checkWitness } from './joining.js'
import { checkRotation } from './rotation.js'

const SIGNATURE_BYTES = 64
const KIND = /^[a-z][a-z-]{0,31}$/

/** What its signer decides about an act. `seen`: ids of the newest acts that the signer had seen, in any order. */
export interface ActFields {
  /** `NO_MESH` for genesis. */
  readonly mesh: MeshId
  readonly signer: SignerKey
  readonly stamp: Stamp
  readonly seen: readonly ActId[]
  readonly kind: string
  /** Becomes the JSON text that is signed. */
  readonly body: object
  /** The minor version that it is written in; this one's if absent. */
  readonly minor?: number
}

declare const verified: unique symbol

interface ActFacts {
  readonly id: ActId
  readonly minor: number
  readonly signer: SignerKey
  readonly kind: string
  readonly stamp: Stamp
  readonly seen: readonly ActId[]
  /** Null where this version does not understand the act: it is kept and forwarded, and has no effect. */
  readonly content: ActContent | null
  /** The id of the host that a genesis or witness lets in. */
  readonly hostId: HostId | null
  /** As received, signature included. */
  readonly bytes: Uint8Array
}

/** An act whose layout, mesh and signatures, also those inside its body, were checked. Only `decodeAct` makes one. */
export type VerifiedAct = ActFacts & { readonly [verified]: true }

/** The id of an act: the hash of what is signed, so that another signature over it makes no other act. Says nothing about validity. */
export const actIdOf = (crypto: Crypto, bytes: Uint8Array): ActId =>
  toHex(crypto.sha256(bytes.subarray(0, Math.max(0, bytes.length - SIGNATURE_BYTES)))) as ActId

/** The mesh that a genesis act founds. */
export const meshIdOf = (crypto: Crypto, genesis: Uint8Array): MeshId => actIdOf(crypto, genesis) as string as MeshId

const NAMES_HEADS: ReadonlySet<string> = new Set(['retire', 'revoke', 'rotate', 'role'])

/** How large an act of this kind may be, signature included: only those that name the heads of epochs need room. */
const actBytesOf = (kind: string): number => (NAMES_HEADS.has(kind) ? LIMITS.actBytes : LIMITS.plainActBytes)

/** The bytes to sign. `TOO_LARGE` when signature included they would pass `actBytesOf` their kind. */
export const encodeUnsignedAct = ({ mesh, signer, stamp, seen, kind, body, minor = MINOR }: ActFields): Result<Uint8Array> => {
  const ids = [...new Set(seen)].sort(compareText)
  if (ids.length > LIMITS.actSeen) {
    return failure('TOO_LARGE', `An act can name ${LIMITS.actSeen} acts as seen; this one names ${ids.length}.`, { field: 'seen' })
  }
  const writer = domainPrefix('act', mesh)
    .u16(minor)
    .raw(fromHex(signer) ?? new Uint8Array(32))
    .text(kind)
    .u64(stamp.wall)
    .u16(stamp.count)
    .u16(ids.length)
  for (const id of ids) writer.raw(fromHex(id) ?? new Uint8Array(32))
  const bytes = writer.long(utf8(JSON.stringify(body))).done()
  const allowed = actBytesOf(kind)
  if (bytes.length + SIGNATURE_BYTES <= allowed) return success(bytes)
  return failure('TOO_LARGE', `The act "${kind}" takes ${bytes.length + SIGNATURE_BYTES} bytes; ${allowed} are allowed.`)
}

/** What travels and is stored: the unsigned bytes and the signature over all of them. */
export const signAct = (unsigned: Uint8Array, signer: Signer): Uint8Array => {
  const bytes = new Uint8Array(unsigned.length + SIGNATURE_BYTES)
  bytes.set(unsigned)
  bytes.set(signer.sign(unsigned), unsigned.length)
  return bytes
}

/** Encodes and signs in one step, in the signer's name. */
export const writeAct = (fields: Omit<ActFields, 'signer' | 'kind' | 'body'> & { readonly content: ActContent }, signer: Signer): Result<Uint8Array> => {
  const { content, ...rest } = fields
  const unsigned = encodeUnsignedAct({ ...rest, ...content, signer: toHex(signer.publicKey) as SignerKey })
  return unsigned.ok ? success(signAct(unsigned.value, signer)) : unsigned
}

export interface ActContext {
  readonly crypto: Crypto
  readonly mesh: MeshId
}

/** Whether the signatures inside a body hold. At most two checks; an act that was decoded has passed them. */
export const checkProofs = (crypto: Crypto, mesh: MeshId, content: ActContent): boolean => {
  if (content.kind === 'genesis') return checkGenesis(crypto, content.body)
  if (content.kind === 'witness') return checkWitness(crypto, mesh, content.body)
  if (content.kind === 'rotate') return checkRotation(crypto, mesh, content.body)
  return true
}

const malformed = (message: string) => failure('ACT_MALFORMED', message)

/**
 * The only way from received bytes to an act: size → generation → layout → mesh → signature → body →
 * signatures in the body. Fails with `ACT_MALFORMED`, `GENERATION_UNSUPPORTED`, `ACT_OTHER_MESH` or `ACT_BAD_SIGNATURE`; bytes that fail are no act.
 * A newer minor may bring kinds and fields that are unknown here: they are kept.
 */
export const decodeAct = (bytes: Uint8Array, { crypto, mesh }: ActContext): Result<VerifiedAct> => {
  if (bytes.length > LIMITS.actBytes) return malformed(`An act of ${bytes.length} bytes; ${LIMITS.actBytes} are allowed.`)
  const reader = new ByteReader(bytes)
  if (!equalBytes(reader.short(), utf8(DOMAINS.act))) return malformed('These bytes do not begin as an act.')
  const generation = reader.u16()
  if (reader.failed) return malformed('The act is cut short.')
  if (generation !== GENERATION) return failure('GENERATION_UNSUPPORTED', `An act of protocol generation ${generation}; this skein speaks ${GENERATION}.`)
  const actMesh = toHex(reader.raw(32))
  const minor = reader.u16()
  const signerKey = reader.raw(32)
  const kind = reader.text()
  const stamp = { wall: reader.u64(), count: reader.u16() }
  const seenCount = reader.u16()
  if (seenCount > LIMITS.actSeen) return malformed(`An act that names ${seenCount} acts as seen; ${LIMITS.actSeen} are allowed.`)
  const seen = Array.from({ length: seenCount }, () => toHex(reader.raw(32)) as ActId)
  const bodyBytes = reader.long()
  const signature = reader.raw(SIGNATURE_BYTES)
  if (!reader.done()) return malformed('The act is cut short, or has bytes behind its end.')
  if (!KIND.test(kind)) return malformed('The kind of the act is not a word of a to z and "-".')
  if (bytes.length > actBytesOf(kind)) return malformed(`An act "${kind}" of ${bytes.length} bytes; ${actBytesOf(kind)} are allowed.`)
  if (seen.some((id, index) => compareText(seen[index - 1] ?? '', id) >= 0)) return malformed('The acts named as seen are not in order.')

  const unsigned = bytes.subarray(0, bytes.length - SIGNATURE_BYTES)
  const id = actIdOf(crypto, bytes)
  const isGenesis = kind === 'genesis'
  if (actMesh !== (isGenesis ? NO_MESH : mesh) || (isGenesis && (id as string) !== mesh)) {
    return failure('ACT_OTHER_MESH', 'The act belongs to another mesh.')
  }
  if (!crypto.verify(signature, unsigned, signerKey)) return failure('ACT_BAD_SIGNATURE', `The signature of an act "${kind}" does not hold.`)

  const text = fromUtf8(bodyBytes)
  if (text === null) return malformed(`The body of an act "${kind}" is not UTF-8.`)
  const json = parseJson(text)
  if (!json.ok) return malformed(`The body of an act "${kind}" ${json.why}.`)
  const parsed = parseBody(kind, json.object)
  // what a newer minor may have widened is not ours to refuse
  if (parsed.type === 'invalid' && minor <= MINOR) return malformed(`A field of an act "${kind}" is missing or not valid.`)
  const content = parsed.type === 'content' ? parsed.content : null
  const signer = toHex(signerKey) as SignerKey
  if (content?.kind === 'genesis' && content.body.operator !== signer) return malformed('A genesis is signed by the operator that it names.')
  if (content && !checkProofs(crypto, mesh, content)) return failure('ACT_BAD_SIGNATURE', `A signature inside an act "${kind}" does not hold.`)

  const admitted = content?.kind === 'genesis' || content?.kind === 'witness' ? content.body.host.key : null
  const hostId = admitted === null ? null : hostIdOf(crypto, admitted)
  const act: ActFacts = { id, minor, signer, kind, stamp, seen, content, hostId, bytes: bytes.slice() }
  return success(act as VerifiedAct)
}
