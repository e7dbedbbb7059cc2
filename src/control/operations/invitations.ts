import { z } from 'zod'
import type { Invitation } from '../../core/coordination/membership/invitation.js'
import type { Millis } from '../../core/brand.js'
import { failure } from '../../core/result.js'
import type { Host } from '../../host/host.js'
import { operation } from '../operation.js'
import { iso } from '../words.js'

export const invitationSchema = z.object({
  id: z.string(),
  role: z.string(),
  ephemeral: z.boolean(),
  uses: z.number().int(),
  uses_left: z.number().int(),
  /** Hosts that came by it. */
  used_by: z.array(z.string()),
  expires: z.string(),
  state: z.enum(['open', 'used', 'expired', 'cancelled'])
})

const listData = z.object({ invitations: z.array(invitationSchema) })

export type InvitationsData = z.infer<typeof listData>

/** `i-` and as many digits of the act's id as no other invitation here shares. */
const shortIdIn = (invitations: readonly Invitation[], id: string): string => {
  for (let length = SHORTEST; length < id.length; length++) if (invitations.filter(({ invite }) => invite.startsWith(id.slice(0, length))).length === 1) return `i-${id.slice(0, length)}`
  return `i-${id}`
}

const SHORTEST = 8

const stateOf = ({ cancelled, usedBy, uses, expires }: Invitation, now: Millis): z.infer<typeof invitationSchema>['state'] => {
  if (cancelled) return 'cancelled'
  if (usedBy.length >= uses) return 'used'
  return now >= expires ? 'expired' : 'open'
}

/** Those still open first, then the ones that end last. */
const invitationRows = (host: Host, now: Millis): z.infer<typeof invitationSchema>[] => {
  const all = [...host.replica.acts.roster().invitations.values()]
  const sorted = all.toSorted((left, right) => Number(stateOf(right, now) === 'open') - Number(stateOf(left, now) === 'open') || right.expires - left.expires || (left.invite < right.invite ? -1 : 1))
  return sorted.map(invitation => ({
    id: shortIdIn(all, invitation.invite),
    role: invitation.role,
    ephemeral: invitation.ephemeral,
    uses: invitation.uses,
    uses_left: Math.max(0, invitation.uses - invitation.usedBy.length),
    used_by: invitation.usedBy.map(key => host.nameOf(key)),
    expires: iso(invitation.expires),
    state: stateOf(invitation, now)
  }))
}

/** Every invitation that was made in this mesh, and what became of it. The tokens themselves are nowhere: only their keys' public halves. */
export const invitations = operation({
  name: 'invitations',
  args: z.object({}),
  data: listData,
  tells: false,
  run: async ({ host, meshNow }) => ({ ok: true, data: { invitations: invitationRows(host, meshNow) } })
})

/** Which invitation a person means by `i-1a2b3c4d`, any unique beginning of it, or the token's whole id. */
export const invitationFind = operation({
  name: 'invitation-find',
  args: z.object({ id: z.string().max(80) }),
  data: z.object({ act: z.string(), invitation: invitationSchema }),
  tells: false,
  run: async ({ host, meshNow }, { id }) => {
    const digits = id.toLowerCase().replace(/^i-/, '')
    const all = [...host.replica.acts.roster().invitations.values()]
    const found = /^[0-9a-f]{1,64}$/.test(digits) ? all.filter(({ invite }) => invite.startsWith(digits)) : []
    const [first, second] = found
    if (second !== undefined) {
      const candidates = found.map(({ invite }) => shortIdIn(all, invite))
      return failure('ID_AMBIGUOUS', `"${id}" may be ${candidates.slice(0, 8).join(' or ')}`, { field: 'id', details: { candidates } })
    }
    const shown = first === undefined ? undefined : invitationRows(host, meshNow).find(row => row.id === shortIdIn(all, first.invite))
    if (first === undefined || shown === undefined) return failure('NO_SUCH_INVITATION', `there is no invitation "${id}" in this mesh`, { field: 'id', next: ['skein invite list'] })
    return { ok: true, data: { act: first.invite, invitation: shown } }
  }
})
