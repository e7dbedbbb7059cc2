import type { HostId, SessionName } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import { bad, good, isObject, required, type Field, type Read } from './field.js'
import { isHostId, isSessionName } from './reference.js'

/**
 * Whom a record is for, by id and never by display name. A sender that means a role or everybody lists who that is while it writes
 * (rules E4): who joins later owes nothing, and every host counts the same recipients.
 */
export type Addressee =
  | { readonly host: HostId; readonly session?: SessionName }
  | { readonly role: string; readonly hosts: readonly HostId[] }
  | { readonly all: readonly HostId[] }

/** One who is asked: any session of the host, or just the one that is named. */
export interface Recipient {
  readonly host: HostId
  readonly session: SessionName | null
}

export const ROLE = /^[A-Za-z0-9_-]{1,32}$/

const readHosts = (value: unknown): Read<readonly HostId[]> => {
  if (!Array.isArray(value)) return bad('must list host ids')
  const hosts: HostId[] = []
  for (const host of value) {
    if (typeof host !== 'string' || !isHostId(host)) return bad('must list host ids')
    hosts.push(host)
  }
  if (hosts.length === 0 || hosts.length > LIMITS.hostsPerAddressee) return bad(`must list 1 to ${LIMITS.hostsPerAddressee} hosts`)
  return new Set(hosts).size === hosts.length ? good(hosts) : bad('lists a host twice')
}

const readAddressee = (value: unknown): Read<Addressee> => {
  if (!isObject(value)) return bad('must be {host, session?}, {role, hosts} or {all}')
  const { host, session, role, hosts, all } = value
  if (host !== undefined) {
    if (typeof host !== 'string' || !isHostId(host)) return bad('must name a host by its id')
    if (session === undefined) return good({ host })
    return typeof session === 'string' && isSessionName(session) ? good({ host, session }) : bad('names a session that cannot be one')
  }
  const listed = readHosts(role === undefined ? all : hosts)
  if (!listed.ok) return listed
  if (role === undefined) return good({ all: listed.value })
  return typeof role === 'string' && ROLE.test(role) ? good({ role, hosts: listed.value }) : bad('names a role that cannot be one')
}

export const addressee: Field<Addressee, true> = required('{host, session?} | {role, hosts} | {all}', readAddressee)

export const recipientsOf = (to: Addressee): readonly Recipient[] => {
  if ('host' in to) return [{ host: to.host, session: to.session ?? null }]
  return ('all' in to ? to.all : to.hosts).map(host => ({ host, session: null }))
}
