import { z } from 'zod'
import type { Invitation } from '../../core/coordination/membership/invitation.js'
import type { Millis } from '../../core/brand.js'
import type { Host } from '../../host/host.js'
import { actMeant, shortActId } from '../act-ids.js'
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

const stateOf = ({ cancelled, usedBy, uses, expires }: Invitation, now: Millis): z.infer<typeof invitationSchema>['state'] => {
  if (cancelled) return 'cancelled'
  if (usedBy.length >= uses) return 'used'
  return now >= expires ? 'expired' : 'open'
}

/** Those still open first, then the ones that end last. */
const invitationRows = (host: Host, now: Millis): z.infer<typeof invitationSchema>[] => {
  const all = [...host.replica.acts.roster().invitations.values()]
  const sorted = all.toSorted((left, right) => Number(stateOf(right, now) === 'open') - Number(stateOf(left, now) === 'open') || right.expires - left.expires || (left.invite < right.invite ? -1 : 1))
  const ids = all.map(({ invite }) => invite)
  return sorted.map(invitation => ({
    id: shortActId('i', ids, invitation.invite),
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
    const ids = [...host.replica.acts.roster().invitations.keys()]
    const meant = actMeant('i', ids, id, { code: 'NO_SUCH_INVITATION', what: 'invitation', next: 'skein invite list' })
    if (!meant.ok) return meant
    const shown = invitationRows(host, meshNow).find(row => row.id === shortActId('i', ids, meant.value))
    if (shown === undefined) throw new Error('an invitation without a row')
    return { ok: true, data: { act: meant.value, invitation: shown } }
  }
})
