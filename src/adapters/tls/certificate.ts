import { createHash, X509Certificate } from 'node:crypto'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  Extension,
  Extensions,
  id_ce_basicConstraints,
  id_ce_keyUsage,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version
} from '@peculiar/asn1-x509'
import type { Signer } from '../../core/crypto.js'
import { rawPublicKey } from '../crypto/key-object.js'

const ED25519 = '1.3.101.112' // RFC 8410
const COMMON_NAME = '2.5.4.3'
const SERIAL_BYTES = 16

/** The pin is the key, which has its own life by acts; so the certificate has none: from before skein to RFC 5280's "no expiry". */
const VALID = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('9999-12-31T23:59:59Z') }

const arrayBuffer = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer

/** Positive, not zero and of one length, as RFC 5280 asks: the two highest bits are fixed. */
const serialOf = (publicKey: Uint8Array): ArrayBuffer => {
  const serial = new Uint8Array(createHash('sha256').update(publicKey).digest()).slice(0, SERIAL_BYTES)
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  return serial.buffer
}

const distinguishedName = (name: string): Name =>
  new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: COMMON_NAME, value: new AttributeValue({ utf8String: name }) })])])

const critical = (extnID: string, value: unknown): Extension =>
  new Extension({ extnID, critical: true, extnValue: new OctetString(AsnConvert.serialize(value)) })

const pem = (der: ArrayBuffer): string => {
  const lines = Buffer.from(der).toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

/**
 * A self-signed X.509 v3 certificate (PEM) whose key is the signer's: no authority, only digital signatures. The same signer and name (at
 * most 64 characters) give the same bytes for ever, so it is made when needed and never stored.
 */
export const makeCertificate = (signer: Signer, name: string): string => {
  const algorithm = new AlgorithmIdentifier({ algorithm: ED25519 })
  const owner = distinguishedName(name)
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: serialOf(signer.publicKey),
    signature: algorithm,
    issuer: owner,
    validity: new Validity(VALID),
    subject: owner,
    subjectPublicKeyInfo: new SubjectPublicKeyInfo({ algorithm, subjectPublicKey: arrayBuffer(signer.publicKey) }),
    extensions: new Extensions([
      critical(id_ce_basicConstraints, new BasicConstraints()),
      critical(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature))
    ])
  })
  const signatureValue = arrayBuffer(signer.sign(new Uint8Array(AsnConvert.serialize(tbsCertificate))))
  return pem(AsnConvert.serialize(new Certificate({ tbsCertificate, signatureAlgorithm: algorithm, signatureValue })))
}

/**
 * The raw 32-byte Ed25519 key in a peer's certificate; null for any other key and for bytes that are no certificate. That the peer holds the
 * key is proven by the TLS 1.3 handshake, not by the certificate's own signature. Take the DER from `getPeerCertificate().raw`: on Node 20 a
 * client's `getPeerX509Certificate` answers once and leaves both calls empty from then on.
 */
export const certificateKey = (certificate: Uint8Array | X509Certificate): Uint8Array | null => {
  try {
    return rawPublicKey((certificate instanceof X509Certificate ? certificate : new X509Certificate(certificate)).publicKey)
  } catch {
    return null
  }
}
