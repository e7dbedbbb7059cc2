import { afterEach, expect, it } from 'vitest'
import { connect } from 'node:net'
import { websocketTransport } from '../../../src/adapters/websocket/transport.js'
import { LIMITS } from '../../../src/core/limits.js'
import type { Connection } from '../../../src/ports/transport.js'
import { listening } from '../../contract/transport.js'
import { recordCase } from '../../support/cases.js'
import { Cleanup, closed, identity, openTcp, openTls, openUpgraded } from './bench.js'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

/** A listener with the limits that are shipped, and one member that is linked. */
const stage = async () => {
  const accepted: Connection[] = []
  const listener = cleanup.after(await websocketTransport({ tls: identity(2), allowInsecure: false }).listen('127.0.0.1', 0, connection => accepted.push(connection)), each => each.close())
  const dial = async (): Promise<Connection> => {
    const dialled = await websocketTransport({ tls: identity(1), allowInsecure: false }).dial({ url: `wss://127.0.0.1:${listener.port}`, label: 'local' }, { pin: identity(2).publicKey, timeoutMs: 5_000 })
    if (!dialled.ok) throw new Error(dialled.failure.text)
    return cleanup.after(dialled.connection, each => each.close('the end of the test'))
  }
  const near = await dial()
  const far = accepted.at(-1)
  if (far === undefined) throw new Error('nobody came')
  near.authenticated()
  far.authenticated()
  const ear = listening(far)
  const works = async (): Promise<void> => {
    const before = ear.messages.length
    near.send(Uint8Array.of(1))
    await ear.until(() => ear.messages.length > before)
  }
  await works()
  return { port: listener.port, dial, works }
}

it.runIf(process.platform === 'linux')('sixteen that dribble a byte a second are out in time, and a member never notices (case 59)', { timeout: 30_000 }, async () => {
  const { port, works } = await stage()
  const sockets = await Promise.all(Array.from({ length: LIMITS.unauthenticatedConnections }, (_, index) => {
    const from = `127.0.1.${index + 1}`
    return openTcp(cleanup, port, from)
  }))
  const started = performance.now()
  const dribble = setInterval(() => sockets.forEach(socket => socket.writable && socket.write(Buffer.of(0x16))), 1_000)
  cleanup.after(dribble, clearInterval)
  await works()
  await Promise.all(sockets.map(closed))
  const ms = Math.round(performance.now() - started)
  await works()
  recordCase(59, { test: 'adapters/websocket/strangers', runs: sockets.length, worst: ms, limit: LIMITS.handshakeMs + 1_000, unit: 'ms' })
})

it.runIf(process.platform === 'linux')('a flood of connections from one address takes a part of one core, and a good peer is in within five seconds (case 60)', { timeout: 60_000 }, async () => {
  const { port, dial, works } = await stage()
  const ended = new AbortController()
  let tries = 0
  cleanup.after(null, () => {
    ended.abort()
  })
  const flood = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      tries += 1
      await new Promise<void>(resolve => {
        const socket = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.9' })
        socket.on('error', () => undefined)
        socket.once('connect', () => socket.resetAndDestroy())
        socket.once('close', () => resolve())
      })
    }
  }
  const flooding = Array.from({ length: 64 }, flood)
  const started = performance.now()
  await works()
  await dial()
  const ms = Math.round(performance.now() - started)
  await works()
  ended.abort()
  await Promise.all(flooding)
  process.stdout.write(`${tries} connections of a flood, the good peer was in after ${ms} ms\n`)
  recordCase(60, { test: 'adapters/websocket/strangers', runs: tries, worst: ms, limit: 5_000, unit: 'ms' })
  expect(ms).toBeLessThan(20_000)
})

it('a stranger gets a place again once another has gone, in every stage of its greeting', async () => {
  const { port, dial } = await stage()
  for (const open of [openTcp, openTls, openUpgraded]) {
    const socket = await open(cleanup, port)
    socket.destroy()
  }
  await dial()
})
