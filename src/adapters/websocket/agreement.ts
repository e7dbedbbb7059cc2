import { createHash, createHmac, createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { GENERATION, NO_MESH, DOMAINS, domainPrefix } from '../../core/domain.js'
import { concat, fromUtf8 } from '../../core/encoding/bytes.js'
import { ByteReader } from '../../core/encoding/reader.js'
import { ByteWriter } from '../../core/encoding/writer.js'

/** Bytes that `Seal` puts before each message. */
export const SEAL_BYTES = 32

/** The protection of a channel without TLS against change, loss, repetition and reflection. It hides nothing. */
export class Seal {
  readonly #sendKey: Uint8Array
  readonly #receiveKey: Uint8Array
  #sent = 0
  #received = 0

  constructor(sendKey: Uint8Array, receiveKey: Uint8Array) {
    this.#sendKey = sendKey
    this.#receiveKey = receiveKey
  }

  close(message: Uint8Array): Uint8Array {
    return concat(mac(this.#sendKey, this.#sent++, message), message)
  }

  /** The message, or null where it is not the next one of the peer. */
  open(sealed: Uint8Array): Uint8Array | null {
    if (sealed.length < SEAL_BYTES) return null
    const message = sealed.subarray(SEAL_BYTES)
    return timingSafeEqual(sealed.subarray(0, SEAL_BYTES), mac(this.#receiveKey, this.#received++, message)) ? message : null
  }
}

const mac = (key: Uint8Array, counter: number, message: Uint8Array): Uint8Array =>
  createHmac('sha256', key).update(new ByteWriter().u64(counter).done()).update(message).digest()

export interface Agreed {
  readonly binding: Uint8Array
  readonly seal: Seal
}

export interface Agreement {
  /** The first message of this end. */
  readonly hello: Uint8Array
  /** Reads the peer's first message; null where it is not one. */
  finish(peerHello: Uint8Array): Agreed | null
}

const ROLES = { dialled: 0, accepted: 1 } as const
type Direction = keyof typeof ROLES

const helloOf = (direction: Direction, key: Uint8Array): Uint8Array => new ByteWriter().text(DOMAINS.channel).u16(GENERATION).u8(ROLES[direction]).raw(key).done()

const keyOf = (hello: Uint8Array, direction: Direction): Uint8Array | null => {
  const reader = new ByteReader(hello)
  const fits = fromUtf8(reader.short()) === DOMAINS.channel && reader.u16() === GENERATION && reader.u8() === ROLES[direction]
  const key = reader.raw(32)
  return fits && reader.done() ? key : null
}

/** X25519; null for a key of small order, which would fix the secret. */
const sharedSecret = (privateKey: KeyObject, peerKey: Uint8Array): Uint8Array | null => {
  try {
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: Buffer.from(peerKey).toString('base64url') }, format: 'jwk' })
    return diffieHellman({ privateKey, publicKey })
  } catch {
    return null
  }
}

/**
 * Agrees on a key for one channel without TLS, with a fresh X25519 pair at each end. It proves nobody's identity: the signatures of the
 * handshake that follows cover `binding`, which somebody in the middle cannot make equal at both ends.
 */
export const beginAgreement = (direction: Direction): Agreement => {
  const { privateKey, publicKey } = generateKeyPairSync('x25519')
  const hello = helloOf(direction, Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'))
  const finish = (peerHello: Uint8Array): Agreed | null => {
    const peerKey = keyOf(peerHello, direction === 'dialled' ? 'accepted' : 'dialled')
    const secret = peerKey === null ? null : sharedSecret(privateKey, peerKey)
    if (secret === null) return null
    const hellos = direction === 'dialled' ? [hello, peerHello] : [peerHello, hello]
    const transcript = createHash('sha256').update(domainPrefix('channel', NO_MESH).done()).update(concat(...hellos)).digest()
    const derive = (use: string): Uint8Array => new Uint8Array(hkdfSync('sha256', secret, transcript, `${DOMAINS.channel} ${use}`, 32))
    const dialler = derive('dialler')
    const acceptor = derive('acceptor')
    const seal = direction === 'dialled' ? new Seal(dialler, acceptor) : new Seal(acceptor, dialler)
    return { binding: derive('binding'), seal }
  }
  return { hello, finish }
}
