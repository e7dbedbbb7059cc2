import type { ActId, HostKey, Millis } from '../../brand.js'
import type { InvitationKey } from './body.js'
import type { Authority } from './operators.js'

/** An invitation that an operator made, and what became of it. Whether it has expired is asked with a time in hand. */
export interface Invitation {
  /** The id of the act. */
  readonly invite: ActId
  readonly key: InvitationKey
  readonly role: string
  readonly ephemeral: boolean
  readonly uses: number
  /** The one host that it is for. */
  readonly host?: HostKey
  /** Those who stand by it, in the order in which they were let in. */
  readonly usedBy: readonly HostKey[]
  readonly cancelled: boolean
  /** Mesh time in milliseconds. */
  readonly expires: Millis
}

/** The same while the uses are counted. */
export type OpenInvitation = Omit<Invitation, 'usedBy'> & { readonly usedBy: HostKey[] }

/** Every invitation of the operators that stands, in order of id, none used yet. Any operator can cancel any invitation. */
export const openInvitations = (authority: Authority): Map<ActId, OpenInvitation> => {
  const cancelled = new Set(authority.actsOf('cancel').map(({ content }) => content.body.invite))
  return new Map(authority.actsOf('invite').map(({ id, content }) => [id, { ...content.body, invite: id, usedBy: [], cancelled: cancelled.has(id) }]))
}
