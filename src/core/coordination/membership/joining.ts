import type { HostKey, MeshId } from '../../brand.js'
import type { Crypto, Signer } from '../../crypto.js'
import { domainPrefix, NO_MESH } from '../../domain.js'
import { fromHex, toHex } from '../../encoding/bytes.js'
import type { GenesisBody, InvitationKey, OperatorKey, WitnessBody } from './body.js'

/**
 * What a newcomer says of itself. `by` is the invitation that it uses (the operator's key at genesis): without it somebody else's invitation
 * could be presented for a host that never asked for it. The host key is the TLS pin, so it is not named twice.
 */
export interface Joining {
  /** `NO_MESH` at genesis: the mesh cannot know its own hash. */
  readonly mesh: MeshId
  readonly hostKey: HostKey
  readonly name: string
  readonly by: InvitationKey | OperatorKey
}

/**
 * What a newcomer presents (rules B2): its statement signed with its host key and with the invitation key. Not yet checked. The host key is
 * the one that the link was proven with.
 */
export interface JoiningProof {
  readonly invitationKey: Uint8Array
  readonly name: string
  readonly byInvitation: Uint8Array
  readonly byHost: Uint8Array
}

const bytesOf = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0)

/** The bytes to sign: with the host key in domain `joining`, with the invitation key in domain `invitation`. */
export const joiningStatement = (domain: 'joining' | 'invitation', { mesh, hostKey, name, by }: Joining): Uint8Array =>
  domainPrefix(domain, mesh).short(bytesOf(hostKey)).short(bytesOf(by)).text(name).done()

/** Made by the newcomer, from its host key and the secret in the token. */
export const proveJoining = (mesh: MeshId, name: string, host: Signer, invitation: Signer): JoiningProof => {
  const joining = { mesh, hostKey: toHex(host.publicKey) as HostKey, name, by: toHex(invitation.publicKey) as InvitationKey }
  return {
    invitationKey: invitation.publicKey,
    name,
    byInvitation: invitation.sign(joiningStatement('invitation', joining)),
    byHost: host.sign(joiningStatement('joining', joining))
  }
}

/** Whether both signatures hold: two checks. */
export const checkJoining = (crypto: Crypto, mesh: MeshId, hostKey: HostKey, { invitationKey, name, byInvitation, byHost }: JoiningProof): boolean => {
  const joining = { mesh, hostKey, name, by: toHex(invitationKey) as InvitationKey }
  return (
    crypto.verify(byInvitation, joiningStatement('invitation', joining), invitationKey) &&
    crypto.verify(byHost, joiningStatement('joining', joining), bytesOf(hostKey))
  )
}

export const checkWitness = (crypto: Crypto, mesh: MeshId, { key, host, byInvitation, byHost }: WitnessBody): boolean =>
  checkJoining(crypto, mesh, host.key, { invitationKey: bytesOf(key), name: host.name, byInvitation: bytesOf(byInvitation), byHost: bytesOf(byHost) })

export const checkGenesis = (crypto: Crypto, { operator, host, proof }: GenesisBody): boolean =>
  crypto.verify(bytesOf(proof), joiningStatement('joining', { mesh: NO_MESH, hostKey: host.key, name: host.name, by: operator }), bytesOf(host.key))
