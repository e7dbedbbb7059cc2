import { z } from 'zod'
import type { Owed, Reach } from '../../core/coordination/delivery/delivery.js'
import { directiveSchema, liveDirectives } from '../directives.js'
import { operation, type OperationContext } from '../operation.js'
import { reachOf } from '../reach.js'
import { deliveryData, deliverySchema, recordData, recordSchema, tallyData, tallySchema } from '../record-data.js'
import { unheardOf, unheardSchema } from '../unheard.js'

const open = recordSchema.extend({
  age_ms: z.number().int(),
  delivery: deliverySchema.describe('how far it has come with the one recipient that still owes'),
  tally: tallySchema
})

const counted = z.object({ host: z.string(), count: z.number().int(), oldest_ms: z.number().int() })

const data = z.object({
  session: z.string().nullable().describe('null: of every session of this host'),
  directives: z.array(directiveSchema).describe('of operators, that stand: they come before everything else'),
  owed: z.array(open).describe('wanted answers that others owe, one for each recipient; oldest first'),
  owe: z.array(open).describe('wanted answers that are owed here; oldest first'),
  out: z.array(counted).describe('`owed` counted by host'),
  in: z.array(counted).describe('`owe` counted by host'),
  elsewhere: z.object({ owed: z.number().int(), owe: z.number().int() }).describe('the same of other sessions of this host'),
  unheard: unheardSchema
})

export type PendingData = z.infer<typeof data>
export type OpenData = z.infer<typeof open>

const openData = ({ host }: OperationContext, { entry, delivery, ageMs }: Owed, reach: Reach): OpenData => ({
  ...recordData(host, entry),
  age_ms: Math.round(ageMs),
  delivery: deliveryData(host, delivery),
  tally: tallyData(host.replica.view.deliveries.tally(entry, reach))
})

const countedBy = (items: readonly OpenData[], hostOf: (item: OpenData) => string): z.infer<typeof counted>[] => {
  const byHost = new Map<string, { count: number; oldest_ms: number }>()
  for (const item of items) {
    const { count, oldest_ms } = byHost.get(hostOf(item)) ?? { count: 0, oldest_ms: 0 }
    byHost.set(hostOf(item), { count: count + 1, oldest_ms: Math.max(oldest_ms, item.age_ms) })
  }
  return Array.from(byHost, ([host, counts]) => ({ host, ...counts })).sort((left, right) => right.oldest_ms - left.oldest_ms || (left.host < right.host ? -1 : 1))
}

/** Who still owes whom an answer, both ways: from the records and what links know, never from hope. */
export const pending = operation({
  name: 'pending',
  args: z.object({ all: z.boolean().optional().describe('of every session of this host') }),
  data,
  tells: true,
  run: async (context, { all = false }) => {
    const { host, session } = context
    const { deliveries } = host.replica.view
    const reach = reachOf(host)
    const here = { host: host.replica.hostId }
    const whose = all ? here : { ...here, session }
    const owed = deliveries.owed(whose, reach).map(each => openData(context, each, reach))
    const owe = deliveries.owing(whose, reach).map(each => openData(context, each, reach))
    return {
      ok: true,
      data: {
        session: all ? null : session,
        directives: liveDirectives(context),
        owed,
        owe,
        out: countedBy(owed, ({ delivery }) => delivery.host),
        in: countedBy(owe, each => each.host),
        elsewhere: { owed: deliveries.owed(here, reach).length - owed.length, owe: deliveries.owing(here, reach).length - owe.length },
        unheard: unheardOf(host)
      }
    }
  }
})
