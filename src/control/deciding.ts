import type { ActId } from '../core/brand.js'
import type { DirectiveBody, PolicyBody, Whereabouts } from '../core/coordination/membership/decree.js'
import { failureReply, SCHEMA_VERSION, type Reply } from './envelope.js'
import { signAsOperator, type Caller, type Signing } from './operator.js'
import type { PolicyRow } from './policies.js'
import type { DirectiveFound, DirectiveSetting } from './operations/directive.js'
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

const whereabouts = ({ repository, scope }: Pick<PolicySetting, 'repository' | 'scope'>): Whereabouts => ({ ...(repository === null ? {} : { repo: repository }), ...(scope === null ? {} : { scope }) })

/** What an act about a policy will say. What is wrong with it is said before a passphrase is asked for. */
export const preparePolicy = (wanted: PolicyWanted, call: Caller): Promise<Reply> => call('policy-setting', { key: wanted.key, value: wanted.value, scope: [...wanted.scope] })

/** An operator sets a policy, or clears it where the setting has no value. @param forMs how long it holds; null: until it is cleared */
export const setPolicy = async (signing: Signing, { key, value, repository, scope }: PolicySetting, forMs: number | null, call: Caller): Promise<Reply> => {
  const signed = await signAsOperator(signing, call, ({ stamp }) => {
    const body: PolicyBody = {
      key,
      ...whereabouts({ repository, scope }),
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

export interface DirectiveWanted extends DirectiveSetting {
  /** How long it stands, in milliseconds; null: until it is withdrawn. */
  readonly forMs: number | null
  readonly stop: boolean
}

/** An operator tells everybody what is wanted. */
export const direct = async (signing: Signing, { text, repository, scope, forMs, stop }: DirectiveWanted, call: Caller): Promise<Reply> => {
  const signed = await signAsOperator(signing, call, ({ stamp }) => {
    const body: DirectiveBody = { text, ...whereabouts({ repository, scope }), ...(forMs === null ? {} : { expires: stamp.wall + forMs }), ...(stop ? { stop } : {}) }
    return { kind: 'directive', body }
  })
  return signed.ok ? call('directive-find', { id: signed.value.act }) : failureReply(signed.failure)
}

/** An operator takes a directive back. */
export const withdrawDirective = async (signing: Signing, reason: string | undefined, { directive }: DirectiveFound, call: Caller): Promise<Reply> => {
  const body = { directive: directive.act as ActId, ...(reason === undefined ? {} : { reason }) }
  const signed = await signAsOperator(signing, call, () => ({ kind: 'withdraw', body }))
  return signed.ok ? call('directive-find', { id: directive.act }) : failureReply(signed.failure)
}
