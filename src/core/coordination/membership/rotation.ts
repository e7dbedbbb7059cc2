import type { HostKey, MeshId } from '../../brand.js'
import type { Crypto, Signer } from '../../crypto.js'
import { domainPrefix } from '../../domain.js'
import { fromHex, toHex } from '../../encoding/bytes.js'
import type { RotateBody, SignatureHex } from './body.js'

const bytesOf = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0)

/** What both keys of a host sign when one takes the other's place. Which heads stay is the operator's word, who signs the act around it. */
const rotationStatement = (mesh: MeshId, old: HostKey, key: HostKey): Uint8Array => domainPrefix('rotation', mesh).short(bytesOf(old)).short(bytesOf(key)).done()

/** Made by the host, which holds both keys. */
export const proveRotation = (mesh: MeshId, old: Signer, next: Signer): Pick<RotateBody, 'old' | 'key' | 'byOld' | 'byNew'> => {
  const [oldKey, key] = [toHex(old.publicKey) as HostKey, toHex(next.publicKey) as HostKey]
  const statement = rotationStatement(mesh, oldKey, key)
  return { old: oldKey, key, byOld: toHex(old.sign(statement)) as SignatureHex, byNew: toHex(next.sign(statement)) as SignatureHex }
}

/** Whether both signatures hold: two checks. */
export const checkRotation = (crypto: Crypto, mesh: MeshId, { old, key, byOld, byNew }: RotateBody): boolean => {
  const statement = rotationStatement(mesh, old, key)
  return old !== key && crypto.verify(bytesOf(byOld), statement, bytesOf(old)) && crypto.verify(bytesOf(byNew), statement, bytesOf(key))
}
