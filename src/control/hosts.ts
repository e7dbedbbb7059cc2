import { z } from 'zod'
import type { HostId, HostKey, Millis } from '../core/brand.js'
import type { Member } from '../core/coordination/membership/member.js'
import { LIMITS } from '../core/limits.js'
import { keyOf } from '../core/replication/author.js'
import type { Link } from '../core/replica/links/link-state.js'
import type { Host } from '../host/host.js'
import { agentsByHost, attentionSchema, responderSchema } from './attention.js'
import { heardAt } from './freshness.js'
import { iso, shownHostId } from './words.js'

export const hostRowSchema = z.object({
  name: z.string(),
  id: z.string(),
  role: z.string(),
  /**
   * `here` this host · `linked` · `away` said goodbye · `unreachable` a daemon runs here and has no link to it · `unlinked` none runs here ·
   * `left` the mesh for good · `retired` an ephemeral one that is gone · `revoked` · `rotated` another key took its place · `held-back` one use too many (rules B3)
   */
  state: z.enum(['here', 'linked', 'away', 'unreachable', 'unlinked', 'left', 'retired', 'revoked', 'rotated', 'held-back']),
  /** How the link is protected, where there is one. */
  posture: z.string().nullable(),
  /** When it was last heard; null: never, which is not the same as long ago. */
  heard: z.string().nullable(),
  heard_ms: z.number().int().nullable(),
  /** Its clock minus this one's, measured on the link. */
  skew_ms: z.number().int().nullable(),
  /** Null where nothing of that host is held: no data is not zero. */
  live_claims: z.number().int().nullable(),
  /** Sessions with a live claim, or that wrote something in the last half hour. */
  sessions: z.number().int().nullable(),
  /** When one of its agents last looked; null: nothing is held that any of them wrote. */
  attention: attentionSchema.nullable(),
  /** Its sessions that say whether they can answer. */
  responders: z.array(responderSchema),
  version: z.string().nullable(),
  /** Of a host that is held back: the commands by which an operator decides. */
  decide: z.array(z.string())
})

/** One host of the mesh as this one knows it. */
export type HostRow = z.infer<typeof hostRowSchema>

/** The open link to a host, or null. */
export const linkTo = (host: Host, key: HostKey): Link | null => {
  for (const link of host.replica.links) if (link.phase === 'open' && link.peer?.key === key) return link
  return null
}

/** What each host's sessions do now, counted from the records. */
const activity = (host: Host, now: Millis): Map<HostId, { claims: number; sessions: Set<string> }> => {
  const found = new Map<HostId, { claims: number; sessions: Set<string> }>()
  const of = (id: HostId) => {
    const known = found.get(id) ?? { claims: 0, sessions: new Set<string>() }
    found.set(id, known)
    return known
  }
  for (const claim of host.replica.view.claims.live(now)) {
    const { sessions } = of(claim.host)
    sessions.add(claim.session)
    of(claim.host).claims += 1
  }
  for (const entry of host.replica.view.records()) {
    if (entry.session !== null && entry.session !== 'host' && now - entry.wall < LIMITS.leaseDefaultMs) of(entry.host).sessions.add(entry.session)
  }
  return found
}

const stateOf = (host: Host, key: HostKey, member: Member): HostRow['state'] => {
  if (member.state === 'named') return member.how
  if (key === host.replica.key) return 'here'
  if (host.replica.awaySince(key) !== null) return 'away'
  if (linkTo(host, key) !== null) return 'linked'
  return host.daemonSince === null ? 'unlinked' : 'unreachable'
}

/** Every host that the roster names, this one first, then by name. */
export const hostRows = (host: Host): HostRow[] => hostRowsByKey(host).map(([, row]) => row)

export const hostRowsByKey = (host: Host): (readonly [HostKey, HostRow])[] => {
  const { replica } = host
  const roster = replica.acts.roster()
  const active = activity(host, host.meshNow())
  const agents = agentsByHost(host)
  const versions = new Map(host.profiles().map(({ hostKey, version }) => [hostKey, version]))
  const held = new Set(Array.from(replica.logs.logs(), log => keyOf(log.author)))
  const { wall } = host.now()
  // a key that another took the place of is the same host, named there
  const shown = [...roster.members].filter(([, member]) => member.state === 'member' || member.how !== 'rotated')
  const rows = shown.map(([key, member]): readonly [HostKey, HostRow] => {
    const link = linkTo(host, key)
    const isHere = key === replica.key
    const heard = heardAt(host, key)
    const known = isHere || heard !== null || held.has(key)
    const row: HostRow = {
      name: host.nameOf(key),
      id: shownHostId(member.hostId),
      role: member.role,
      state: stateOf(host, key, member),
      posture: link === null ? null : (host.runtime.postureOf(link.id) ?? link.posture),
      heard: heard === null ? null : iso(heard),
      heard_ms: heard === null ? null : Math.max(0, wall - heard),
      skew_ms: link?.offsetMs === undefined || link.offsetMs === null ? null : Math.round(link.offsetMs),
      live_claims: known ? (active.get(member.hostId)?.claims ?? 0) : null,
      sessions: known ? (active.get(member.hostId)?.sessions.size ?? 0) : null,
      attention: agents.get(member.hostId)?.attention ?? null,
      responders: [...(agents.get(member.hostId)?.responders ?? [])],
      version: versions.get(key) ?? null,
      decide: []
    }
    return [key, row]
  })
  for (const [key, { hostId }] of roster.heldBack) {
    const name = host.nameOf(key)
    const decide = [`skein invite --admit ${name}`, `skein revoke ${name}`]
    rows.push([key, { name, id: shownHostId(hostId), role: 'none', state: 'held-back', posture: null, heard: null, heard_ms: null, skew_ms: null, live_claims: null, sessions: null, attention: null, responders: [], version: null, decide }])
  }
  return rows.sort(([, left], [, right]) => Number(right.state === 'here') - Number(left.state === 'here') || (left.name < right.name ? -1 : 1))
}
