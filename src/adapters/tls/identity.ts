import { inspect } from 'node:util'
import { toHex } from '../../core/encoding/bytes.js'
import { privateKeyObject } from '../crypto/key-object.js'
import { nodeSigner } from '../crypto/node.js'
import { makeCertificate } from './certificate.js'

/**
 * What a TLS server takes as `key` and `cert`, both PEM, made from the seed of a host key. It can be spread into a server's options, but
 * printing or serialising it, alone or inside something else, shows no key. The certificate's name is the public key in hex: it tells no more.
 */
export class TlsIdentity {
  readonly publicKey: Uint8Array
  readonly cert: string
  declare readonly key: string

  constructor(seed: Uint8Array) {
    const signer = nodeSigner(seed)
    const key = privateKeyObject(seed).export({ format: 'pem', type: 'pkcs8' }).toString()
    this.publicKey = signer.publicKey
    this.cert = makeCertificate(signer, toHex(signer.publicKey))
    Object.defineProperty(this, 'key', { enumerable: true, get: () => key })
  }

  toJSON(): object {
    return { publicKey: toHex(this.publicKey), cert: this.cert }
  }

  [inspect.custom](): string {
    return `TlsIdentity ${toHex(this.publicKey)}`
  }
}
