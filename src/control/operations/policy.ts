import { z } from 'zod'
import { POLICY_KEYS } from '../../core/coordination/policy/keys.js'
import { LIMITS } from '../../core/limits.js'
import { failure, success, type Result } from '../../core/result.js'
import { findPeer } from '../addressees.js'
import { decreesOf } from '../decrees.js'
import { nearest } from '../nearest.js'
import { operation, type OperationContext } from '../operation.js'
import { policiesInForce, policyRow, policySchema } from '../policies.js'
import { scopeHere, type ScopeHere } from '../scopes.js'

const listData = z.object({
  policies: z.array(policySchema),
  /** Every key that this version knows, with its values; the first is what holds where nothing was set. */
  keys: z.array(z.object({ key: z.string(), values: z.array(z.string()), scoped: z.boolean(), says: z.string() }))
})

export type PoliciesData = z.infer<typeof listData>

/** What operators want of the mesh, as it is in force now. */
export const policyList = operation({
  name: 'policy-list',
  args: z.object({}),
  data: listData,
  tells: false,
  run: async ({ host, meshNow }) => {
    const policies = policiesInForce(host, meshNow).map(policy => policyRow(host, policy))
    return { ok: true, data: { policies, keys: [...POLICY_KEYS].map(([key, { values, scoped, says }]) => ({ key, values: [...values], scoped, says })) } }
  }
})

const settingData = z.object({ key: z.string(), value: z.string().nullable(), repository: z.string().nullable(), scope: z.array(z.string()).nullable() })

export type PolicySetting = z.infer<typeof settingData>

/** As it stands in the act: a host by its id, so that a new name changes nothing. */
const valueOf = (context: OperationContext, key: string, value: string, values: readonly string[]): Result<string> => {
  if (values.includes(value)) return success(value)
  if (values.length > 0) return failure('FIELD_INVALID', `${key} is ${values.slice(0, -1).join(', ')} or ${values.at(-1) ?? ''}, not "${value}"`, { field: 'VALUE', details: { values } })
  const peer = findPeer(context.host, value, `skein policy set ${key}`)
  if (!peer.ok) return peer
  const { host, session } = peer.value
  return success(session === null ? host : `${host}/${session}`)
}

/** Under which of its repository's keys the latest one was set that is to be cleared: an act clears what stands under the key that it names. */
const clearedKey = ({ host: { replica } }: OperationContext, key: string, { repo, scope }: ScopeHere): string | null => {
  const { policies } = replica.acts.roster()
  const set = policies.find(({ key: its, area }) => its === key && area.item !== null && scope.includes(area.item) && replica.view.repositories.same(area.repo ?? '', repo ?? ''))
  return set === undefined ? repo : set.area.repo || null
}

/** What an operator's act about a policy will say: checked, with canonical scopes. The operator signs it in a process of its own. */
export const policySetting = operation({
  name: 'policy-setting',
  args: z.object({ key: z.string().max(64), value: z.string().max(LIMITS.policyValueChars).nullable(), scope: z.array(z.string()).max(LIMITS.patternsPerClaim) }),
  data: settingData,
  tells: false,
  run: async (context, { key, value, scope }) => {
    const spec = POLICY_KEYS.get(key)
    if (spec === undefined) {
      const keys = [...POLICY_KEYS.keys()]
      const meant = nearest(key, keys)
      return failure('FIELD_INVALID', `there is no policy "${key}": ${keys.join(', ')}`, { field: 'KEY', next: meant === null ? ['skein policy list'] : [`skein policy set ${meant} …`] })
    }
    if (scope.length > 0 && !spec.scoped) return failure('FIELD_INVALID', `${key} holds for the whole mesh and takes no scope`, { field: '--scope' })
    const stands = decreesOf(context.host).policies.length
    if (value !== null && stands >= LIMITS.policies) return failure('TOO_LARGE', `${stands} policies stand, and no more are counted: clear one first`, { next: ['skein policy list'] })
    const meant = value === null ? success(null) : valueOf(context, key, value, spec.values)
    if (!meant.ok) return meant
    if (scope.length === 0) return { ok: true, data: { key, value: meant.value, repository: null, scope: null } }
    const here = await scopeHere(context, scope)
    if (!here.ok) return here
    const repository = value === null ? clearedKey(context, key, here.value) : here.value.repo
    return { ok: true, data: { key, value: meant.value, repository, scope: [...here.value.scope] } }
  }
})
