import { z } from 'zod'
import type { HostId, HostKey, Millis, SessionName } from '../../core/brand.js'
import { responderOf } from '../../core/coordination/responders.js'
import { HOST_SESSION, type Host } from '../../host/host.js'
import { addresseeText } from '../addressees.js'
import { heardAt } from '../freshness.js'
import { operation } from '../operation.js'
import { iso, shownHostId } from '../words.js'

const sessionSchema = z.object({
  session: z.string(),
  host: z.string(),
  host_id: z.string(),
  /** What it says it is: `claude`, `codex`, `term` … */
  tool: z.string(),
  mine: z.boolean(),
  /** When it last wrote a record; null where it never has. */
  last_record: z.string().nullable(),
  last_record_ms: z.number().int().nullable(),
  /** When it last asked anything of this host; null on other hosts, which nobody can know. */
  last_seen: z.string().nullable(),
  /** When it ended, and who has what was said to it since: its successor (`box/codex-9z`) or any session of its host (`box`). Null while it goes on. */
  ended: z.string().nullable(),
  heir: z.string().nullable(),
  /** What it last said of whether it can answer; null where it said nothing, or that is over. */
  responder: z.object({ state: z.string(), reason: z.string().nullable(), since: z.string(), until: z.string().nullable() }).nullable(),
  live_claims: z.number().int(),
  /** When its host was last heard. */
  heard: z.string().nullable(),
  heard_ms: z.number().int().nullable()
})

const data = z.object({ sessions: z.array(sessionSchema) })

export type SessionsData = z.infer<typeof data>
export type SessionRow = z.infer<typeof sessionSchema>

interface Known {
  readonly key: HostKey
  readonly session: SessionName
  lastRecord: Millis | null
  claims: number
}

/** From the records of every host, and what this one was asked. */
const knownSessions = (host: Host, now: Millis): Known[] => {
  const { replica } = host
  const known = new Map<string, Known>()
  const of = (writtenBy: HostKey, session: SessionName): Known => {
    const key = replica.acts.roster().presentKey(writtenBy)
    const id = `${key} ${session}`
    const found = known.get(id) ?? { key, session, lastRecord: null, claims: 0 }
    known.set(id, found)
    return found
  }
  for (const entry of replica.view.records()) {
    if (entry.session === null || entry.session === HOST_SESSION) continue
    const session = of(entry.hostKey, entry.session)
    session.lastRecord = Math.max(session.lastRecord ?? entry.wall, entry.wall)
  }
  for (const claim of replica.view.claims.live(now)) of(claim.hostKey, claim.session).claims += 1
  for (const { name } of host.sessions.list()) if (name !== HOST_SESSION) of(replica.key, name)
  return [...known.values()]
}

/** The tool is the first word of a name that skein gave: `claude-7f3a`. */
const toolOf = (session: string): string => /^([a-z]{1,16})-[0-9a-z]{4,}$/.exec(session)?.[1] ?? 'named'

const endOf = (host: Host, id: HostId | undefined, session: SessionName): Pick<SessionRow, 'ended' | 'heir'> => {
  const { successions } = host.replica.view.deliveries
  const actor = id === undefined ? null : { host: id, session }
  const end = actor === null ? null : successions.endOf(actor)
  if (actor === null || end === null) return { ended: null, heir: null }
  const heir = successions.heirOf(actor)?.session ?? null
  return { ended: iso(end.wall), heir: addresseeText(host, { host: actor.host, ...(heir === null ? {} : { session: heir }) }) }
}

const responderRow = (host: Host, id: HostId | undefined, session: SessionName, meshNow: Millis): SessionRow['responder'] => {
  const said = id === undefined ? null : responderOf(host.replica.view, { host: id, session }, meshNow)
  if (said === null) return null
  const { state, reason = null, until } = said.parsed.record.fields
  return { state, reason, since: iso(said.wall), until: until === undefined ? null : iso(until) }
}

/** Everybody at work, on every host: own host first, the most recently active first. Those that did nothing for `withinMs` and hold nothing are left out. */
export const sessions = operation({
  name: 'sessions',
  args: z.object({ within_ms: z.number().int().positive().nullable() }),
  data,
  tells: false,
  run: async ({ host, session, meshNow }, { within_ms: withinMs }) => {
    const { wall } = host.now()
    const rows = knownSessions(host, meshNow).map((known): SessionRow & { readonly active: Millis } => {
      const own = known.key === host.replica.key
      const registered = own ? host.sessions.get(known.session) : undefined
      const heard = heardAt(host, known.key)
      const member = host.replica.acts.roster().members.get(known.key)
      return {
        active: Math.max(known.lastRecord ?? 0, registered === undefined ? 0 : meshNow - (wall - registered.lastSeen)),
        session: known.session,
        host: host.nameOf(known.key),
        host_id: member === undefined ? '' : shownHostId(member.hostId),
        tool: registered?.tool ?? toolOf(known.session),
        mine: own && known.session === session,
        last_record: known.lastRecord === null ? null : iso(known.lastRecord),
        last_record_ms: known.lastRecord === null ? null : Math.max(0, meshNow - known.lastRecord),
        last_seen: registered === undefined ? null : iso(registered.lastSeen),
        ...endOf(host, member?.hostId, known.session),
        responder: responderRow(host, member?.hostId, known.session, meshNow),
        live_claims: known.claims,
        heard: heard === null ? null : iso(heard),
        heard_ms: heard === null ? null : Math.max(0, wall - heard)
      }
    })
    const shown = rows.filter(({ active, live_claims, mine }) => withinMs === null || mine || live_claims > 0 || meshNow - active <= withinMs)
    shown.sort((left, right) => Number(right.mine) - Number(left.mine) || right.active - left.active || (`${left.host}/${left.session}` < `${right.host}/${right.session}` ? -1 : 1))
    return { ok: true, data: { sessions: shown.map(({ active: _active, ...row }) => row) } }
  }
})
