import type { HostKey } from '../../brand.js'
import type { VerifiedAct } from '../../coordination/membership/act.js'
import type { ActContent } from '../../coordination/membership/body.js'
import type { ActSet } from '../../coordination/membership/acts.js'
import { LIMITS } from '../../limits.js'

const names = (content: ActContent | null, key: HostKey): boolean => {
  if (content?.kind === 'retire') return content.body.key === key
  if (content?.kind === 'rotate') return content.body.old === key
  return content?.kind === 'revoke' && content.body.hosts.some(host => host.key === key)
}

/** The acts that name heads of this key: what whoever still sends frames past them lacks (rules G3). */
export const actsNaming = (acts: ActSet, key: HostKey): VerifiedAct[] => [...acts.values()].filter(({ content }) => names(content, key))

/** The rotations by which a host came to this key, the newest first. */
const rotationsTo = (acts: ActSet, key: HostKey): VerifiedAct[] => {
  const found: VerifiedAct[] = []
  for (let present: HostKey | null = key; present !== null && found.length < LIMITS.credentialActs; ) {
    const wanted: HostKey = present
    present = null
    for (const act of acts.values()) {
      if (act.content?.kind !== 'rotate' || act.content.body.key !== wanted || found.includes(act)) continue
      found.push(act)
      present = act.content.body.old
      break
    }
  }
  return found
}

/**
 * The acts by which a peer that has not heard of this host, or of its present key, can still judge it: its newest rotations, the invitation that it used
 * and one witness of its use. Empty for a founder with its first key, whom every member knows from the genesis.
 */
export const credentialsOf = (acts: ActSet, key: HostKey): Uint8Array[] => {
  const member = acts.roster().members.get(key)
  if (member === undefined) return []
  const rotations = rotationsTo(acts, key)
  const first = acts.roster().keysOf(member.hostId)[0] ?? key
  const standing = new Set<string>(member.witnesses)
  const isWitness = (act: VerifiedAct): boolean =>
    standing.has(act.signer) && act.content?.kind === 'witness' && act.content.body.host.key === first && act.content.body.invite === member.invite
  const witness = [...acts.values()].find(isWitness)
  const invite = member.invite === null ? null : acts.bytes(member.invite)
  const entry = invite === null || witness === undefined ? [] : [invite, witness.bytes]
  const brought = [...entry, ...rotations.slice(0, LIMITS.credentialActs - entry.length).map(({ bytes }) => bytes)]
  // with more than a stranger may say, nobody could link who knows the key from others
  let room: number = LIMITS.credentialBytes
  return brought.filter(bytes => (room -= bytes.length) >= 0)
}
