import { z } from 'zod'
import type { OperatorKey } from '../core/coordination/membership/body.js'
import type { Area } from '../core/coordination/membership/area.js'
import type { Policy } from '../core/coordination/membership/policies.js'
import { POLICY_KEYS } from '../core/coordination/policy/keys.js'
import { isInForce } from '../core/coordination/policy/policy.js'
import { LAST_MILLIS } from '../core/coordination/records/values.js'
import { visible } from '../core/coordination/records/visible.js'
import type { HostId, HostKey, Millis } from '../core/brand.js'
import type { Host } from '../host/host.js'
import { shortActId } from './act-ids.js'
import { decreesOf } from './decrees.js'
import { shownItem } from './scopes.js'
import { iso } from './words.js'

export const policySchema = z.object({
  id: z.string(),
  key: z.string(),
  value: z.string(),
  /** Null: everywhere. */
  repository: z.string().nullable(),
  /** Null: on everything there. */
  scope: z.string().nullable(),
  /** The operator who set it. */
  by: z.string(),
  since: z.string(),
  /** Null: until it is cleared. */
  until: z.string().nullable(),
  /** False for a key that this version does not know: it has no effect here. */
  known: z.boolean(),
  text: z.string()
})

export type PolicyRow = z.infer<typeof policySchema>

/** `operator paul`; the one who founded the mesh has no other name. */
export const operatorText = (host: Host, key: OperatorKey): string => {
  const name = host.replica.acts.roster().operators.find(each => each.key === key)?.name ?? null
  return name === null ? 'the founding operator' : `operator ${name}`
}

/** `src/pay/** in github.com/team/app`, `the whole mesh`. */
export const areaText = ({ repo, item }: Area): string => {
  if (item === null) return repo === null ? 'the whole mesh' : `all of ${visible(repo)}`
  return `${visible(shownItem(item))}${repo === null || repo === '' ? '' : ` in ${visible(repo)}`}`
}

/** The value as people read it: a host by its name. */
export const valueText = (host: Host, { key, value }: Pick<Policy, 'key' | 'value'>): string => {
  if (POLICY_KEYS.get(key)?.values.length !== 0) return visible(value)
  const [id = '', ...session] = value.split('/')
  const [first] = host.replica.acts.roster().keysOf(id as HostId) satisfies readonly HostKey[]
  return visible([first === undefined ? id : host.nameOf(first), ...session].join('/'))
}

/** When it was signed, by its signer's clock. */
const sinceOf = ({ stamp }: Policy): string => iso(Math.min(stamp.wall, LAST_MILLIS))

/** One policy in words with absolute times, so that it reads the same whenever it is asked. */
export const policyText = (host: Host, policy: Policy): string => {
  const until = policy.expires === null ? '' : `, until ${iso(policy.expires)}`
  return `${policy.key} ${valueText(host, policy)} on ${areaText(policy.area)} (${policyId(host, policy)}, by ${operatorText(host, policy.by)} since ${sinceOf(policy)}${until})`
}

export const policyId = (host: Host, { act }: Pick<Policy, 'act'>): string => shortActId('po', new Set(decreesOf(host).policies.map(each => each.act)), act)

export const policyRow = (host: Host, policy: Policy): PolicyRow => ({
  id: policyId(host, policy),
  key: policy.key,
  value: valueText(host, policy),
  repository: policy.area.repo,
  scope: policy.area.item,
  by: operatorText(host, policy.by),
  since: sinceOf(policy),
  until: policy.expires === null ? null : iso(policy.expires),
  known: POLICY_KEYS.has(policy.key),
  text: policyText(host, policy)
})

/** What is in force now, the latest first: of one key at one place only the one that holds. */
export const policiesInForce = (host: Host, meshNow: Millis): readonly Policy[] => {
  const places = new Set<string>()
  return decreesOf(host).policies.filter(policy => {
    const place = JSON.stringify([policy.key, policy.area.repo, policy.area.item])
    if (!isInForce(policy, meshNow) || places.has(place)) return false
    places.add(place)
    return true
  })
}
