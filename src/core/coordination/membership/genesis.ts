import type { HostKey, MeshId } from '../../brand.js'
import type { Crypto, Signer } from '../../crypto.js'
import { NO_MESH } from '../../domain.js'
import { toHex } from '../../encoding/bytes.js'
import { failure, success, type Result } from '../../result.js'
import type { Stamp } from '../../stamp.js'
import { meshIdOf, writeAct } from './act.js'
import { isName, isRole, type OperatorKey, type SignatureHex } from './body.js'
import { joiningStatement } from './joining.js'

export interface Founding {
  readonly name: string
  readonly hostName: string
  readonly role: string
  readonly stamp: Stamp
  /** Public half of the recovery key; without one a mesh whose last operator key is lost has to be founded anew. */
  readonly recovery?: OperatorKey
}

/** The act that founds a mesh, and the id that the mesh has from it. `FIELD_INVALID` names what cannot be a name or a role. */
export const foundMesh = (
  crypto: Crypto,
  { name, hostName, role, stamp, recovery }: Founding,
  operator: Signer,
  host: Signer
): Result<{ readonly mesh: MeshId; readonly bytes: Uint8Array }> => {
  const rule = 'letters, digits, ".", "_" and "-", at most 64, beginning with a letter or digit'
  if (!isName(name)) return failure('FIELD_INVALID', `"${name}" cannot be the name of a mesh: ${rule}.`, { field: 'mesh' })
  if (!isName(hostName)) return failure('FIELD_INVALID', `"${hostName}" cannot be the name of a host: ${rule}.`, { field: 'name' })
  if (!isRole(role)) return failure('FIELD_INVALID', `"${role}" cannot be a role: letters, digits, "_" and "-", at most 32.`, { field: 'role' })
  const operatorKey = toHex(operator.publicKey) as OperatorKey
  const hostKey = toHex(host.publicKey) as HostKey
  const proof = toHex(host.sign(joiningStatement('joining', { mesh: NO_MESH, hostKey, name: hostName, by: operatorKey }))) as SignatureHex
  const body = { name, operator: operatorKey, host: { key: hostKey, name: hostName, role }, proof, ...(recovery !== undefined && { recovery }) }
  const written = writeAct({ mesh: NO_MESH, stamp, seen: [], content: { kind: 'genesis', body } }, operator)
  return written.ok ? success({ mesh: meshIdOf(crypto, written.value), bytes: written.value }) : written
}
