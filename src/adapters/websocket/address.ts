import { isIPv4, isIPv6 } from 'node:net'
import { OWN_NETWORK } from '../../ports/transport.js'
import type { Address } from '../../ports/transport.js'
import { LIMITS } from '../../core/limits.js'
import { failure, success } from '../../core/result.js'
import type { Failure, Result } from '../../core/result.js'

export const DEFAULT_PORT = 4747

const SECURE_BY_SCHEME: ReadonlyMap<string, boolean> = new Map([
  ['wss', true],
  ['https', true],
  ['ws', false],
  ['http', false]
])

/** The parts of an address. `host` is lower case, an IPv6 literal without brackets. */
export interface Endpoint {
  readonly secure: boolean
  readonly host: string
  readonly port: number
}

const invalid = (text: string, why: string): { ok: false; failure: Failure } =>
  failure('FIELD_INVALID', `address ${JSON.stringify(text.slice(0, LIMITS.addressChars))}: ${why}`, { field: 'address' })

/** `host:port` as it is written in an address and shown to people. */
export const hostAndPort = (host: string, port: number): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)

/** The host in the one form that is kept, or null: names in lower case and punycode, IPv6 shortened, an IPv6 zone left as it is. */
const normaliseHost = (text: string): string | null => {
  const [literal = '', zone] = text.split('%', 2)
  if (isIPv6(text) && isIPv6(literal)) return new URL(`http://[${literal}]`).hostname.slice(1, -1) + (zone === undefined ? '' : `%${zone}`)
  if (!/^[\p{L}\p{N}._-]{1,253}$/u.test(text) || !URL.canParse(`http://${text}`)) return null
  const host = new URL(`http://${text}`).hostname
  // A URL reads "4747" and "127.1" as IPv4: nobody who writes that means it.
  return isIPv4(host) && host !== text ? null : host
}

const splitHost = (text: string): { host: string; port: string | null } | null => {
  if (isIPv6(text)) return { host: text, port: null }
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(text)
  if (match === null) return null
  const [, bracketed, plain, port] = match
  if (bracketed !== undefined && !isIPv6(bracketed)) return null
  return { host: bracketed ?? plain ?? '', port: port ?? null }
}

/** Reads `host`, `host:port`, `[ipv6]:port`, bare IPv6, and each of them behind `ws wss http https://`; without a scheme TLS is meant. */
export const parseAddress = (text: string): Result<Endpoint> => {
  const trimmed = text.trim()
  if (trimmed === '' || trimmed.length > LIMITS.addressChars) return invalid(text, `1 to ${LIMITS.addressChars} characters are allowed`)
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed)
  const secure = scheme === null ? true : SECURE_BY_SCHEME.get((scheme[1] ?? '').toLowerCase())
  if (secure === undefined) return invalid(text, 'the scheme must be wss, ws, https or http')
  const rest = trimmed.slice(scheme?.[0].length ?? 0).replace(/(?:\/skein)?\/?$/, '')
  if (rest.includes('@')) return invalid(text, 'a user name has no place here')
  if (/[/?#\\\s]/.test(rest)) return invalid(text, 'only a host and a port are allowed')
  const parts = splitHost(rest)
  const host = parts === null ? null : normaliseHost(parts.host)
  if (parts === null || host === null) return invalid(text, 'it should look like mac.local:4747, 192.168.1.20:4747 or [fe80::1]:4747')
  const port = parts.port === null ? DEFAULT_PORT : /^\d{1,5}$/.test(parts.port) ? Number(parts.port) : 0
  return port < 1 || port > 65_535 ? invalid(text, 'the port must be a number from 1 to 65535') : success({ secure, host, port })
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))

/**
 * An address as it is kept and dialled. Without a label the loopback is `local` and all else `static`.
 * Failures: `FIELD_INVALID`; `LINK_INSECURE` where TLS is left out on a label that needs it.
 */
export const normaliseAddress = (text: string, label?: string): Result<Address> => {
  const parsed = parseAddress(text)
  if (!parsed.ok) return parsed
  const { secure, host, port } = parsed.value
  const where = hostAndPort(host, port)
  const named = label ?? (isLoopback(host) ? 'local' : 'static')
  if (secure || OWN_NETWORK.includes(named)) return success({ url: `${secure ? 'wss' : 'ws'}://${where}`, label: named })
  return failure('LINK_INSECURE', `${where} would be dialled without TLS, which the label ${JSON.stringify(named.slice(0, 32))} does not allow: write wss://${where}, or label it ${OWN_NETWORK.join(', ')} if it is on your own network`, {
    field: 'address',
    details: { suggestion: `wss://${where}` }
  })
}
