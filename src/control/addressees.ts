import type { HostId, HostKey, SessionName } from '../core/brand.js'
import type { Addressee } from '../core/coordination/records/addressee.js'
import { kindSpec } from '../core/coordination/records/kinds.js'
import { LIMITS } from '../core/limits.js'
import { failure, success, type Failure, type Result } from '../core/result.js'
import { HOST_SESSION, type Host } from '../host/host.js'
import type { OperationContext } from './operation.js'
import { nearest } from './nearest.js'

/** A host, and one session of it or all. */
export interface PeerNamed {
  readonly host: HostId
  readonly hostKey: HostKey
  readonly session: SessionName | null
}

const shown = (text: string): string => JSON.stringify(text.slice(0, LIMITS.nameChars))

const nobody = (code: 'NO_SUCH_HOST' | 'NO_SUCH_SESSION' | 'NO_SUCH_ROLE', message: string, next: readonly string[], details: Failure['details'] = {}) =>
  failure(code, message, { field: 'to', details, next })

/** Sessions of a host that this one knows: by what they wrote, and on the own host also by what they asked. Sorted. */
export const sessionsKnown = (host: Host, of: HostKey): SessionName[] => {
  const names = new Set<SessionName>()
  for (const entry of host.replica.view.records()) {
    const quiet = entry.parsed.type === 'valid' && kindSpec(entry.parsed.record.kind)?.family === 'hosts'
    if (host.replica.acts.roster().presentKey(entry.hostKey) === of && entry.session !== null && !quiet) names.add(entry.session)
  }
  if (of === host.replica.key) for (const { name } of host.sessions.list()) names.add(name)
  names.delete(HOST_SESSION)
  return [...names].sort()
}

const membersOf = (host: Host): { readonly key: HostKey; readonly id: HostId; readonly name: string; readonly bare: string; readonly role: string; readonly left: boolean }[] =>
  [...host.replica.acts.roster().members].filter(([, member]) => member.state === 'member' || member.how !== 'rotated').map(([key, { hostId, name, role, state }]) => ({ key, id: hostId, name: host.nameOf(key), bare: name, role, left: state === 'named' }))

type Named = ReturnType<typeof membersOf>[number]

/** By its name here, by its own name where only it has that, or by the beginning of its id (`h-8k2f0mqx`). */
const findHost = (host: Host, text: string, command: string): Result<Named> => {
  const members = membersOf(host)
  const folded = text.toLowerCase()
  const exact = members.filter(({ name }) => name === text)
  const byId = /^h-[0-9a-hjkmnp-tv-z]{4,32}$/.test(folded) ? members.filter(({ id }) => id.startsWith(folded.slice(2))) : []
  const alike = members.filter(({ name, bare }) => name.toLowerCase() === folded || bare.toLowerCase() === folded)
  const found = [exact, byId, alike].find(each => each.length > 0) ?? []
  const [first, second] = found
  if (second !== undefined) {
    const candidates = found.map(({ name }) => name).sort()
    return failure('ADDRESSEE_AMBIGUOUS', `${shown(text)} may be ${candidates.join(' or ')}`, { field: 'to', details: { candidates } })
  }
  return first === undefined ? noHost(host, text, members, command) : success(first)
}

const noHost = (host: Host, text: string, members: readonly Named[], command: string): Result<Named> => {
  const names = members.filter(({ left }) => !left).map(({ name }) => name)
  const owner = members.find(({ key }) => sessionsKnown(host, key).some(name => name === text))
  const meant = owner === undefined ? nearest(text, [...names, 'all']) : `${owner.name}/${text}`
  const isSession = owner === undefined ? '' : `; that is a session of ${owner.name}`
  return nobody('NO_SUCH_HOST', `there is no host ${shown(text)} in this mesh${isSession}`, meant === null ? ['skein peers'] : [`${command} ${meant} …`], { to: text.slice(0, LIMITS.nameChars), hosts: names, meant })
}

/** Exactly this session, or the only one known that begins so. */
const findSession = (host: Host, { key, name }: Named, text: string, command: string): Result<SessionName> => {
  const known = sessionsKnown(host, key)
  const exact = known.find(each => each === text)
  const found = exact === undefined ? known.filter(each => text !== '' && each.startsWith(text)) : [exact]
  const [first, second] = found
  if (second !== undefined) {
    const candidates = found.map(each => `${name}/${each}`)
    return failure('ADDRESSEE_AMBIGUOUS', `${shown(`${name}/${text}`)} may be ${candidates.slice(0, 8).join(' or ')}`, { field: 'to', details: { candidates } })
  }
  if (first !== undefined) return success(first)
  const meant = nearest(text, known)
  const next = meant === null ? ['skein sessions', `${command} ${name} …`] : [`${command} ${name}/${meant} …`]
  return nobody('NO_SUCH_SESSION', `no session ${shown(text)} of ${name} is known here`, next, { to: `${name}/${text}`.slice(0, 2 * LIMITS.nameChars), sessions: known.slice(0, 16), meant })
}

/** A host, or one session of it, also one that has left: to ask what was said. `command` is what `next` suggests to type again. */
export const findPeer = (host: Host, text: string, command: string): Result<PeerNamed> => {
  const slash = text.indexOf('/')
  const found = findHost(host, slash < 0 ? text : text.slice(0, slash), command)
  if (!found.ok) return found
  const { id, key } = found.value
  if (slash < 0) return success({ host: id, hostKey: key, session: null })
  const session = findSession(host, found.value, text.slice(slash + 1), command)
  return session.ok ? success({ host: id, hostKey: key, session: session.value }) : session
}

/** Whether somebody else works on this host, to whom a word to everybody would be news. */
const hasOthersHere = ({ host, session }: OperationContext): boolean => {
  const since = host.now().wall - LIMITS.sessionRecentMs
  return host.sessions.list().some(({ name, lastSeen }) => name !== session && name !== HOST_SESSION && lastSeen >= since)
}

const severalHosts = (context: OperationContext, passes: (member: Named) => boolean): HostId[] => {
  const others = hasOthersHere(context)
  const hosts = membersOf(context.host).filter(member => !member.left && passes(member) && (member.key !== context.host.replica.key || others))
  return [...new Set(hosts.map(({ id }) => id))]
}

const toRole = (context: OperationContext, role: string, command: string): Result<Addressee> => {
  const roles = [...new Set(membersOf(context.host).filter(({ left }) => !left).map(member => member.role))].sort()
  if (!roles.includes(role)) {
    const meant = nearest(role, roles)
    return nobody('NO_SUCH_ROLE', `no host has the role ${shown(role)}; there are ${roles.join(', ')}`, meant === null ? ['skein peers'] : [`${command} role:${meant} …`], { role: role.slice(0, LIMITS.roleChars), roles, meant })
  }
  const hosts = severalHosts(context, member => member.role === role)
  return hosts.length > 0 ? success({ role, hosts }) : nobody('NO_SUCH_ROLE', `nobody but this session has the role ${role}`, ['skein invite'], { role, roles })
}

/**
 * Whom the text means: `host`, `host/session` (a unique beginning is enough), `role:R` or `all`. Who a role or all are is settled now
 * (rules E4); this host is among them only where another session of it was seen lately. Never queued for somebody unknown: `NO_SUCH_HOST`,
 * `NO_SUCH_SESSION`, `NO_SUCH_ROLE`, `ADDRESSEE_AMBIGUOUS` with candidates.
 */
export const resolveAddressee = (context: OperationContext, text: string, command: string): Result<Addressee> => {
  if (text === 'all') {
    const all = severalHosts(context, () => true)
    return all.length > 0 ? success({ all }) : nobody('NO_SUCH_HOST', 'there is nobody else in this mesh yet', ['skein invite'])
  }
  if (text.startsWith('role:')) return toRole(context, text.slice('role:'.length), command)
  const found = findPeer(context.host, text, command)
  if (!found.ok) return found
  const { host, hostKey, session } = found.value
  if (context.host.replica.acts.roster().members.get(hostKey)?.state === 'named') {
    return nobody('NO_SUCH_HOST', `${context.host.nameOf(hostKey)} has left the mesh`, ['skein peers'])
  }
  if (host === context.host.replica.hostId && session === context.session) {
    return failure('FIELD_INVALID', `${text} is this session itself`, { field: 'to', next: ['skein sessions'] })
  }
  return success(session === null ? { host } : { host, session })
}

/** `box`, `box/codex-2b`, `role:worker`, `all`: as it would be typed. */
export const addresseeText = (host: Host, to: Addressee): string => {
  if ('all' in to) return 'all'
  if ('role' in to) return `role:${to.role}`
  return `${host.replica.view.names().host(to.host)}${to.session === undefined ? '' : `/${to.session}`}`
}
