import { toHex } from '../../core/encoding/bytes.js'
import { privateKeyObject } from '../crypto/key-object.js'
import { nodeSigner } from '../crypto/node.js'
import { makeCertificate } from './certificate.js'

/**
 * What a TLS server takes as `key` and `cert`, both PEM, made from the seed of a host key. The key is asked for by name only: printing,
 * serialising or spreading an identity does not show it. The certificate's name is the public key in hex, so that it says nothing else.
 */
export class TlsIdentity {
  readonly publicKey: Uint8Array
  readonly cert: string
  readonly #key: string

  constructor(seed: Uint8Array) {
    const signer = nodeSigner(seed)
    this.publicKey = signer.publicKey
    this.cert = makeCertificate(signer, toHex(signer.publicKey))
    this.#key = privateKeyObject(seed).export({ format: 'pem', type: 'pkcs8' }).toString()
  }

  get key(): string {
    return this.#key
  }
}
