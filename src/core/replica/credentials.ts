import type { HostKey } from '../brand.js'
import type { VerifiedAct } from '../coordination/membership/act.js'
import type { ActSet } from '../coordination/membership/acts.js'

/** The acts that name heads of this key: what whoever still sends frames past them lacks (rules G3). */
export const actsNaming = (acts: ActSet, key: HostKey): Uint8Array[] =>
  [...acts.values()].filter(({ content }) => endedBy(content).includes(key)).map(({ bytes }) => bytes)

const endedBy = (content: VerifiedAct['content']): readonly HostKey[] => {
  switch (content?.kind) {
    case 'retire':
      return [content.body.key]
    case 'revoke':
      return content.body.hosts.map(({ key }) => key)
    case 'rotate':
      return [content.body.old]
    default:
      return []
  }
}

/**
 * The acts by which a peer that has not heard of this host can still judge it: the invitation that it used and one witness of its use.
 * Empty for the founder, whom every member knows from the genesis.
 */
export const credentialsOf = (acts: ActSet, key: HostKey): Uint8Array[] => {
  const member = acts.roster().members.get(key)
  if (member === undefined || member.invite === null) return []
  const standing = new Set<string>(member.witnesses)
  const isWitness = (act: VerifiedAct): boolean =>
    standing.has(act.signer) && act.content?.kind === 'witness' && act.content.body.host.key === key && act.content.body.invite === member.invite
  const witness = [...acts.values()].find(isWitness)
  const invite = acts.bytes(member.invite)
  return invite === null || witness === undefined ? [] : [invite, witness.bytes]
}
