import type { RawData, WebSocket } from 'ws'
import { LIMITS } from '../../core/limits.js'
import type { Connection, ConnectionEvents, Posture } from '../../ports/transport.js'
import { Inbox } from '../inbox.js'
import type { Seal } from './agreement.js'
import type { Probation } from './probation.js'
import { closingText, peerReason, socketReason } from './reason.js'

/** What is known of a channel when it is ready for messages. */
export interface Channel {
  readonly direction: Connection['direction']
  readonly remote: string
  readonly posture: Posture
  readonly binding: Uint8Array
  readonly certificateKey: Uint8Array | null
  /** Null where TLS protects the bytes. */
  readonly seal: Seal | null
  readonly probation: Probation
  /** The peer is no longer on probation. */
  authenticated(): void
}

const QUIET_QUEUE_BYTES = LIMITS.sendQueueBytes / 4

/** A plain `Uint8Array` over the same bytes: a Buffer's `slice` does not copy. */
export const plainBytes = (raw: RawData): Uint8Array => {
  if (Array.isArray(raw)) return new Uint8Array(Buffer.concat(raw))
  return raw instanceof ArrayBuffer ? new Uint8Array(raw) : new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength)
}

/** A connection over one open WebSocket. It is paused until `start`, so that a peer fills the system's buffers and not ours. */
export class WebSocketConnection implements Connection {
  readonly direction: Connection['direction']
  readonly remote: string
  readonly binding: Uint8Array
  readonly certificateKey: Uint8Array | null
  readonly #socket: WebSocket
  readonly #channel: Channel
  readonly #inbox: Inbox
  #posture: Posture
  #reason: string | null = null
  #started = false
  #ended = false
  #busy = false

  constructor(socket: WebSocket, channel: Channel) {
    this.#socket = socket
    this.#channel = channel
    this.#inbox = new Inbox(channel.probation.bytes)
    this.direction = channel.direction
    this.remote = channel.remote
    this.binding = channel.binding
    this.certificateKey = channel.certificateKey
    this.#posture = channel.posture
    socket.on('message', (raw: RawData, isBinary: boolean) => this.#received(raw, isBinary))
    socket.on('error', (error) => {
      this.#reason ??= socketReason(error)
    })
    socket.on('close', (code, reason) => {
      this.#ended = true
      this.#inbox.closed(this.#reason ?? peerReason(code, reason))
    })
    channel.probation.expel = (reason) => this.#drop(reason)
    channel.probation.full = () => socket.pause()
    socket.pause()
  }

  get posture(): Posture {
    return this.#posture
  }

  start(events: ConnectionEvents): void {
    this.#inbox.start(events)
    this.#started = true
    this.#read()
  }

  authenticated(): void {
    this.#channel.authenticated()
    this.#inbox.trust()
    this.#read()
    if (this.direction === 'accepted' && this.#posture === 'tls-unpinned') this.#posture = 'tls-pinned'
  }

  send(bytes: Uint8Array): void {
    if (this.#ended || this.#socket.readyState !== this.#socket.OPEN) return
    this.#socket.send(this.#channel.seal?.close(bytes) ?? bytes, { binary: true }, (error) => this.#taken(error))
    if (this.queuedBytes() > QUIET_QUEUE_BYTES) this.#busy = true
  }

  queuedBytes(): number {
    return this.#socket.readyState === this.#socket.OPEN ? this.#socket.bufferedAmount : 0
  }

  close(reason: string): void {
    if (this.#ended) return
    this.#end(reason)
    this.#socket.close(1000, closingText(reason))
    this.#socket.resume()
  }

  /** Ends it at once: nobody is told why over the network. */
  #drop(reason: string): void {
    this.#end(reason)
    this.#socket.terminate()
  }

  #read(): void {
    if (this.#started && !this.#channel.probation.isFull) this.#socket.resume()
  }

  #end(reason: string): void {
    this.#ended = true
    this.#reason ??= reason
    this.#inbox.mute()
  }

  #received(raw: RawData, isBinary: boolean): void {
    if (this.#ended) return
    if (!isBinary) return this.#drop('a text message')
    const bytes = plainBytes(raw)
    const message = this.#channel.seal === null ? bytes : this.#channel.seal.open(bytes)
    if (message === null) return this.#drop('a message that was changed on the way')
    this.#inbox.message(message)
  }

  #taken(error: Error | null | undefined): void {
    if (error || !this.#busy || this.queuedBytes() > QUIET_QUEUE_BYTES) return
    this.#busy = false
    this.#inbox.drained()
  }
}
