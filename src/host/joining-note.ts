import type { HostKey } from '../core/brand.js'
import type { JoiningProof } from '../core/coordination/membership/joining.js'
import { fromHex, toHex } from '../core/encoding/bytes.js'
import { LIMITS } from '../core/limits.js'
import type { Runtime } from './runtime.js'

/** Under this note a home keeps the proof of its invitation until enough members have witnessed it (rules B2). No secret is in it. */
export const JOINING_NOTE = 'joining'

export const writeJoining = ({ invitationKey, name, byInvitation, byHost }: JoiningProof, inviter: HostKey): string =>
  JSON.stringify({ invitationKey: toHex(invitationKey), name, byInvitation: toHex(byInvitation), byHost: toHex(byHost), inviter })

/** What `writeJoining` kept, or null where it is not that. */
export const readJoining = (text: string): { readonly proof: JoiningProof; readonly inviter: HostKey } | null => {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null) return null
  const fields = new Map<string, unknown>(Object.entries(value))
  const bytes = (name: string): Uint8Array | null => fromHex(String(fields.get(name)))
  const [invitationKey, byInvitation, byHost] = [bytes('invitationKey'), bytes('byInvitation'), bytes('byHost')]
  if (invitationKey === null || byInvitation === null || byHost === null) return null
  return { proof: { invitationKey, name: String(fields.get('name')), byInvitation, byHost }, inviter: String(fields.get('inviter')) as HostKey }
}

/** A newcomer goes on presenting its invitation until as many members as it takes have witnessed it. */
export const resumeJoining = (runtime: Runtime): void => {
  const { notes, acts, key } = runtime.replica
  const noted = notes.get(JOINING_NOTE)
  if (noted === undefined) return
  const joining = readJoining(noted)
  const witnesses = acts.roster().members.get(key)?.witnesses.length ?? 0
  if (joining === null || witnesses >= LIMITS.witnesses) runtime.note(JOINING_NOTE, null)
  else runtime.feed({ type: 'joining', ...joining })
}
