import { LIMITS } from '../core/limits.js'
import { reachable } from './reachable.js'
import type { Settings } from './home.js'

/** An address to tell others, with the label of the network that it belongs to. */
export interface AdvertisedAddress {
  readonly url: string
  readonly label: string
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)

const isLoopback = (host: string): boolean => host === '::1' || host === 'localhost' || host.startsWith('127.')

const isPrivate = (host: string): boolean => /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|f[cd])/.test(host)

const labelOf = (host: string): string => (isLoopback(host) ? 'local' : isPrivate(host) ? 'lan' : 'static')

const hostOf = (url: string): string => new URL(url.replace(/^ws/, 'http')).hostname.replace(/^\[|\]$/g, '')

/** The label of the network that an address belongs to, from the address alone: `local`, `lan` or `static`. */
export const addressLabel = (url: string): string => labelOf(hostOf(url))

/**
 * Every address worth dialling: what was set by hand first; then the addresses of this machine's networks when it listens on all of them,
 * or the one address that it listens on. A loopback address is told only when there is no other.
 */
export const advertisedAddresses = ({ advertise, listen }: Pick<Settings, 'advertise' | 'listen'>, listening: { readonly port: number }): AdvertisedAddress[] => {
  const byHand = advertise.map(url => ({ url, label: labelOf(hostOf(url)) }))
  const everywhere = listen.host === '0.0.0.0' || listen.host === '::'
  const hosts = everywhere ? reachable() : [listen.host]
  const found = hosts.map(host => ({ url: `wss://${bracketed(host)}:${listening.port}`, label: labelOf(host) }))
  const useful = [...byHand, ...found.filter(({ url }) => !isLoopback(hostOf(url)))]
  return (useful.length > 0 ? useful : found).slice(0, LIMITS.profileAddresses)
}
