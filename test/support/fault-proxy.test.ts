import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startProxy } from './fault-proxy.mjs'
import type { FaultProxy } from './fault-proxy.mjs'

const sockets: Socket[] = []
const echo = createServer((socket) => {
  socket.on('error', () => socket.destroy())
  socket.pipe(socket)
})
let proxy: FaultProxy

beforeEach(async () => {
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const address = echo.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  proxy = await startProxy({ targetPort: address.port })
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await proxy.close()
  await new Promise((resolve) => echo.close(resolve))
})

const open = (): { socket: Socket; heard: (length: number) => Promise<Buffer>; closed: Promise<void> } => {
  const socket = connect(proxy.port, '127.0.0.1')
  sockets.push(socket)
  let said = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    said = Buffer.concat([said, chunk])
  })
  socket.on('error', () => socket.destroy())
  const heard = async (length: number): Promise<Buffer> => {
    while (said.length < length) await once(socket, 'data')
    return said
  }
  return { socket, heard, closed: new Promise((resolve) => socket.once('close', () => resolve())) }
}

it('passes bytes on and counts them, and passes the end on', async () => {
  const { socket, heard, closed } = open()
  const bytes = Buffer.alloc(3_000_000, 'abc')
  socket.end(bytes)
  expect((await heard(bytes.length)).equals(bytes)).toBe(true)
  await closed
  expect(proxy.bytes()).toEqual({ up: bytes.length, down: bytes.length })
})

it('cuts present connections and resets new ones, until healed', async () => {
  const before = open()
  before.socket.write('x')
  await before.heard(1)
  expect(proxy.connections()).toBe(1)
  proxy.cut()
  await before.closed
  await open().closed
  proxy.heal()
  const after = open()
  after.socket.write('y')
  await after.heard(1)
})

it('holds bytes and new connections in a silent cut, and passes them on afterwards in order', async () => {
  const before = open()
  before.socket.write('x')
  await before.heard(1)
  proxy.cut({ silent: true })
  const during = open()
  await once(during.socket, 'connect')
  before.socket.write('y')
  during.socket.write('z')
  const { up } = proxy.bytes()
  const other = await startProxy({ targetPort: proxy.port })
  await other.close()
  expect(proxy.bytes().up).toBe(up)
  expect(before.socket.destroyed).toBe(false)
  proxy.heal()
  expect(String(await before.heard(2))).toBe('xy')
  expect(String(await during.heard(1))).toBe('z')
})

it('delays each direction', async () => {
  const { socket, heard } = open()
  socket.write('0')
  await heard(1)
  proxy.setDelay(30)
  const startMs = performance.now()
  for (const text of ['1', '2', '3']) socket.write(text)
  expect(String(await heard(4))).toBe('0123')
  expect(performance.now() - startMs).toBeGreaterThan(55)
})

it('splits into pieces, and flips one bit in the next bytes only', async () => {
  const { socket, heard } = open()
  proxy.setPieces(1)
  socket.write('abcdef')
  expect(String(await heard(6))).toBe('abcdef')
  proxy.setPieces(Infinity)
  proxy.corruptNext()
  socket.write('abc')
  expect(String(await heard(9))).toBe('abcdefacc')
  socket.write('abc')
  expect(String(await heard(12))).toBe('abcdefaccabc')
})
