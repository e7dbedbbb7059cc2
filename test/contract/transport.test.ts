import { describe } from 'vitest'
import { MemoryNetwork } from '../../src/adapters/memory/transport.js'
import { TlsIdentity } from '../../src/adapters/tls/identity.js'
import { websocketTransport } from '../../src/adapters/websocket/transport.js'
import { transportContract } from './transport.js'

const seed = (fill: number): Uint8Array => new Uint8Array(32).fill(fill)
const limits = { perSecond: 10_000, burst: 10_000 }

describe('transport in memory', () => {
  transportContract(async () => {
    const network = new MemoryNetwork()
    const farKey = seed(7)
    return { near: network.transport('near', { key: seed(6) }), far: network.transport('far', { key: farKey }), farKey, scheme: 'wss' }
  })
})

describe('transport over TLS', () => {
  transportContract(async () => {
    const identity = new TlsIdentity(seed(2))
    return {
      near: websocketTransport({ tls: new TlsIdentity(seed(1)), allowInsecure: false, limits }),
      far: websocketTransport({ tls: identity, allowInsecure: false, limits }),
      farKey: identity.publicKey,
      scheme: 'wss'
    }
  })
})

describe('transport without TLS', () => {
  transportContract(async () => {
    const transport = websocketTransport({ tls: null, allowInsecure: true, limits })
    return { near: transport, far: transport, farKey: null, scheme: 'ws' }
  })
})
