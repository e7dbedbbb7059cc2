import { afterEach, describe, expect, it } from 'vitest'
import { Cleanup, openTls, reply, startAcceptor, upgradeRequest } from './bench.js'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

describe('a listener answers HTTP shortly or not at all', () => {
  it.each([
    ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', 404],
    ['POST /skein/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello', 404],
    ['GET /skein HTTP/1.1\r\n\r\n', 426],
    ['GET /skein?x=1 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n', 426],
    ['GET /skein HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\n\r\n', 426],
    ['GET /skein HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\n\r\n', 404],
    [upgradeRequest(() => undefined, '/else'), 404],
    [upgradeRequest((lines) => lines.delete('Sec-WebSocket-Protocol')), 426],
    [upgradeRequest((lines) => lines.set('Sec-WebSocket-Protocol', 'chat, skein.2')), 426],
    [upgradeRequest((lines) => lines.set('Sec-WebSocket-Protocol', 'skein.1, ,')), 426],
    [upgradeRequest((lines) => lines.set('Sec-WebSocket-Version', '7')), 426],
    [upgradeRequest((lines) => lines.set('Sec-WebSocket-Key', 'short')), 426],
    [upgradeRequest((lines) => lines.set('Upgrade', 'h2c')), 426],
    [upgradeRequest((lines) => lines.set('Origin', 'http://127.0.0.1')), 404],
    [upgradeRequest().replace('GET', 'POST'), 426]
  ])('%j gets %i', async (request, status) => {
    const { port, connections } = await startAcceptor(cleanup)
    const answer = await reply(await openTls(cleanup, port), request)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(answer.split('HTTP/1.1').length, 'one answer').toBe(2)
    expect(answer.length).toBeLessThan(200)
    expect(connections).toEqual([])
  })

  it.each([
    ['garbage', '\0\x01garbage\r\n\r\n'],
    ['a version that is none', 'GET /skein HTTP/9.9\r\n\r\n'],
    ['a request to a proxy', 'CONNECT evil:80 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a header too long', `GET /skein HTTP/1.1\r\nX: ${'y'.repeat(9_000)}\r\n\r\n`]
  ])('%s gets nothing more than that', async (_name, request) => {
    const { port } = await startAcceptor(cleanup)
    expect(await reply(await openTls(cleanup, port), request)).toMatch(/^(HTTP\/1\.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n)?$/)
  })
})
