import type { ActId, HostKey } from '../core/brand.js'
import type { NamedHead, OperatorKey } from '../core/coordination/membership/body.js'
import { isName } from '../core/coordination/membership/body.js'
import { toHex } from '../core/encoding/bytes.js'
import { LIMITS } from '../core/limits.js'
import { failureReply, SCHEMA_VERSION, type Reply, type Warning } from './envelope.js'
import { makeKeys } from './adapters.js'
import { signAsOperator, type Caller, type Signing } from './operator.js'

const done = (data: Readonly<Record<string, unknown>>, next: readonly string[], warnings: readonly Warning[] = []): Reply => ({
  envelope: { schema_version: SCHEMA_VERSION, ok: true, data, warnings: [...warnings], freshness: {}, next: [...next] },
  exit: 0
})

export interface RevokedData {
  readonly host: string
  readonly id: string
  readonly act: string
  readonly records: number
  readonly held_back: boolean
}

/** What the host said that a revocation names (`operations/revocation.ts`). */
export interface Revocation {
  readonly host: string
  readonly id: string
  readonly held_back: boolean
  readonly records: number
  readonly keys: readonly { readonly key: HostKey; readonly heads: readonly NamedHead[] }[]
  readonly acts: readonly ActId[]
}

/** Revokes a host: an act signed by the operator that names what stays. */
export const revokeHost = async (signing: Signing, reason: string, named: Revocation, call: Caller): Promise<Reply> => {
  if (reason.length > LIMITS.reasonChars) return failureReply({ code: 'TOO_LARGE', message: `a reason has at most ${LIMITS.reasonChars} characters`, field: '--reason' })
  const signed = await signAsOperator(signing, call, () => ({ kind: 'revoke', body: { hosts: named.keys, operators: [], acts: named.acts, reason } }))
  if (!signed.ok) return failureReply(signed.failure)
  const { host, id, records, held_back } = named
  return done({ host, id, act: signed.value.act, records, held_back } satisfies RevokedData, ['skein peers'])
}

/** Makes an operator key in this home, which is no operator's before one of them says so. */
export const makeOperatorKey = async (home: string, passphrase: string | null): Promise<Reply> => {
  const made = await makeKeys(home).createOperator(passphrase)
  if (!made.ok) return failureReply(made.failure)
  const key = toHex(made.value.publicKey)
  const warnings: Warning[] = passphrase === null ? [{ code: 'OPERATOR_UNLOCKED', text: 'the operator key has no passphrase: whoever can read this home can act as the operator', details: {} }] : []
  return done({ key }, [`skein operator add ${key} --name NAME`], warnings)
}

/** An operator, or who has the recovery code, says that this key is an operator's from now on. */
export const addOperator = async (signing: Signing, { key, name }: { readonly key: string; readonly name: string }, call: Caller): Promise<Reply> => {
  if (!/^[0-9a-f]{64}$/.test(key)) return failureReply({ code: 'FIELD_INVALID', message: 'the key of an operator is 64 digits, as skein operator key prints it on the other host', field: 'KEY' })
  if (!isName(name)) return failureReply({ code: 'FIELD_INVALID', message: `"${name}" cannot be the name of an operator: letters, digits, ".", "_" and "-", at most 64`, field: '--name' })
  const signed = await signAsOperator(signing, call, () => ({ kind: 'operator', body: { key: key as OperatorKey, name } }))
  return signed.ok ? done({ key, name, act: signed.value.act }, ['skein operator list']) : failureReply(signed.failure)
}

export interface EndingOperator {
  readonly key: OperatorKey
  readonly name: string | null
  readonly acts: readonly ActId[]
}

/** A higher-ranked operator, or who has the recovery code, ends the word of another: what it signed until now stays. */
export const revokeOperator = async (signing: Signing, reason: string, { key, name, acts }: EndingOperator, call: Caller): Promise<Reply> => {
  const signed = await signAsOperator(signing, call, () => ({ kind: 'revoke', body: { hosts: [], operators: [key], acts, reason } }))
  if (!signed.ok) return failureReply(signed.failure)
  const after = await call('operator-list', {})
  const stands = after.envelope.ok && (after.envelope.data as { readonly operators: readonly { readonly key: string; readonly revoked: boolean }[] }).operators.some(each => each.key === key && !each.revoked)
  if (stands) return failureReply({ code: 'NO_OPERATOR_KEY', message: 'this operator ranks above the one who signed: its word still stands', next: ['skein operator list'] })
  return done({ key, name, act: signed.value.act }, ['skein operator list'])
}
