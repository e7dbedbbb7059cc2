import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { websocketTransport } from '../../../src/adapters/websocket/transport.js'
import { LIMITS } from '../../../src/core/limits.js'
import type { Connection } from '../../../src/ports/transport.js'
import { listening } from '../../contract/transport.js'
import { startProxy } from '../../support/fault-proxy.mjs'
import { Cleanup, MANY, clientFrame, closed, drained, identity, openTcp, openTls, openUpgraded, reply, startAcceptor } from './bench.js'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

const dialler = websocketTransport({ tls: identity(1), allowInsecure: true, limits: MANY })

const dial = async (port: number, scheme: 'wss' | 'ws' = 'wss'): Promise<Connection> => {
  const result = await dialler.dial({ url: `${scheme}://127.0.0.1:${port}`, label: 'local' }, { pin: scheme === 'ws' ? null : identity(2).publicKey, timeoutMs: 4_000 })
  if (!result.ok) throw new Error(result.failure.text)
  return cleanup.after(result.connection, (connection) => connection.close('end of the test'))
}

/** The acceptor's end of the newest connection. */
const newest = (connections: readonly Connection[]): Connection => {
  const connection = connections.at(-1)
  if (connection === undefined) throw new Error('nobody came')
  return connection
}

/** Whether a link still works from end to end. */
const echoes = async (near: Connection, far: Connection): Promise<void> => {
  near.authenticated()
  far.authenticated()
  const ear = listening(far)
  near.send(Uint8Array.of(42))
  await ear.until(() => ear.messages.length === 1)
}

describe('a listener survives', () => {
  it('garbage, resets and alerts before and during TLS', async () => {
    const { port, connections } = await startAcceptor(cleanup)
    const clientHelloStart = Buffer.from('1603010200010001fc0303', 'hex')
    const alert = Buffer.from('15030300020228', 'hex')
    for (const bytes of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(20_000, 0xff), alert]) await reply(await openTcp(cleanup, port), bytes)
    for (const bytes of [clientHelloStart, Buffer.alloc(0)]) {
      const socket = await openTcp(cleanup, port)
      socket.write(bytes)
      socket.resetAndDestroy()
      const ended = await openTcp(cleanup, port)
      ended.end(bytes)
      await closed(ended)
    }
    const during = await openTls(cleanup, port)
    during.write('GET /skein HT')
    during.tcp.resetAndDestroy()
    const near = await dial(port)
    await echoes(near, newest(connections))
  })

  it('a reset and garbage after the upgrade', async () => {
    const { port, connections } = await startAcceptor(cleanup)
    const reset = await openUpgraded(cleanup, port)
    const resetEar = listening(newest(connections))
    newest(connections).authenticated()
    reset.tcp.resetAndDestroy()
    await resetEar.end()
    expect(resetEar.reasons[0]).toMatch(/^connection (reset|lost)$/)
    const ears = []
    for (const bytes of [Buffer.alloc(100, 0xff), Buffer.of(0x82, 0x01, 0x00), clientFrame(0x3, Buffer.alloc(1)), clientFrame(0x0, Buffer.alloc(1))]) {
      const socket = await openUpgraded(cleanup, port)
      ears.push(listening(newest(connections)))
      socket.write(bytes)
    }
    await Promise.all(ears.map((ear) => ear.end()))
    for (const ear of ears) expect(ear.reasons).toEqual(['bytes that are not WebSocket frames'])
  })

  it('a text message, too many fragments, and pings without an answer', async () => {
    const { port, connections } = await startAcceptor(cleanup)
    const text = await openUpgraded(cleanup, port)
    const textEar = listening(newest(connections))
    text.write(clientFrame(0x1, Buffer.from('hello')))
    await textEar.end()
    expect(textEar.reasons).toEqual(['a text message'])

    const split = await openUpgraded(cleanup, port)
    const splitEar = listening(newest(connections))
    split.write(clientFrame(0x2, Buffer.alloc(1), false))
    for (let count = 0; count < LIMITS.messageFragments; count++) split.write(clientFrame(0x0, Buffer.alloc(1), false))
    await splitEar.end()
    expect(splitEar.messages).toEqual([])

    const pinging = await openUpgraded(cleanup, port)
    const ear = listening(newest(connections))
    const said: Buffer[] = []
    pinging.on('data', (chunk: Buffer) => said.push(chunk))
    for (let count = 0; count < 100; count++) pinging.write(clientFrame(0x9, Buffer.alloc(4)))
    pinging.write(clientFrame(0x2, Buffer.of(1)))
    await ear.until(() => ear.messages.length === 1)
    newest(connections).send(Uint8Array.of(7))
    while (Buffer.concat(said).length < 3) await once(pinging, 'data')
    expect(Buffer.concat(said)).toEqual(Buffer.of(0x82, 1, 7))
  })

  it('a message announced as 100 MB', async () => {
    const { port, connections } = await startAcceptor(cleanup)
    const socket = await openUpgraded(cleanup, port)
    const ear = listening(newest(connections))
    newest(connections).authenticated()
    const header = Buffer.alloc(14)
    header.writeUInt16BE(0x82ff)
    header.writeBigUInt64BE(100n * 1024n * 1024n, 2)
    socket.write(header)
    const chunk = Buffer.alloc(1024 * 1024)
    const before = process.memoryUsage().rss
    for (let sent = 0; sent < 100 && !socket.destroyed; sent++) if (!socket.write(chunk)) await drained(socket)
    await ear.end()
    expect(ear.reasons).toEqual([`a message above ${LIMITS.messageBytes} bytes`])
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024)
  })

  it('10,000 messages before start: from a stranger it closes, from a member it delivers', async () => {
    const { port, connections } = await startAcceptor(cleanup, { limits: { handshakeMs: 500 } })
    const frames = Buffer.concat(Array.from({ length: 10_000 }, (_, index) => clientFrame(0x2, Buffer.of(index >> 8, index & 255))))
    const stranger = await openUpgraded(cleanup, port)
    const strangersEnd = newest(connections)
    stranger.write(frames)
    const ear = listening(strangersEnd)
    await ear.end()
    expect(ear.messages.length).toBeGreaterThan(0)
    expect(ear.messages.length).toBeLessThanOrEqual(LIMITS.unauthenticatedBytes / 2)
    expect(ear.reasons).toEqual(['no proof of its key within 500 ms'])

    const member = await openUpgraded(cleanup, port)
    newest(connections).authenticated()
    member.write(frames)
    const memberEar = listening(newest(connections))
    await memberEar.until(() => memberEar.messages.length === 10_000)
  })

  it('TCP that hands over every byte alone, at every position', async () => {
    for (const scheme of ['wss', 'ws'] as const) {
      const { port, connections } = await startAcceptor(cleanup, scheme === 'ws' ? { tls: null, allowInsecure: true } : {})
      const proxy = cleanup.after(await startProxy({ targetPort: port }), (each) => each.close())
      proxy.setPieces(1)
      const near = await dial(proxy.port, scheme)
      const far = newest(connections)
      near.authenticated()
      far.authenticated()
      const ears = { near: listening(near), far: listening(far) }
      for (let length = 0; length < 300; length += 20) {
        near.send(new Uint8Array(length).fill(length & 255))
        far.send(new Uint8Array(length).fill(length & 255))
      }
      for (const ear of [ears.near, ears.far]) {
        await ear.until(() => ear.messages.length === 15)
        expect(ear.messages.map((bytes) => bytes.length)).toEqual(Array.from({ length: 15 }, (_, index) => index * 20))
      }
    }
  })

  it.each([
    ['wss', /^(connection (reset|lost|broken).*|bytes that are not WebSocket frames)$/],
    ['ws', /^(a message that was changed on the way|bytes that are not WebSocket frames|a message above .*)$/]
  ] as const)('a bit changed on the way closes the connection (%s)', async (scheme, reason) => {
    const { port, connections } = await startAcceptor(cleanup, scheme === 'ws' ? { tls: null, allowInsecure: true } : {})
    const proxy = cleanup.after(await startProxy({ targetPort: port }), (each) => each.close())
    const near = await dial(proxy.port, scheme)
    const far = newest(connections)
    near.authenticated()
    far.authenticated()
    const ear = listening(far)
    near.start({ message: () => undefined, drained: () => undefined, closed: () => undefined })
    proxy.corruptNext()
    near.send(new Uint8Array(200))
    await ear.end()
    expect(ear.messages).toEqual([])
    expect(ear.reasons[0]).toMatch(reason)
  })
})

describe('peers that have not proved their key', () => {
  const limits = { handshakeMs: 800, unauthenticatedConnections: 4 }

  it('are put out in time wherever they dribble, and members stay', async () => {
    const { port, connections } = await startAcceptor(cleanup, { limits })
    const near = await dial(port)
    await echoes(near, newest(connections))
    const startMs = performance.now()
    const loris = [await openTcp(cleanup, port), await openTls(cleanup, port), await openTls(cleanup, port), await openUpgraded(cleanup, port)]
    const dribble = setInterval(() => loris.forEach((socket, index) => socket.writable && socket.write(index === 0 ? Buffer.of(0x16) : 'G')), 20)
    cleanup.after(dribble, clearInterval)
    await Promise.all(loris.map(closed))
    expect(performance.now() - startMs).toBeLessThan(3_000)
    await echoes(await dial(port), newest(connections))
    near.send(Uint8Array.of(1))
    expect(connections.length).toBe(3)
  })

  it('are told apart from members: the time ends with authenticated', async () => {
    const { port, connections } = await startAcceptor(cleanup, { limits })
    const near = await dial(port)
    const far = newest(connections)
    near.authenticated()
    const farEar = listening(far)
    const nearEar = listening(near)
    await Promise.all([farEar.end(), nearEar.end()])
    expect(farEar.reasons).toEqual(['no proof of its key within 800 ms'])
  })

  it('have few places: one too many is reset, and a place is free again after authenticated', async () => {
    const { port, connections } = await startAcceptor(cleanup, { limits: { ...limits, handshakeMs: 4_000 } })
    for (let count = 0; count < 4; count++) await dial(port)
    await expect(dial(port)).rejects.toThrow('closed the connection')
    newest(connections).authenticated()
    await dial(port)
    expect(connections.length).toBe(5)
  })

  it('are slowed down by remote address', async () => {
    const { port, connections } = await startAcceptor(cleanup, { limits: { perSecond: 0.001, burst: 3 } })
    for (let count = 0; count < 3; count++) await dial(port)
    await expect(dial(port)).rejects.toThrow('closed the connection')
    expect(connections.length).toBe(3)
  })

  it.runIf(process.platform === 'linux')('a flood from one address keeps no other out', async () => {
    const { port, connections } = await startAcceptor(cleanup, { limits: { ...limits, handshakeMs: 4_000 } })
    const flood = []
    for (let count = 0; count < 40; count++) flood.push(await openTcp(cleanup, port, '127.0.0.2'))
    await echoes(await dial(port), newest(connections))
    expect(flood.some((socket) => !socket.destroyed)).toBe(true)
  })
})

describe('the end of a listener', () => {
  it('does not wait for peers that say nothing', async () => {
    const { port, connections, listener } = await startAcceptor(cleanup)
    await openTcp(cleanup, port)
    await openTls(cleanup, port)
    const stalled = await openUpgraded(cleanup, port)
    stalled.pause()
    const far = newest(connections)
    far.authenticated()
    for (let count = 0; count < 32; count++) far.send(new Uint8Array(LIMITS.messageBytes))
    const ear = listening(far)
    const startMs = performance.now()
    await listener.close()
    expect(performance.now() - startMs).toBeLessThan(LIMITS.closeMs + 500)
    await ear.end()
    expect(ear.reasons).toEqual(['the host is shutting down'])
  })

  it('comes at once where nobody is', async () => {
    const { listener } = await startAcceptor(cleanup)
    const startMs = performance.now()
    await listener.close()
    expect(performance.now() - startMs).toBeLessThan(200)
  })
})

describe('what a peer says when it closes', () => {
  it('is cut, and its control characters are gone', async () => {
    const { port, connections } = await startAcceptor(cleanup)
    const near = await dial(port)
    const ears = [listening(near), listening(newest(connections))]
    near.close(`\u001b[31mred\n\u202e${'ä'.repeat(500)}`)
    await Promise.all(ears.map((ear) => ear.end()))
    const said = ears[1]?.reasons[0] ?? ''
    expect(said.startsWith('peer closed: ?[31mred??ää')).toBe(true)
    expect(Buffer.byteLength(said)).toBeLessThan(150)
  })
})
