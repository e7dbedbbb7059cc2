import { LIMITS } from '../../core/limits.js'
import { SEAL_BYTES } from './agreement.js'

export const PATH = '/skein'
export const SUBPROTOCOL = 'skein.1'

/** Label of the TLS exporter (RFC 8446 section 7.5) that gives the binding. */
const EXPORTER = 'EXPORTER-skein-link'

interface Exporting {
  exportKeyingMaterial(length: number, label: string, context: Buffer): Buffer
}

export const bindingOf = (socket: Exporting): Uint8Array => new Uint8Array(socket.exportKeyingMaterial(32, EXPORTER, Buffer.alloc(0)))

/** Both ends' WebSocket limits. `closeTimeout`: how long `ws` waits for the other side's close frame before it destroys the socket. */
export const webSocketOptions = (sealed: boolean) => ({
  perMessageDeflate: false,
  maxPayload: LIMITS.messageBytes + (sealed ? SEAL_BYTES : 0),
  maxFragments: LIMITS.messageFragments,
  maxBufferedChunks: LIMITS.messageChunks,
  autoPong: false,
  closeTimeout: LIMITS.closeMs
})
