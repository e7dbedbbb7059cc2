import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { TlsIdentity } from '../../../src/adapters/tls/identity.js'
import { websocketTransport } from '../../../src/adapters/websocket/transport.js'
import type { WebSocketTransportOptions } from '../../../src/adapters/websocket/transport.js'
import type { Connection, Listener } from '../../../src/ports/transport.js'

export const identity = (fill: number): TlsIdentity => new TlsIdentity(new Uint8Array(32).fill(fill))

/** Enough for tests that open many connections from one address. */
export const MANY = { perSecond: 1e6, burst: 1e6 }

/** What to undo after a test, last first. */
export class Cleanup {
  #steps: (() => unknown)[] = []

  after<Thing>(thing: Thing, step: (thing: Thing) => unknown): Thing {
    this.#steps.push(() => step(thing))
    return thing
  }

  async run(): Promise<void> {
    for (const step of this.#steps.splice(0).toReversed()) await step()
  }
}

export interface Acceptor {
  readonly listener: Listener
  readonly connections: Connection[]
  readonly port: number
}

export const startAcceptor = async (cleanup: Cleanup, options: Partial<WebSocketTransportOptions> = {}): Promise<Acceptor> => {
  const connections: Connection[] = []
  const transport = websocketTransport({ tls: identity(2), allowInsecure: false, ...options, limits: { ...MANY, ...options.limits } })
  const listener = cleanup.after(await transport.listen('127.0.0.1', 0, (connection) => connections.push(connection)), (each) => each.close())
  return { listener, connections, port: listener.port }
}

const isTcp = (address: AddressInfo | string | null): address is AddressInfo => address !== null && typeof address === 'object'

export const startServer = async (cleanup: Cleanup, server: Server, host = '127.0.0.1'): Promise<number> => {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
  })
  server.listen(0, host)
  await once(server, 'listening')
  cleanup.after(server, () => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  if (!isTcp(address)) throw new Error('no port')
  return address.port
}

export const tcpServer = (cleanup: Cleanup, onSocket: (socket: Socket) => void): Promise<number> => startServer(cleanup, createServer(onSocket))

/** Connected, or already closed again by a listener that has no place. */
export const openTcp = (cleanup: Cleanup, port: number, localAddress?: string): Promise<Socket> => {
  const socket = cleanup.after(connect({ host: '127.0.0.1', port, ...(localAddress === undefined ? {} : { localAddress }) }), (each) => each.destroy())
  return new Promise((resolve) => {
    socket.on('error', () => socket.destroy())
    for (const event of ['connect', 'close']) socket.once(event, () => resolve(socket))
  })
}

/** TLS over a TCP socket of its own, which can be reset. */
export const openTls = async (cleanup: Cleanup, port: number): Promise<TLSSocket & { readonly tcp: Socket }> => {
  const tcp = await openTcp(cleanup, port)
  const socket = cleanup.after(connectTls({ socket: tcp, rejectUnauthorized: false }), (each) => each.destroy())
  socket.on('error', () => socket.destroy())
  await once(socket, 'secureConnect')
  return Object.assign(socket, { tcp })
}

export const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'close']) socket.off(event, done)
      resolve()
    }
    for (const event of ['drain', 'close']) socket.on(event, done)
  })

/** Also when it ends with a reset, which `once` would reject with. */
export const closed = (socket: Socket): Promise<void> => {
  socket.resume()
  return new Promise((resolve) => {
    if (socket.closed) resolve()
    else socket.once('close', () => resolve())
  })
}

/** Everything the other side says until it closes. */
export const reply = async (socket: Socket, request: string | Uint8Array): Promise<string> => {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.write(request)
  await closed(socket)
  return Buffer.concat(chunks).toString('latin1')
}

export const upgradeRequest = (change: (lines: Map<string, string>) => void = () => undefined, path = '/skein'): string => {
  const lines = new Map([
    ['Host', 'x'],
    ['Connection', 'Upgrade'],
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Version', '13'],
    ['Sec-WebSocket-Key', 'AAAAAAAAAAAAAAAAAAAAAA=='],
    ['Sec-WebSocket-Protocol', 'skein.1']
  ])
  change(lines)
  return [`GET ${path} HTTP/1.1`, ...[...lines].map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n')
}

/** A frame as a client sends it, masked with zeros. */
export const clientFrame = (opcode: number, payload: Uint8Array, final = true): Buffer => {
  const length = payload.length < 126 ? Buffer.of(0x80 | payload.length) : Buffer.of(0xfe, payload.length >> 8, payload.length & 255)
  return Buffer.concat([Buffer.of((final ? 0x80 : 0) | opcode), length, Buffer.alloc(4), payload])
}

/** An upgraded TLS socket without a WebSocket library behind it. */
export const openUpgraded = async (cleanup: Cleanup, port: number): Promise<Awaited<ReturnType<typeof openTls>>> => {
  const socket = await openTls(cleanup, port)
  socket.write(upgradeRequest())
  let head = ''
  while (!head.includes('\r\n\r\n')) {
    await once(socket, 'readable')
    head += String(socket.read() ?? '')
  }
  if (!head.startsWith('HTTP/1.1 101')) throw new Error(head)
  return socket
}
