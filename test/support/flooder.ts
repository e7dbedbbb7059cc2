import { setImmediate } from 'node:timers/promises'
import { nodeCrypto, nodeSigner } from '../../src/adapters/crypto/node.js'
import { systemRandom } from '../../src/adapters/system/random.js'
import { TlsIdentity } from '../../src/adapters/tls/identity.js'
import { websocketTransport } from '../../src/adapters/websocket/transport.js'
import type { HostKey, RecordId } from '../../src/core/brand.js'
import { proveJoining } from '../../src/core/coordination/membership/joining.js'
import { decodeToken } from '../../src/core/coordination/membership/token.js'
import { GENERATION, MINOR } from '../../src/core/domain.js'
import { toHex } from '../../src/core/encoding/bytes.js'
import { LIMITS } from '../../src/core/limits.js'
import { signProof } from '../../src/core/replication/handshake.js'
import { HybridClock } from '../../src/core/replication/hybrid-clock.js'
import { LogBook } from '../../src/core/replication/log-book.js'
import { decodeMessage, encodeMessage, type Message } from '../../src/core/replication/message.js'
import { OwnLog } from '../../src/core/replication/own-log.js'
import type { Connection } from '../../src/ports/transport.js'

/** What a flooder has sent, and how often it came back after its link was ended. */
export interface Flooded {
  readonly frames: number
  readonly bytes: number
  readonly dials: number
  readonly ended: readonly string[]
}

const DOCUMENT_RECORDS = 200
const QUEUED_BYTES = 1024 * 1024
const idOf = (index: number): RecordId => index.toString(32).padStart(32, '0') as RecordId

/** A member without a home that pushes frames of its own log as fast as the other end takes them, large ones and small ones; `url` is dialled again whenever the link ends. */
export const flood = async (token: string, url: string, isOver: () => boolean): Promise<Flooded> => {
  const decoded = decodeToken(nodeCrypto, token)
  if (!decoded.ok) throw new Error(decoded.failure.message)
  const { mesh, secret } = decoded.value
  const seed = systemRandom.bytes(32)
  const signer = nodeSigner(seed)
  const key = toHex(signer.publicKey) as HostKey
  const log = new OwnLog({ crypto: nodeCrypto, mesh, key, signer, logs: new LogBook(nodeCrypto, mesh), clock: new HybridClock() })
  log.start(systemRandom.bytes(8))
  const transport = websocketTransport({ tls: new TlsIdentity(seed), allowInsecure: false })
  const ended: string[] = []
  let [frames, bytes, dials, written] = [0, 0, 0, 0]

  const link = async (): Promise<{ readonly connection: Connection; isOpen(): boolean; isEnded(): boolean } | null> => {
    dials += 1
    const dialled = await transport.dial({ url, label: 'local' }, { pin: null, timeoutMs: LIMITS.dialMs })
    if (!dialled.ok) return null
    const { connection } = dialled
    const nonce = systemRandom.bytes(32)
    const send = (message: Message): void => connection.send(encodeMessage(message))
    let state: 'greeting' | 'open' | 'ended' = 'greeting'
    connection.start({
      message: raw => {
        const message = decodeMessage(raw)
        if (!message.ok) return
        if (message.value.type === 'hello') {
          const meeting = { mesh, side: 'dialled', ownKey: key, ownNonce: nonce, binding: connection.binding } as const
          send({ type: 'proof', signature: signProof(signer, meeting, message.value), wall: Date.now(), joining: proveJoining(mesh, 'flooder', signer, nodeSigner(secret)), acts: [] })
        } else if (message.value.type === 'proof') {
          state = 'open'
          connection.authenticated()
        } else if (message.value.type === 'refuse') ended.push(message.value.code)
      },
      drained: () => undefined,
      closed: () => {
        state = 'ended'
      }
    })
    send({ type: 'hello', generation: GENERATION, minor: MINOR, mesh, key, nonce, wall: Date.now() })
    return { connection, isOpen: () => state === 'open', isEnded: () => state === 'ended' }
  }

  /** A document's worth of large records, then as many small ones; a snapshot where one is due. */
  const next = (): readonly Uint8Array[] => {
    const number = written++
    if (number === 0) return log.openEpoch(new Map(), Date.now(), 0).map(frame => frame.bytes)
    const due = number % (2 * DOCUMENT_RECORDS) === 0 ? log.compact(Date.now(), 0) : []
    const size = number % (2 * DOCUMENT_RECORDS) < DOCUMENT_RECORDS ? LIMITS.recordBytes - 100 : 100
    return [...due, ...log.write([[idOf(number % DOCUMENT_RECORDS), `${number} ${'x'.repeat(size)}`]], Date.now(), 0).frames].map(frame => frame.bytes)
  }

  for (let current = await link(); !isOver(); await setImmediate()) {
    if (current === null || current.isEnded()) {
      current = await link()
      continue
    }
    if (!current.isOpen() || current.connection.queuedBytes() > QUEUED_BYTES) continue
    for (const frame of next()) {
      current.connection.send(encodeMessage({ type: 'push', frame }))
      frames += 1
      bytes += frame.length
    }
    if (isOver()) current.connection.close('the flood is over')
  }
  return { frames, bytes, dials, ended }
}
