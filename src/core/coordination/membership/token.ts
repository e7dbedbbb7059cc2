import type { HostKey, MeshId, Millis } from '../../brand.js'
import type { Crypto } from '../../crypto.js'
import { fromBase32, toBase32 } from '../../encoding/base32.js'
import { concat, equalBytes, fromHex, toHex, utf8 } from '../../encoding/bytes.js'
import { ByteReader } from '../../encoding/reader.js'
import { ByteWriter } from '../../encoding/writer.js'
import { LIMITS } from '../../limits.js'
import { failure, success, type Result } from '../../result.js'
import { isName } from './body.js'

const PREFIX = 'sk1_'
const VERSION = 1
const CHECKSUM_BYTES = 4
const ADDRESS = /^[a-z][a-z0-9+.-]*:[\x21-\x7e]+$/
const LABEL = /^[a-z0-9_-]+$/

/** One address worth dialling. */
export interface TokenAddress {
  readonly url: string
  readonly label: string
}

/** All that a newcomer needs to find the mesh and to be let in. Whoever has it can join: it is a secret. */
export interface InvitationToken {
  readonly mesh: MeshId
  readonly meshName: string
  /** Seed of the invitation key, 32 bytes. */
  readonly secret: Uint8Array
  /** Pins the host that is dialled first. */
  readonly host: HostKey
  readonly hostName: string
  /** Mesh time in milliseconds, as the invitation says; the members judge by that one. */
  readonly expires: Millis
  /** At most `LIMITS.profileAddresses`, best first. */
  readonly addresses: readonly TokenAddress[]
}

const isAddress = ({ url, label }: TokenAddress): boolean =>
  url.length <= LIMITS.addressChars && ADDRESS.test(url) && label.length <= LIMITS.roleChars && LABEL.test(label)

const checksum = (crypto: Crypto, content: Uint8Array): Uint8Array => crypto.sha256(concat(utf8(PREFIX), content)).subarray(0, CHECKSUM_BYTES)

const invalid = (message: string) => failure('TOKEN_INVALID', message, { field: 'token', next: ['skein join -'] })

/** `sk1_` and base32, one word for a double click. `TOO_LARGE` above `LIMITS.tokenChars`; `FIELD_INVALID` for a name or address that cannot travel. */
export const encodeToken = (crypto: Crypto, token: InvitationToken): Result<string> => {
  const { mesh, meshName, secret, host, hostName, expires, addresses } = token
  if (!isName(meshName) || !isName(hostName)) return failure('FIELD_INVALID', 'A name in the invitation is not valid.', { field: 'name' })
  if (addresses.length > LIMITS.profileAddresses) {
    return failure('TOO_LARGE', `An invitation carries at most ${LIMITS.profileAddresses} addresses.`, { field: 'advertise' })
  }
  const wrong = addresses.find(address => !isAddress(address))
  if (wrong) return failure('FIELD_INVALID', `"${wrong.url}" is no address that an invitation can carry.`, { field: 'advertise' })
  const writer = new ByteWriter()
    .u8(VERSION)
    .raw(fromHex(mesh) ?? new Uint8Array(32))
    .text(meshName)
    .raw(secret)
    .raw(fromHex(host) ?? new Uint8Array(32))
    .text(hostName)
    .u64(expires)
    .u8(addresses.length)
  for (const { url, label } of addresses) writer.text(url).text(label)
  const content = writer.done()
  const text = PREFIX + toBase32(concat(content, checksum(crypto, content)))
  if (text.length <= LIMITS.tokenChars) return success(text)
  return failure('TOO_LARGE', 'The addresses of this host are too long for one invitation: advertise fewer.', { field: 'advertise' })
}

const readToken = (content: Uint8Array): InvitationToken | null => {
  const reader = new ByteReader(content)
  if (reader.u8() !== VERSION) return null
  const mesh = toHex(reader.raw(32)) as MeshId
  const meshName = reader.text()
  const secret = reader.raw(32)
  const host = toHex(reader.raw(32)) as HostKey
  const hostName = reader.text()
  const expires = reader.u64()
  const count = reader.u8()
  if (count > LIMITS.profileAddresses) return null
  const addresses = Array.from({ length: count }, () => ({ url: reader.text(), label: reader.text() }))
  const isWhole = reader.done() && isName(meshName) && isName(hostName) && addresses.every(isAddress)
  return isWhole ? { mesh, meshName, secret, host, hostName, expires, addresses } : null
}

/**
 * Reads what a person pasted: white space, also of a broken line, is passed over. `TOKEN_INVALID` says what to do. The checksum finds a slip; only the
 * mesh's own acts say whether the invitation is good.
 */
export const decodeToken = (crypto: Crypto, pasted: string): Result<InvitationToken> => {
  if (pasted.length > LIMITS.tokenChars * 2) return invalid('This is far longer than an invitation. Paste the word that begins with "sk1_" and nothing else.')
  const text = pasted.replace(/\s+/g, '')
  const version = /^sk(\d+)_/.exec(text)?.[1]
  if (version !== undefined && version !== '1') {
    return invalid(`An invitation of format ${version}; this skein reads format 1. Bring skein up to date, or ask for one made with this version.`)
  }
  if (!text.startsWith(PREFIX)) return invalid('An invitation begins with "sk1_". Paste the whole word that "skein invite" printed.')
  const damaged = 'A character of this invitation is missing or changed. Copy the whole word again, or ask for a new one ("skein invite").'
  const bytes = text.length <= LIMITS.tokenChars ? fromBase32(text.slice(PREFIX.length)) : null
  if (!bytes || bytes.length <= CHECKSUM_BYTES) return invalid(damaged)
  const content = bytes.subarray(0, -CHECKSUM_BYTES)
  if (!equalBytes(checksum(crypto, content), bytes.subarray(-CHECKSUM_BYTES))) return invalid(damaged)
  const token = readToken(content)
  return token ? success(token) : invalid('This invitation is whole, but this version of skein cannot read it. Bring skein up to date.')
}
