import { z } from 'zod'
import { LIMITS } from '../../core/limits.js'
import { failure, type Result } from '../../core/result.js'
import type { Member } from '../../core/coordination/membership/member.js'
import type { Host } from '../../host/host.js'
import { heardAt } from '../freshness.js'
import { memberNamed } from '../member.js'
import { operation } from '../operation.js'
import { actBytes } from '../operator.js'

const hexKey = z.string().regex(/^[0-9a-f]{64}$/)

/** The host that a newcomer is to meet first. */
const admitter = (host: Host, via: string | undefined): Result<Member> => {
  const named = memberNamed(host, via ?? host.nameOf(host.replica.key), '--via')
  if (!named.ok || named.value.state === 'member') return named
  return failure('HOST_LEFT', `${host.nameOf(named.value.key)} has left the mesh and can let nobody in`, { field: '--via' })
}

/** What an operator, who signs in a process of its own, needs to know of this host before it signs. */
export const actSetting = operation({
  name: 'act-setting',
  args: z.object({
    signer: hexKey,
    /** The host whose addresses a newcomer is to dial; this one when left out. */
    via: z.string().optional()
  }),
  data: z.object({ mesh: z.string(), stamp: z.object({ wall: z.number(), count: z.number() }), seen: z.array(z.string()), host: z.object({ key: z.string(), name: z.string(), heard_ms: z.number().nullable() }), addresses: z.array(z.object({ url: z.string(), label: z.string() })) }),
  tells: false,
  run: async ({ host }, { signer, via }) => {
    const roster = host.replica.acts.roster()
    if (!roster.isOperator(signer) && roster.recovery !== signer) {
      return { ok: false, failure: { code: 'NO_OPERATOR_KEY', message: 'this key is no operator of this mesh, or no longer', next: ['skein operator list'] } }
    }
    const key = host.replica.key
    const member = admitter(host, via)
    if (!member.ok) return member
    const heard = heardAt(host, member.value.key)
    const dialled = member.value.key === key ? host.advertised() : host.addressesOf(member.value.key)
    return {
      ok: true,
      data: {
        mesh: host.replica.mesh,
        stamp: host.replica.stampFor(host.now().wall),
        seen: [...roster.newestActs(signer)],
        host: { key: member.value.key, name: member.value.name, heard_ms: heard === null ? null : Math.max(0, host.now().wall - heard) },
        addresses: [...dialled]
      }
    }
  }
})

/** Takes in an act that an operator signed. */
export const actSubmit = operation({
  name: 'act-submit',
  args: z.object({ act: z.string().max(2 * LIMITS.actBytes).regex(/^([0-9a-f]{2})+$/) }),
  data: z.object({ act: z.string() }),
  tells: false,
  run: async ({ host }, { act }) => {
    const bytes = actBytes(act)
    const submitted = await host.runtime.submitAct(bytes)
    if (!submitted.ok) return submitted
    const added = host.replica.acts.add(bytes)
    return added.ok ? { ok: true, data: { act: added.value.act.id } } : added
  }
})
