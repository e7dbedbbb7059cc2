import type { PolicyBody } from '../core/coordination/membership/body.js'
import { failureReply, SCHEMA_VERSION, type Reply } from './envelope.js'
import { signAsOperator, type Caller, type Signing } from './operator.js'
import type { PolicyRow } from './policies.js'
import type { PoliciesData, PolicySetting } from './operations/policy.js'

export interface PolicyWanted {
  readonly key: string
  /** Null clears it. */
  readonly value: string | null
  /** As typed. */
  readonly scope: readonly string[]
}

export interface PolicyDone {
  readonly act: string
  /** What stands by it; empty where it was cleared. */
  readonly policies: readonly PolicyRow[]
}

const done = (data: PolicyDone): Reply => ({ envelope: { schema_version: SCHEMA_VERSION, ok: true, data, warnings: [], freshness: {}, next: ['skein policy list'] }, exit: 0 })

/** What an act about a policy will say. What is wrong with it is said before a passphrase is asked for. */
export const preparePolicy = (wanted: PolicyWanted, call: Caller): Promise<Reply> => call('policy-setting', { key: wanted.key, value: wanted.value, scope: [...wanted.scope] })

/** An operator sets a policy, or clears it where the setting has no value. @param forMs how long it holds; null: until it is cleared */
export const setPolicy = async (signing: Signing, { key, value, repository, scope }: PolicySetting, forMs: number | null, call: Caller): Promise<Reply> => {
  const signed = await signAsOperator(signing, call, ({ stamp }) => {
    const body: PolicyBody = {
      key,
      ...(repository === null ? {} : { repo: repository }),
      ...(scope === null ? {} : { scope }),
      ...(value === null ? {} : { value }),
      ...(forMs === null ? {} : { expires: stamp.wall + forMs })
    }
    return { kind: 'policy', body }
  })
  if (!signed.ok) return failureReply(signed.failure)
  const { act } = signed.value
  const listed = await call('policy-list', {})
  if (!listed.envelope.ok) return listed
  const { policies } = listed.envelope.data as PoliciesData
  return done({ act, policies: policies.filter(({ id }) => act.startsWith(id.slice('po-'.length))) })
}
