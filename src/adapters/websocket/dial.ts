import { connect as connectTcp } from 'node:net'
import type { Socket } from 'node:net'
import { TLSSocket, connect as connectTls } from 'node:tls'
import { WebSocket } from 'ws'
import { equalBytes } from '../../core/encoding/bytes.js'
import { LIMITS } from '../../core/limits.js'
import { OWN_NETWORK } from '../../ports/transport.js'
import type { Address, DialFailure, DialOptions, DialResult } from '../../ports/transport.js'
import { certificateKey } from '../tls/certificate.js'
import { hostAndPort, parseAddress } from './address.js'
import type { Endpoint } from './address.js'
import { beginAgreement } from './agreement.js'
import { WebSocketConnection, plainBytes } from './connection.js'
import type { Channel } from './connection.js'
import { dialFailure, fail } from './failure.js'
import type { Stage } from './failure.js'
import { PATH, SUBPROTOCOL, bindingOf, webSocketOptions } from './options.js'
import { Probation } from './probation.js'
import type { ProbationLimits } from './probation.js'

const insecure = (text: string): { ok: false; failure: DialFailure } => fail('insecure-label', text)

const refusal = (address: Address, endpoint: Endpoint, options: DialOptions, allowInsecure: boolean): { ok: false; failure: DialFailure } | null => {
  const where = hostAndPort(endpoint.host, endpoint.port)
  const own = OWN_NETWORK.includes(address.label)
  if (!endpoint.secure && !own) return insecure(`${where} is labelled ${address.label}, which needs TLS: use wss://${where}`)
  if (!endpoint.secure && !allowInsecure) return insecure(`${where} would be dialled without TLS, which is not allowed on this host: use wss://${where}`)
  if (options.pin === null && !own) return insecure(`${where} is labelled ${address.label}, which needs the host's key: join with an invitation from it, or label it ${OWN_NETWORK.join(', ')}`)
  return null
}

const wrongKey = (key: Uint8Array | null, pin: Uint8Array | null, where: string): { ok: false; failure: DialFailure } | null => {
  if (pin !== null && (key === null || !equalBytes(key, pin))) return fail('pin-mismatch', `${where} is another host than expected: its certificate holds another key`)
  return key === null ? fail('not-skein', `${where} answers with TLS, but its certificate is not one of skein`) : null
}

const openSocket = ({ secure, host, port }: Endpoint): Socket =>
  secure ? connectTls({ host, port, rejectUnauthorized: false, minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' }) : connectTcp({ host, port })

const upgrade = (socket: Socket, { secure, host, port }: Endpoint): WebSocket =>
  new WebSocket(`${secure ? 'wss' : 'ws'}://${hostAndPort(host.replace(/%.*$/, ''), port)}${PATH}`, [SUBPROTOCOL], {
    ...webSocketOptions(!secure),
    createConnection: () => socket
  })

/** Dials one address: TCP, TLS and the pin, the WebSocket, or the key agreement where there is no TLS. Ends within `options.timeoutMs`. */
export const dial = (address: Address, options: DialOptions, allowInsecure: boolean, limits: ProbationLimits): Promise<DialResult> => {
  const parsed = parseAddress(address.url)
  if (!parsed.ok) return Promise.resolve(fail('other', parsed.failure.message))
  const endpoint = parsed.value
  const where = hostAndPort(endpoint.host, endpoint.port)
  const refused = refusal(address, endpoint, options, allowInsecure)
  if (refused !== null) return Promise.resolve(refused)

  return new Promise((resolve) => {
    let stage: Stage = 'connect'
    let finished = false
    let key: Uint8Array | null = null
    const socket = openSocket(endpoint)

    const finish = (result: DialResult): void => {
      if (finished) return
      finished = true
      clearTimeout(timer)
      if (!result.ok) socket.destroy()
      resolve(result)
    }
    const broken = (error: Error): void => finish(dialFailure(error, where, stage))
    const timer = setTimeout(() => finish(fail('timeout', `no answer from ${where} within ${options.timeoutMs} ms${stage === 'connect' ? '' : ', though it is there'}`)), options.timeoutMs)

    const ready = (webSocket: WebSocket, facts: Pick<Channel, 'posture' | 'binding' | 'seal'>, probation: Probation): void => {
      const connection = new WebSocketConnection(webSocket, {
        ...facts,
        direction: 'dialled',
        remote: where,
        certificateKey: key,
        probation,
        authenticated: () => probation.end()
      })
      webSocket.once('close', () => probation.end())
      finish({ ok: true, connection })
    }

    const agree = (webSocket: WebSocket, probation: Probation): void => {
      stage = 'agreement'
      const agreement = beginAgreement('dialled')
      webSocket.once('message', (raw) => {
        const agreed = agreement.finish(plainBytes(raw))
        if (agreed === null) return finish(fail('not-skein', `${where} answers, but not as skein: its key agreement is broken`))
        return ready(webSocket, { posture: 'insecure', ...agreed }, probation)
      })
      webSocket.send(agreement.hello)
    }

    const connected = (): void => {
      if (socket instanceof TLSSocket) {
        const certificate = socket.getPeerX509Certificate()
        key = certificate === undefined ? null : certificateKey(certificate)
        const wrong = wrongKey(key, options.pin, where)
        if (wrong !== null) return finish(wrong)
      }
      stage = 'upgrade'
      socket.setNoDelay(true).setKeepAlive(true, LIMITS.tcpKeepAliveMs)
      const webSocket = upgrade(socket, endpoint)
      webSocket.on('error', broken)
      webSocket.on('close', () => finish(fail('closed', `${where} closed the connection before the link was made`)))
      webSocket.on('unexpected-response', (_request, response) => finish(fail('not-skein', `${where} answers, but not as skein (HTTP ${response.statusCode ?? 'without a status'})`)))
      webSocket.once('open', () => {
        const probation = new Probation(limits, () => socket.destroy())
        socket.prependListener('data', (chunk: Buffer) => probation.received(chunk.length))
        if (!(socket instanceof TLSSocket)) return agree(webSocket, probation)
        return ready(webSocket, { posture: options.pin === null ? 'tls-unpinned' : 'tls-pinned', binding: bindingOf(socket), seal: null }, probation)
      })
      return undefined
    }

    socket.on('error', broken)
    socket.once('connect', () => {
      stage = endpoint.secure ? 'tls' : 'upgrade'
    })
    socket.once('close', () => finish(fail('closed', `${where} closed the connection`)))
    socket.once(endpoint.secure ? 'secureConnect' : 'connect', connected)
  })
}
