import { execFileSync } from 'node:child_process'
import { createServer as createHttp } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { createServer as createTls } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { dialFailure } from '../../../src/adapters/websocket/failure.js'
import { websocketTransport } from '../../../src/adapters/websocket/transport.js'
import { toHex } from '../../../src/core/encoding/bytes.js'
import type { DialFailure, DialOptions } from '../../../src/ports/transport.js'
import { Cleanup, identity, startAcceptor, startServer, tcpServer } from './bench.js'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

const transport = websocketTransport({ tls: identity(1), allowInsecure: true })
const pin = identity(2).publicKey

const failing = async (url: string, options: Partial<DialOptions> = {}, label = 'local'): Promise<DialFailure> => {
  const startMs = performance.now()
  const result = await transport.dial({ url, label }, { pin, timeoutMs: 2_000, ...options })
  expect(performance.now() - startMs).toBeLessThan(3_000)
  if (result.ok) throw new Error('the dial went well')
  return result.failure
}

const systemError = (code: string, address?: string): Error => Object.assign(new Error(code), { code, ...(address === undefined ? {} : { address }) })

describe('a dial that fails names its own cause', () => {
  it('refused', async () => {
    const port = await tcpServer(cleanup, () => undefined)
    await cleanup.run()
    expect(await failing(`wss://127.0.0.1:${port}`)).toEqual({
      reason: 'refused',
      text: `connection refused by 127.0.0.1:${port}: nothing listens there, or a firewall refuses`
    })
    expect((await failing(`wss://localhost:${port}`)).text).toMatch(/^connection refused by localhost:\d+ \((127\.0\.0\.1|::1)\)/)
  })

  it('unresolved', async () => {
    const failure = await failing(`wss://${'x'.repeat(64)}.invalid:4747`)
    expect(failure.reason).toBe('unresolved')
    expect(failure.text).toContain('cannot be resolved')
  })

  it('unreachable, and a system error that is not foreseen', () => {
    for (const code of ['EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']) {
      expect(dialFailure(systemError(code, '10.0.0.9'), '10.0.0.9:4747', 'connect').failure).toEqual({
        reason: 'unreachable',
        text: `no way to 10.0.0.9:4747 from this machine's network (${code})`
      })
    }
    expect(dialFailure(systemError('EMFILE'), 'a:1', 'connect').failure).toEqual({ reason: 'other', text: 'a:1: EMFILE' })
    expect(dialFailure(systemError('ETIMEDOUT'), 'a:1', 'connect').failure.reason).toBe('timeout')
  })

  it('the most telling of several addresses', () => {
    const error = new AggregateError([systemError('ENETUNREACH', '2001:db8::1'), systemError('ECONNREFUSED', '10.0.0.9')])
    expect(dialFailure(error, 'mac.local:4747', 'connect').failure).toMatchObject({ reason: 'refused', text: expect.stringContaining('mac.local:4747 (10.0.0.9)') })
  })

  it.each(['wss', 'ws'])('timeout: somebody is there and says nothing (%s)', async (scheme) => {
    const port = await tcpServer(cleanup, () => undefined)
    const failure = await failing(`${scheme}://127.0.0.1:${port}`, { timeoutMs: 100 })
    expect(failure).toEqual({ reason: 'timeout', text: `no answer from 127.0.0.1:${port} within 100 ms, though it is there` })
  })

  it.each(['wss', 'ws'])('closed: somebody is there and hangs up (%s)', async (scheme) => {
    const port = await tcpServer(cleanup, (socket) => socket.once('data', () => socket.destroy()))
    expect((await failing(`${scheme}://127.0.0.1:${port}`)).reason).toBe('closed')
    const resetting = await tcpServer(cleanup, (socket) => socket.resetAndDestroy())
    expect((await failing(`${scheme}://127.0.0.1:${resetting}`)).reason).toBe('closed')
  })

  it('a plain HTTP server', async () => {
    const port = await startServer(cleanup, createHttp((_request, response) => response.end('hello')))
    expect(await failing(`wss://127.0.0.1:${port}`)).toEqual({ reason: 'not-skein', text: `127.0.0.1:${port} answers, but not with TLS 1.3 as skein does` })
    expect(await failing(`ws://127.0.0.1:${port}`)).toEqual({ reason: 'not-skein', text: `127.0.0.1:${port} answers, but not as skein (HTTP 200)` })
  })

  it('something that speaks neither TLS nor HTTP', async () => {
    const port = await tcpServer(cleanup, (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'))
    expect((await failing(`wss://127.0.0.1:${port}`)).reason).toBe('not-skein')
    expect((await failing(`ws://127.0.0.1:${port}`)).reason).toBe('not-skein')
  })

  it('TLS to something that is not skein', async () => {
    const { key, cert } = identity(2)
    const https = await startServer(cleanup, createHttps({ key, cert }, (_request, response) => response.writeHead(302, { location: 'https://127.0.0.1' }).end()))
    expect(await failing(`wss://127.0.0.1:${https}`)).toEqual({ reason: 'not-skein', text: `127.0.0.1:${https} answers, but not as skein (HTTP 302)` })

    const webSockets = createHttps({ key, cert })
    cleanup.after(new WebSocketServer({ server: webSockets, handleProtocols: () => false }), (each) => each.close())
    expect(await failing(`wss://127.0.0.1:${await startServer(cleanup, webSockets)}`)).toMatchObject({ reason: 'not-skein', text: expect.stringMatching(/answers, but not as skein$/) })

    const echo = await startServer(cleanup, createTls({ key, cert }, (socket) => socket.pipe(socket)))
    expect((await failing(`wss://127.0.0.1:${echo}`)).reason).toBe('not-skein')
  })

  it('TLS older than 1.3', async () => {
    const { key, cert } = identity(2)
    const port = await startServer(cleanup, createTls({ key, cert, maxVersion: 'TLSv1.2' }))
    expect((await failing(`wss://127.0.0.1:${port}`)).reason).toBe('not-skein')
  })

  it('TLS at a listener without it, and the other way round', async () => {
    const plain = await startAcceptor(cleanup, { tls: null, allowInsecure: true })
    expect((await failing(`wss://127.0.0.1:${plain.port}`)).reason).toMatch(/closed|not-skein/)
    const secure = await startAcceptor(cleanup)
    expect((await failing(`ws://127.0.0.1:${secure.port}`)).reason).toMatch(/closed|not-skein/)
    expect([...plain.connections, ...secure.connections]).toEqual([])
  })

  it('a channel without TLS that was not allowed, or whose label does not allow it', async () => {
    const strict = websocketTransport({ tls: identity(1), allowInsecure: false })
    const result = await strict.dial({ url: 'ws://127.0.0.1:1', label: 'local' }, { pin, timeoutMs: 1_000 })
    expect(result).toMatchObject({ ok: false, failure: { reason: 'insecure-label', text: expect.stringContaining('use wss://127.0.0.1:1') } })
    for (const label of ['vpn', 'wan', '']) expect((await failing('ws://127.0.0.1:1', {}, label)).reason).toBe('insecure-label')
    expect((await failing('wss://127.0.0.1:1', { pin: null }, 'vpn')).text).toContain("needs the host's key")
  })

  it('an address that is none', async () => {
    expect((await failing('wss://a b')).reason).toBe('other')
  })
})

describe('the pin', () => {
  it('is compared before a byte is sent', async () => {
    const { key, cert } = identity(3)
    const heard: Buffer[] = []
    let proven = 0
    const port = await startServer(
      cleanup,
      createTls({ key, cert, minVersion: 'TLSv1.3' }, (socket) => {
        proven += 1
        socket.on('error', () => socket.destroy())
        socket.on('data', (chunk: Buffer) => heard.push(chunk))
      })
    )
    expect(await failing(`wss://127.0.0.1:${port}`)).toEqual({
      reason: 'pin-mismatch',
      text: `127.0.0.1:${port} is another host than expected: its certificate holds another key`
    })
    expect(heard).toEqual([])
    expect(proven).toBeLessThanOrEqual(1)
  })

  it('refuses a certificate with a key of another kind', async (test) => {
    let pems = ''
    try {
      pems = execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '-', '-subj', '/CN=x', '-days', '9'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    } catch {
      test.skip('no openssl to make such a certificate')
    }
    const port = await startServer(cleanup, createTls({ key: pems, cert: pems }))
    expect((await failing(`wss://127.0.0.1:${port}`)).reason).toBe('pin-mismatch')
    expect(await failing(`wss://127.0.0.1:${port}`, { pin: null })).toEqual({
      reason: 'not-skein',
      text: `127.0.0.1:${port} answers with TLS, but its certificate is not one of skein`
    })
  })
})

describe('a dial that goes well', () => {
  it('finds a host by name and by IPv6 literal', async (test) => {
    const far = websocketTransport({ tls: identity(2), allowInsecure: false })
    let listener
    try {
      listener = cleanup.after(await far.listen('::1', 0, (connection) => connection.close('seen')), (each) => each.close())
    } catch {
      test.skip('no IPv6 here')
      return
    }
    const result = await transport.dial({ url: `wss://[::1]:${listener.port}`, label: 'vpn' }, { pin, timeoutMs: 2_000 })
    if (!result.ok) throw new Error(result.failure.text)
    cleanup.after(result.connection, (connection) => connection.close('end of the test'))
    expect(result.connection.remote).toBe(`[::1]:${listener.port}`)
    expect(toHex(result.connection.certificateKey ?? new Uint8Array())).toBe(toHex(pin))
    const { port } = await startAcceptor(cleanup)
    const byName = await transport.dial({ url: `wss://localhost:${port}`, label: 'local' }, { pin, timeoutMs: 2_000 })
    if (byName.ok) cleanup.after(byName.connection, (connection) => connection.close('end of the test'))
    expect(byName).toMatchObject({ ok: true, connection: { remote: `localhost:${port}`, posture: 'tls-pinned' } })
  })
})
