import type { HostKey, Millis } from '../../brand.js'
import type { Crypto } from '../../crypto.js'
import { toHex } from '../../encoding/bytes.js'
import { LIMITS } from '../../limits.js'
import { failure, success, type Result } from '../../result.js'
import { isName, type InvitationKey, type SignatureHex, type WitnessBody } from './body.js'
import { checkJoining, type JoiningProof } from './joining.js'
import type { Invitation } from './invitation.js'
import type { Member } from './member.js'
import type { Roster } from './roster.js'

export interface Joiner {
  readonly roster: Roster
  /** The member that judges: a host that does not stand lets nobody in. */
  readonly judge: HostKey
  /** The key that the link was proven with. */
  readonly hostKey: HostKey
  readonly proof: JoiningProof
  /** Mesh time (rules F1), in milliseconds. */
  readonly nowMesh: Millis
  readonly crypto: Crypto
}

/**
 * Admitted; with the witness to write, or null where none is due: the joiner stands by enough, or by another invitation, or the judge's own word is given.
 * The judge adds its act to the set before it judges the next newcomer, or it would give one use twice.
 */
export interface Admission {
  readonly witness: WitnessBody | null
}

/** The invitation with this key; of several, one that has a use left. */
const invitationWith = (roster: Roster, key: string): Invitation | null => {
  const found = [...roster.invitations.values()].filter(invitation => invitation.key === key)
  return found.find(({ cancelled, usedBy, uses }) => !cancelled && usedBy.length < uses) ?? found[0] ?? null
}

/** Why an invitation lets this host in no more, or null. Time, cancellation and number of uses bind the witness, not the roster (rules B3). */
const judgeInvitation = (invitation: Invitation, hostKey: HostKey, nowMesh: Millis) => {
  const next = ['skein invite']
  if (invitation.host !== undefined && invitation.host !== hostKey) return failure('INVITATION_INVALID', 'This invitation is for another host.', { next })
  if (invitation.cancelled) return failure('INVITATION_CANCELLED', 'An operator has cancelled this invitation. Ask for another one.', { next })
  if (nowMesh >= invitation.expires) {
    return failure('INVITATION_EXPIRED', 'This invitation has expired. Ask for another one.', { next, details: { expired: invitation.expires, now: nowMesh } })
  }
  if (invitation.usedBy.length >= invitation.uses && !invitation.usedBy.includes(hostKey)) {
    const hosts = invitation.uses === 1 ? 'one host' : `${invitation.uses} hosts`
    return failure('INVITATION_USED', `This invitation was good for ${hosts} and has been used. Ask for another one.`, { next })
  }
  return null
}

/** The name, whether the invitation is one of ours, and whether it still holds: all that can be told without a signature. */
const judgeClaims = ({ roster, hostKey, proof, nowMesh }: Joiner): Result<Invitation> => {
  if (!isName(proof.name)) {
    const rule = 'letters, digits, ".", "_" and "-", at most 64, beginning with a letter or digit'
    return failure('INVITATION_INVALID', `The name of the joining host is not valid: ${rule}.`, { field: 'name' })
  }
  const invitation = invitationWith(roster, toHex(proof.invitationKey))
  if (!invitation) {
    return failure('INVITATION_INVALID', 'No operator of this mesh has made this invitation, as far as this host knows.', { next: ['skein invite'] })
  }
  return judgeInvitation(invitation, hostKey, nowMesh) ?? success(invitation)
}

/** Whether this judge has nothing to add: enough others have given their word, or it has given its own. */
const isWitnessed = ({ key, witnesses }: Member, judge: HostKey): boolean =>
  witnesses.length >= LIMITS.witnesses || witnesses.includes(judge) || key === judge

/**
 * What a member does with a newcomer (rules B2, B3). A host that stands needs no invitation: for it only the witness is in question. Fails with
 * `NOT_ADMITTED` (it has left; the judge does not stand; the mesh is full) or `INVITATION_INVALID`, `_CANCELLED`, `_EXPIRED`, `_USED`.
 * At most two signatures are checked, and none for an invitation that does not hold.
 */
export const judgeJoiner = (joiner: Joiner): Result<Admission> => {
  const { roster, judge, hostKey, proof, crypto } = joiner
  const { mesh } = roster
  if (mesh === null || roster.admits(judge).state !== 'member') {
    return failure('NOT_ADMITTED', 'This host is no member of the mesh and cannot let anybody in.')
  }
  const member = roster.members.get(hostKey)
  if (member?.state === 'named' || roster.isBarred(hostKey)) {
    return failure('NOT_ADMITTED', 'This host has left the mesh or was revoked. A key that has ended does not come back: join with a new home.')
  }
  if (!member && roster.members.size >= LIMITS.members) return failure('NOT_ADMITTED', `The mesh is full: it has ${LIMITS.members} members.`)
  if (member && isWitnessed(member, judge)) return success({ witness: null })

  const claims = judgeClaims(joiner)
  if (!claims.ok) return member ? success({ witness: null }) : claims
  const invitation = claims.value
  if (member && member.invite !== invitation.invite) return success({ witness: null })
  if (!checkJoining(crypto, mesh, hostKey, proof)) {
    if (member) return success({ witness: null })
    return failure('INVITATION_INVALID', 'The proof does not hold: it was not signed with this invitation for this host, name and mesh.')
  }
  return success({
    witness: {
      invite: invitation.invite,
      key: toHex(proof.invitationKey) as InvitationKey,
      host: { key: hostKey, name: proof.name },
      byInvitation: toHex(proof.byInvitation) as SignatureHex,
      byHost: toHex(proof.byHost) as SignatureHex
    }
  })
}
