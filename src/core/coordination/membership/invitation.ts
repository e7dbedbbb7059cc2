import type { ActId, HostKey, Millis } from '../../brand.js'
import type { VerifiedAct } from './act.js'
import type { InvitationKey } from './body.js'

/** An invitation that an operator made, and what became of it. Whether it has expired is asked with a time in hand. */
export interface Invitation {
  /** The id of the act. */
  readonly invite: ActId
  readonly key: InvitationKey
  readonly role: string
  readonly ephemeral: boolean
  readonly uses: number
  /** Those who stand by it, in the order in which they were let in. */
  readonly usedBy: readonly HostKey[]
  readonly cancelled: boolean
  /** Mesh time in milliseconds. */
  readonly expires: Millis
}

/** The same while the uses are counted. */
export type OpenInvitation = Omit<Invitation, 'usedBy'> & { readonly usedBy: HostKey[] }

/** Every invitation signed by an operator, in order of id, none used yet. Any operator can cancel any invitation. */
export const openInvitations = (acts: readonly VerifiedAct[], operators: ReadonlySet<string>): Map<ActId, OpenInvitation> => {
  const cancelled = new Set<ActId>()
  for (const { signer, content } of acts) if (content?.kind === 'cancel' && operators.has(signer)) cancelled.add(content.body.invite)
  const invitations = new Map<ActId, OpenInvitation>()
  for (const { id, signer, content } of acts) {
    if (content?.kind === 'invite' && operators.has(signer)) invitations.set(id, { ...content.body, invite: id, usedBy: [], cancelled: cancelled.has(id) })
  }
  return invitations
}
