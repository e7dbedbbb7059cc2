import type { HostId, SessionName } from '../../brand.js'

/** One session on one host: who acts. */
export interface Actor {
  readonly host: HostId
  readonly session: SessionName
}

export const actorKey = ({ host, session }: Actor): string => `${host}/${session}`

/**
 * Whether a warning between the two would be one about oneself: equal sessions of one host, or a session and its own subagent
 * (`claude-7f3a` and `claude-7f3a/sub`). Two subagents of one parent, two sessions of one host, equal host or agent ids: all of them warn.
 */
export const sameActor = (left: Actor, right: Actor): boolean =>
  left.host === right.host && (left.session === right.session || left.session.startsWith(`${right.session}/`) || right.session.startsWith(`${left.session}/`))
