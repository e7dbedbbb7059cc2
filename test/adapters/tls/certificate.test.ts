import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { nodeSigner } from '../../../src/adapters/crypto/node.js'
import { certificateKey, makeCertificate } from '../../../src/adapters/tls/certificate.js'
import { TlsIdentity } from '../../../src/adapters/tls/identity.js'
import { toHex } from '../../../src/core/encoding/bytes.js'

const seed = (fill: number): Uint8Array => new Uint8Array(32).fill(fill)

describe('makeCertificate', () => {
  const signer = nodeSigner(seed(7))
  const text = makeCertificate(signer, 'mac')
  const certificate = new X509Certificate(text)

  it('is signed by the key that it holds', () => {
    expect(certificate.publicKey.asymmetricKeyType).toBe('ed25519')
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate.verify(createPublicKey(new TlsIdentity(seed(8)).cert))).toBe(false)
    expect(certificateKey(certificate)).toEqual(signer.publicKey)
  })

  it('names its host, is no authority and has no end', () => {
    expect(certificate.subject).toBe('CN=mac')
    expect(certificate.issuer).toBe('CN=mac')
    expect(certificate.ca).toBe(false)
    expect(new Date(certificate.validFrom).toISOString()).toBe('2020-01-01T00:00:00.000Z')
    expect(new Date(certificate.validTo).toISOString()).toBe('9999-12-31T23:59:59.000Z')
  })

  it('is the same each time, and another for another key or name', () => {
    expect(makeCertificate(nodeSigner(seed(7)), 'mac')).toBe(text)
    expect(makeCertificate(nodeSigner(seed(7)), 'tower')).not.toBe(text)
    expect(new X509Certificate(makeCertificate(nodeSigner(seed(8)), 'mac')).serialNumber).not.toBe(certificate.serialNumber)
  })

  it('has a positive serial number of one length whatever the key', () => {
    for (let fill = 0; fill < 64; fill++) {
      expect(new X509Certificate(makeCertificate(nodeSigner(seed(fill)), 'x')).serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/)
    }
  })

  it('takes a name in any script', () => {
    expect(new X509Certificate(makeCertificate(signer, 'gänse 🪿')).publicKey.asymmetricKeyType).toBe('ed25519')
  })
})

describe('certificateKey', () => {
  it('reads DER', () => {
    const identity = new TlsIdentity(seed(9))
    expect(certificateKey(new Uint8Array(new X509Certificate(identity.cert).raw))).toEqual(identity.publicKey)
  })

  it('is null for bytes that are no certificate', () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(500), new X509Certificate(new TlsIdentity(seed(9)).cert).raw.subarray(0, 200)]) {
      expect(certificateKey(bytes)).toBeNull()
    }
  })

  it('is null for a key of another type', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const certificate = new X509Certificate(new TlsIdentity(seed(9)).cert)
    Object.defineProperty(certificate, 'publicKey', { value: publicKey })
    expect(certificateKey(certificate)).toBeNull()
  })
})

const handshake = async (identity: TlsIdentity): Promise<{ client: TLSSocket; server: TLSSocket; close(): void }> => {
  const listener = createServer({ ...identity, minVersion: 'TLSv1.3' })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const accepted = once(listener, 'secureConnection')
  const client = connect({ host: '127.0.0.1', port, minVersion: 'TLSv1.3', rejectUnauthorized: false })
  const [[server]] = await Promise.all([accepted, once(client, 'secureConnect')])
  return {
    client,
    server,
    close: () => {
      client.destroy()
      server.destroy()
      listener.close()
    }
  }
}

const exported = (socket: TLSSocket): string => toHex(socket.exportKeyingMaterial(32, 'EXPORTER-skein', Buffer.alloc(0)))

describe('a TLS 1.3 handshake with the host key', () => {
  it('shows the client the key and gives both ends one secret, another for each connection', async () => {
    const identity = new TlsIdentity(seed(11))
    const [first, second] = await Promise.all([handshake(identity), handshake(identity)])
    try {
      for (const { client, server } of [first, second]) {
        expect(client.getProtocol()).toBe('TLSv1.3')
        expect(certificateKey(client.getPeerCertificate().raw)).toEqual(identity.publicKey)
        const certificate = client.getPeerX509Certificate()
        expect(certificate && certificateKey(certificate)).toEqual(identity.publicKey)
        expect(exported(client)).toBe(exported(server))
      }
      expect(exported(first.client)).not.toBe(exported(second.client))
    } finally {
      first.close()
      second.close()
    }
  })
})
