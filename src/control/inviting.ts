import type { ActId, MeshId } from '../core/brand.js'
import { isRole, type ActContent, type InvitationKey } from '../core/coordination/membership/body.js'
import { encodeToken, type TokenAddress } from '../core/coordination/membership/token.js'
import { toHex } from '../core/encoding/bytes.js'
import { LIMITS } from '../core/limits.js'
import { success, type Result } from '../core/result.js'
import { addressLabel } from '../host/addresses.js'
import { readHome } from '../host/home.js'
import { generateSeed, makeKeys, nodeCrypto, nodeSigner, systemRandom } from './adapters.js'
import { ageText } from './age.js'
import { failureReply, SCHEMA_VERSION, type Reply, type Warning } from './envelope.js'
import { advertiseAddresses } from './founding.js'
import type { Revocation } from './revoking.js'
import { signAsOperator, type ActSetting, type Caller } from './operator.js'

export interface Inviting {
  readonly home: string
  readonly passphrase: string | null
  readonly role: string
  readonly uses: number
  readonly forMs: number
  readonly ephemeral: boolean
  /** The member that lets the newcomer in; this host when left out. Any can, once it has heard of the invitation. */
  readonly via?: string | undefined
  /** Where that member can be dialled, in place of what it says of itself. */
  readonly dial?: readonly string[]
}

export interface Admitting {
  readonly home: string
  readonly passphrase: string | null
  readonly host: string
  readonly role: string
}

/**
 * Lets in a host that is held back: an invitation that names its key. It needs no token, since the host has proven itself to the member that met it; the
 * secret half is thrown away.
 */
export const admitHost = async ({ home, passphrase, host, role }: Admitting, call: Caller): Promise<Reply> => {
  if (!isRole(role)) return failureReply({ code: 'FIELD_INVALID', message: `"${role}" cannot be a role: letters, digits, "_" and "-", at most ${LIMITS.roleChars}`, field: '--role' })
  const found = await call('revocation', { host })
  if (!found.envelope.ok) return found
  const named = found.envelope.data as Revocation
  const [held] = named.keys
  if (!named.held_back || held === undefined) return failureReply({ code: 'FIELD_INVALID', message: `${named.host} is not held back`, field: '--admit', next: ['skein peers'] })
  const key = toHex(nodeSigner(generateSeed(systemRandom)).publicKey) as InvitationKey
  const content = ({ stamp }: ActSetting): ActContent => ({ kind: 'invite', body: { key, role, uses: 1, expires: stamp.wall + 1, ephemeral: false, host: held.key } })
  const signed = await signAsOperator({ home, passphrase }, call, content)
  if (!signed.ok) return failureReply(signed.failure)
  return { envelope: { schema_version: SCHEMA_VERSION, ok: true, data: { host: named.host, id: named.id, invitation: signed.value.act, role }, warnings: [], freshness: {}, next: ['skein peers'] }, exit: 0 }
}

/** Makes an invitation: an act signed by the operator, and the token whose secret half only this process ever sees. */
export const invite = async ({ home, passphrase, role, uses, forMs, ephemeral, via, dial = [] }: Inviting, call: Caller): Promise<Reply> => {
  const read = readHome(home)
  if (!read.ok) return failureReply(read.failure)
  if (!isRole(role)) return failureReply({ code: 'FIELD_INVALID', message: `"${role}" cannot be a role: letters, digits, "_" and "-", at most ${LIMITS.roleChars}`, field: '--role' })
  const byHand = dialAddresses(dial)
  if (!byHand.ok) return failureReply(byHand.failure)
  const secret = generateSeed(systemRandom)
  const key = toHex(nodeSigner(secret).publicKey) as InvitationKey
  const signed = await signAsOperator({ home, passphrase, via }, call, ({ stamp }) => ({ kind: 'invite', body: { key, role, uses, expires: stamp.wall + forMs, ephemeral } }))
  if (!signed.ok) return failureReply(signed.failure)
  const { act, setting: met } = signed.value
  const expires = met.stamp.wall + forMs
  const { settings } = read.value
  const addresses = (byHand.value.length > 0 ? byHand.value : met.addresses).slice(0, LIMITS.profileAddresses)
  const token = encodeToken(nodeCrypto, { mesh: settings.mesh as MeshId, meshName: settings.meshName, secret, host: met.host.key, hostName: met.host.name, expires, addresses })
  if (!token.ok) return failureReply(token.failure)
  const data = { token: token.value, invitation: act, role, uses, expires: new Date(expires).toISOString(), ephemeral, via: met.host.name, dials: addresses.map(({ url }) => url) }
  return { envelope: { schema_version: SCHEMA_VERSION, ok: true, data, warnings: warningsOf(met, addresses, via), freshness: {}, next: [`skein join ${token.value}`] }, exit: 0 }
}

const dialAddresses = (dial: readonly string[]): Result<TokenAddress[]> => {
  const urls = advertiseAddresses(dial, '--dial')
  return urls.ok ? success(urls.value.map(url => ({ url, label: addressLabel(url) }))) : urls
}

const warningsOf = ({ host }: ActSetting, addresses: readonly TokenAddress[], via: string | undefined): Warning[] => {
  const warnings: Warning[] = []
  if (addresses.length === 0) warnings.push({ code: 'NO_ADDRESS', text: `${host.name} has told no address of its own yet: name one with --dial`, details: { host: host.name } })
  else if (addresses.every(({ label }) => label === 'local')) warnings.push({ code: 'ONLY_LOOPBACK', text: `${host.name} is reachable from its own machine only: skein up --advertise an address that others can dial`, details: { host: host.name } })
  if (via !== undefined && (host.heard_ms === null || host.heard_ms > LIMITS.silentMs)) {
    const since = host.heard_ms === null ? 'was never heard here' : `was last heard ${ageText(host.heard_ms)} ago`
    warnings.push({ code: 'VIA_SILENT', text: `${host.name} ${since}: it lets nobody in before it has heard of this invitation`, details: { host: host.name } })
  }
  return warnings
}

/** Cancels an invitation: who holds its token and has not used it comes in no more. */
export const cancelInvitation = async ({ home, passphrase, id }: { readonly home: string; readonly passphrase: string | null; readonly id: string }, call: Caller): Promise<Reply> => {
  const found = await call('invitation-find', { id })
  if (!found.envelope.ok) return found
  const { act, invitation } = found.envelope.data as { readonly act: ActId; readonly invitation: { readonly state: string } }
  const signed = await signAsOperator({ home, passphrase }, call, () => ({ kind: 'cancel', body: { invite: act } }))
  if (!signed.ok) return failureReply(signed.failure)
  const data = { ...invitation, state: invitation.state === 'used' ? 'used' : 'cancelled' }
  const warnings: Warning[] = invitation.state === 'used' ? [{ code: 'INVITATION_USED', text: 'every use of this invitation was taken already; the hosts that came by it stay', details: {} }] : []
  return { envelope: { schema_version: SCHEMA_VERSION, ok: true, data, warnings, freshness: {}, next: [] }, exit: 0 }
}

/** Whether the operator key of this home has to be opened with a passphrase; false where there is none at all, which signing then says. */
export const operatorHasPassphrase = async (home: string): Promise<boolean> => {
  const opened = await makeKeys(home).operator(null)
  return !opened.ok && opened.failure.code === 'OPERATOR_LOCKED'
}
