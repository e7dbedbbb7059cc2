import { createServer as createHttpServer } from 'node:http'
import type { IncomingMessage, Server as HttpServer, ServerOptions } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { LIMITS } from '../../core/limits.js'
import type { Connection, Listener } from '../../ports/transport.js'
import { hostAndPort } from './address.js'
import { Admission } from './admission.js'
import type { AdmissionLimits, Place } from './admission.js'
import { beginAgreement } from './agreement.js'
import type { Agreed } from './agreement.js'
import { WebSocketConnection, plainBytes } from './connection.js'
import { PATH, SUBPROTOCOL, bindingOf, webSocketOptions } from './options.js'

/** A certificate made with the host key, and that key, both PEM (`adapters/tls/identity.ts`). */
export interface Credentials {
  readonly key: string
  readonly cert: string
}

const HTTP_OPTIONS: ServerOptions = {
  maxHeaderSize: LIMITS.httpHeaderBytes,
  headersTimeout: LIMITS.httpHeadersMs,
  requestTimeout: LIMITS.httpRequestMs,
  keepAliveTimeout: LIMITS.httpKeepAliveMs,
  connectionsCheckingInterval: 1_000,
  requireHostHeader: false,
  insecureHTTPParser: false
}

const makeHttpServer = (tls: Credentials | null): HttpServer =>
  tls === null
    ? createHttpServer(HTTP_OPTIONS)
    : createHttpsServer({ ...HTTP_OPTIONS, key: tls.key, cert: tls.cert, minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', handshakeTimeout: LIMITS.handshakeMs })

const ANSWERS = {
  404: 'HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
  426: `HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\nConnection: close, Upgrade\r\nContent-Length: 0\r\n\r\n`
} as const

const answer = (request: IncomingMessage): void => {
  const { socket } = request
  socket.end(ANSWERS[pathOf(request) === PATH && request.headers.origin === undefined ? 426 : 404], () => socket.destroy())
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '').replace(/\?.*$/, '')

/** A browser always names its origin: no web page has a business here. */
const isOurs = (request: IncomingMessage): boolean =>
  pathOf(request) === PATH && request.headers.origin === undefined && (request.headers['sec-websocket-protocol'] ?? '').split(',').some((each) => each.trim() === SUBPROTOCOL)

/** The same for a TCP socket and the TLS socket on top of it, which know nothing of each other. */
const keyOf = ({ remoteAddress, remotePort, localAddress, localPort }: Socket): string => `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`

const remoteOf = (socket: Socket): string => hostAndPort((socket.remoteAddress ?? 'unknown').replace(/^::ffff:(?=\d+\.)/, ''), socket.remotePort ?? 0)

/** After `error` a socket says `close`, which is where its end is dealt with. */
const ignoreError = (): void => undefined

interface Entry {
  readonly socket: Socket
  readonly place: Place
  /** Null until it is ready for messages. */
  connection: WebSocketConnection | null
}

/** One listening port: admits TCP connections, speaks TLS and HTTP with them, and hands on those that became channels. */
class WebSocketListener {
  readonly #front: Server
  readonly #http: HttpServer
  readonly #webSockets: WebSocketServer
  readonly #admission: Admission
  readonly #accepted: (connection: Connection) => void
  readonly #entries = new Map<string, Entry>()
  #closed: Promise<void> | null = null

  constructor(tls: Credentials | null, limits: AdmissionLimits, accepted: (connection: Connection) => void) {
    this.#admission = new Admission(limits)
    this.#accepted = accepted
    this.#http = makeHttpServer(tls)
    this.#webSockets = new WebSocketServer({ ...webSocketOptions(tls === null), noServer: true, clientTracking: false, handleProtocols: () => SUBPROTOCOL })
    this.#front = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: LIMITS.tcpKeepAliveMs })
    this.#front.maxConnections = LIMITS.links + limits.unauthenticatedConnections
    this.#front.on('connection', (socket) => this.#connected(socket))
    for (const event of ['request', 'checkContinue', 'checkExpectation', 'connect']) this.#http.on(event, answer)
    this.#http.on('clientError', (_error, socket) => socket.destroy())
    this.#http.on('upgrade', (request: IncomingMessage, _socket, head: Buffer) => this.#upgrade(request, head))
    this.#webSockets.on('wsClientError', (_error, _socket, request) => answer(request))
  }

  listen(host: string, port: number): Promise<Listener> {
    return new Promise((resolve, reject) => {
      this.#front.once('error', reject)
      this.#front.listen({ host, port }, () => {
        this.#front.off('error', reject)
        this.#front.on('error', ignoreError) // a failed accept (EMFILE) costs that connection only
        const bound = this.#front.address()
        resolve({ host, port: bound !== null && typeof bound === 'object' ? bound.port : port, close: () => this.close() })
      })
    })
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      const timer = setTimeout(() => {
        for (const { socket } of this.#entries.values()) socket.destroy()
      }, LIMITS.closeMs)
      this.#front.close(() => {
        clearTimeout(timer)
        resolve()
      })
      for (const { socket, connection } of this.#entries.values()) {
        if (connection === null) socket.destroy()
        else connection.close('the host is shutting down')
      }
    })
    return this.#closed
  }

  #connected(socket: Socket): void {
    socket.on('error', ignoreError)
    const place = this.#closed === null ? this.#admission.admit(socket.remoteAddress ?? '', () => socket.destroy(), performance.now()) : null
    if (place === null) {
      socket.resetAndDestroy()
      return
    }
    const key = keyOf(socket)
    this.#entries.set(key, { socket, place, connection: null })
    socket.once('close', () => {
      this.#entries.delete(key)
      place.free()
    })
    this.#http.emit('connection', socket)
  }

  #upgrade(request: IncomingMessage, head: Buffer): void {
    const { socket } = request
    const entry = this.#entries.get(keyOf(socket))
    if (entry === undefined) {
      socket.destroy()
      return
    }
    socket.on('error', ignoreError)
    if (!isOurs(request)) return answer(request)
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      socket.prependListener('data', (chunk: Buffer) => entry.place.probation.received(chunk.length))
      if (socket instanceof TLSSocket) this.#ready(webSocket, entry, { binding: bindingOf(socket), seal: null })
      else this.#agree(webSocket, entry)
    })
  }

  #agree(webSocket: WebSocket, entry: Entry): void {
    const agreement = beginAgreement('accepted')
    webSocket.on('error', ignoreError)
    webSocket.once('message', (raw) => {
      const agreed = agreement.finish(plainBytes(raw))
      if (agreed === null) return webSocket.terminate()
      webSocket.send(agreement.hello)
      return this.#ready(webSocket, entry, agreed)
    })
  }

  #ready(webSocket: WebSocket, entry: Entry, { binding, seal }: Pick<Agreed, 'binding'> & { readonly seal: Agreed['seal'] | null }): void {
    const connection = new WebSocketConnection(webSocket, {
      direction: 'accepted',
      remote: remoteOf(entry.socket),
      posture: seal === null ? 'tls-unpinned' : 'insecure',
      binding,
      certificateKey: null,
      seal,
      probation: entry.place.probation,
      authenticated: () => entry.place.free()
    })
    entry.connection = connection
    this.#accepted(connection)
  }
}

/** Rejects with the system's error, whose `code` is `EADDRINUSE` and its like. */
export const listen = (tls: Credentials | null, limits: AdmissionLimits, host: string, port: number, accepted: (connection: Connection) => void): Promise<Listener> =>
  new WebSocketListener(tls, limits, accepted).listen(host, port)
