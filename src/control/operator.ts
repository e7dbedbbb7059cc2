import { fromHex, toHex } from '../core/encoding/bytes.js'
import type { ActId, HostKey, MeshId } from '../core/brand.js'
import { writeAct } from '../core/coordination/membership/act.js'
import type { Signer } from '../core/crypto.js'
import type { ActContent } from '../core/coordination/membership/body.js'
import { failure, success, type Result } from '../core/result.js'
import { makeKeys } from './adapters.js'
import type { Reply } from './envelope.js'

/** Makes the control call of this name. */
export type Caller = (op: string, args: Readonly<Record<string, unknown>>) => Promise<Reply>

/** What an operator's act has to name: the mesh, a stamp, and the newest acts that this host has seen. */
export interface ActSetting {
  readonly mesh: MeshId
  readonly stamp: { readonly wall: number; readonly count: number }
  readonly seen: readonly ActId[]
  /** The host that a newcomer is to meet first, and when it was last heard. */
  readonly host: { readonly key: HostKey; readonly name: string; readonly heard_ms: number | null }
  /** Where that host can be dialled, best first. */
  readonly addresses: readonly { readonly url: string; readonly label: string }[]
}

export interface Signing {
  readonly home: string
  readonly passphrase: string | null
  /** Signs in place of the operator key of this home: the recovery key. */
  readonly signer?: Signer | undefined
  /** Another host that a newcomer is to meet first. */
  readonly via?: string | undefined
}

/**
 * Signs an act with the operator key of this home and hands it to the host. The passphrase is used in this process and goes nowhere: not
 * over the control socket, not into a log, not into the environment.
 */
export const signAsOperator = async ({ home, passphrase, signer, via }: Signing, call: Caller, content: (setting: ActSetting) => ActContent): Promise<Result<{ readonly act: string; readonly setting: ActSetting }>> => {
  const operator = signer === undefined ? await makeKeys(home).operator(passphrase) : success(signer)
  if (!operator.ok) return operator
  const prepared = await call('act-setting', { signer: toHex(operator.value.publicKey), ...(via === undefined ? {} : { via }) })
  if (!prepared.envelope.ok) return { ok: false, failure: failureOf(prepared) }
  const setting = prepared.envelope.data as ActSetting
  const { mesh, stamp, seen } = setting
  const act = writeAct({ mesh, stamp, seen, content: content(setting) }, operator.value)
  if (!act.ok) return act
  const submitted = await call('act-submit', { act: toHex(act.value) })
  if (!submitted.envelope.ok) return { ok: false, failure: failureOf(submitted) }
  const { act: id } = submitted.envelope.data as { readonly act: string }
  return success({ act: id, setting })
}

const failureOf = ({ envelope }: Reply) => {
  if (envelope.ok) return failure('BUG', 'a success taken for a failure').failure
  const { code, message, field, details } = envelope.error
  return failure(code, message, { details, next: envelope.next, ...(field === null ? {} : { field }) }).failure
}

export const actBytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0)
