import type { HostKey, MeshId } from '../core/brand.js'
import type { InvitationKey } from '../core/coordination/membership/body.js'
import { encodeToken, type TokenAddress } from '../core/coordination/membership/token.js'
import { toHex } from '../core/encoding/bytes.js'
import { LIMITS } from '../core/limits.js'
import { readHome } from '../host/home.js'
import { generateSeed, makeKeys, nodeCrypto, nodeSigner, systemRandom } from './adapters.js'
import { failureReply, SCHEMA_VERSION, type Reply, type Warning } from './envelope.js'
import { signAsOperator, type Caller } from './operator.js'

export interface Inviting {
  readonly home: string
  readonly passphrase: string | null
  readonly role: string
  readonly uses: number
  readonly forMs: number
  readonly ephemeral: boolean
}

/** Makes an invitation: an act signed by the operator, and the token whose secret half only this process ever sees. */
export const invite = async ({ home, passphrase, role, uses, forMs, ephemeral }: Inviting, call: Caller): Promise<Reply> => {
  const read = readHome(home)
  if (!read.ok) return failureReply(read.failure)
  const host = await makeKeys(home).host()
  if (!host.ok) return failureReply(host.failure)
  const secret = generateSeed(systemRandom)
  const key = toHex(nodeSigner(secret).publicKey) as InvitationKey
  let expires = 0
  let addresses: readonly TokenAddress[] = []
  const signed = await signAsOperator(home, passphrase, call, setting => {
    expires = setting.stamp.wall + forMs
    addresses = setting.addresses
    return { kind: 'invite', body: { key, role, uses, expires, ephemeral } }
  })
  if (!signed.ok) return failureReply(signed.failure)
  const { settings } = read.value
  const token = encodeToken(nodeCrypto, {
    mesh: settings.mesh as MeshId,
    meshName: settings.meshName,
    secret,
    host: toHex(host.value.publicKey) as HostKey,
    hostName: settings.name,
    expires,
    addresses: addresses.slice(0, LIMITS.profileAddresses)
  })
  if (!token.ok) return failureReply(token.failure)
  const only = addresses.every(({ label }) => label === 'local')
  const warnings: Warning[] = only ? [{ code: 'ONLY_LOOPBACK', text: 'this host is reachable from this machine only: skein init --listen or --advertise an address that others can dial', details: {} }] : []
  const data = { token: token.value, invitation: signed.value.act, role, uses, expires: new Date(expires).toISOString(), ephemeral, dials: addresses.map(({ url }) => url) }
  return { envelope: { schema_version: SCHEMA_VERSION, ok: true, data, warnings, freshness: {}, next: [`skein join ${token.value}`] }, exit: 0 }
}

/** Whether the operator key of this home has to be opened with a passphrase; false where there is none at all, which signing then says. */
export const operatorHasPassphrase = async (home: string): Promise<boolean> => {
  const opened = await makeKeys(home).operator(null)
  return !opened.ok && opened.failure.code === 'OPERATOR_LOCKED'
}
