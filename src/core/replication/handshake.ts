import type { HostKey, MeshId, Millis } from '../brand.js'
import type { Crypto, Signer } from '../crypto.js'
import { domainPrefix, GENERATION } from '../domain.js'
import { fromHex, toHex } from '../encoding/bytes.js'
import { failure, success, type Result } from '../result.js'
import type { Message } from './message.js'

export type Side = 'dialled' | 'accepted'

type Hello = Extract<Message, { type: 'hello' }>

/** What both ends of one channel know, and nobody else: it makes a signature good for this channel, this time, this side only. */
export interface Meeting {
  readonly mesh: MeshId
  readonly side: Side
  readonly ownKey: HostKey
  readonly ownNonce: Uint8Array
  /** 32 bytes of the channel's own secret (TLS exporter). */
  readonly binding: Uint8Array
}

/** The bytes that one side signs: tag, generation, mesh, the signer's side, both keys, both nonces, channel binding. */
const statement = (meeting: Meeting, peer: Pick<Hello, 'key' | 'nonce'>, signer: Side): Uint8Array => {
  const own = { key: meeting.ownKey, nonce: meeting.ownNonce }
  const [dialler, acceptor] = meeting.side === 'dialled' ? [own, peer] : [peer, own]
  const writer = domainPrefix('link', meeting.mesh).u8(signer === 'dialled' ? 0 : 1)
  for (const end of [dialler, acceptor]) writer.raw(fromHex(end.key) ?? new Uint8Array(32)).raw(end.nonce)
  return writer.raw(meeting.binding).done()
}

/** Why a hello cannot lead to a link, or null: generation, mesh, and the key in the certificate if there is one. */
export const judgeHello = (meeting: Meeting, hello: Hello, certificateKey: Uint8Array | null, pin: HostKey | null): Result<Hello> => {
  if (hello.generation !== GENERATION) {
    return failure('GENERATION_UNSUPPORTED', `the peer speaks protocol generation ${hello.generation}, this host ${GENERATION}`, { details: { theirs: hello.generation, ours: GENERATION } })
  }
  if (hello.mesh !== meeting.mesh) return failure('MESH_ID_MISMATCH', `the peer belongs to mesh ${hello.mesh.slice(0, 8)}, this host to ${meeting.mesh.slice(0, 8)}`, { details: { theirs: hello.mesh, ours: meeting.mesh } })
  if (hello.key === meeting.ownKey) return failure('LINK_DUPLICATE', 'the peer presents this host\'s own key')
  if (certificateKey !== null && toHex(certificateKey) !== hello.key) return failure('PIN_MISMATCH', 'the certificate\'s key is not the key that the peer presents')
  if (pin !== null && pin !== hello.key) return failure('PIN_MISMATCH', `expected host key ${pin.slice(0, 16)}, met ${hello.key.slice(0, 16)}`)
  return success(hello)
}

export const signProof = (signer: Signer, meeting: Meeting, peer: Hello): Uint8Array => signer.sign(statement(meeting, peer, meeting.side))

export const proofHolds = (crypto: Crypto, meeting: Meeting, peer: Hello, signature: Uint8Array): boolean => {
  const key = fromHex(peer.key)
  return key !== null && crypto.verify(signature, statement(meeting, peer, meeting.side === 'dialled' ? 'accepted' : 'dialled'), key)
}

/** The peer's clock minus the own one, from a request sent and an answer that states the peer's time. */
export const clockDifference = (sentWall: Millis, theirWall: Millis, receivedWall: Millis): Millis => theirWall - (sentWall + receivedWall) / 2
