import { z } from 'zod'
import { LIMITS } from '../../core/limits.js'
import { operation } from '../operation.js'
import { actBytes } from '../operator.js'

const hexKey = z.string().regex(/^[0-9a-f]{64}$/)

/** What an operator, who signs in a process of its own, needs to know of this host before it signs. */
export const actSetting = operation({
  name: 'act-setting',
  args: z.object({ signer: hexKey }),
  data: z.object({ mesh: z.string(), stamp: z.object({ wall: z.number(), count: z.number() }), seen: z.array(z.string()), addresses: z.array(z.object({ url: z.string(), label: z.string() })) }),
  tells: false,
  run: async ({ host }, { signer }) => {
    const roster = host.replica.acts.roster()
    if (!roster.isOperator(signer)) {
      return { ok: false, failure: { code: 'NO_OPERATOR_KEY', message: 'the operator key of this home is not an operator of this mesh', next: ['ask the operator who invited this host'] } }
    }
    return { ok: true, data: { mesh: host.replica.mesh, stamp: host.replica.stampFor(host.now().wall), seen: [...roster.newestActs(signer)], addresses: [...host.advertised()] } }
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
