import { z } from 'zod'
import type { Crossing } from '../../core/coordination/claims/crossing.js'
import { authorText } from '../../core/coordination/records/entry.js'
import type { View } from '../../core/coordination/view.js'
import { iso } from '../words.js'

export const settledSchema = z.object({
  how: z.enum(['yield', 'split', 'both']),
  by: z.string().describe('host/session'),
  at: z.string(),
  record: z.string()
})

/** What was settled between two claims, as every answer states it. */
export type SettledData = z.infer<typeof settledSchema>

/** The newest word of a holder of one of the two; null while nobody has said one. */
export const settledData = (view: View, resolutions: Crossing['resolutions']): SettledData | null => {
  const last = resolutions.at(-1)
  return last === undefined ? null : { how: last.parsed.record.fields.how, by: authorText(last, view.names()), at: iso(last.wall), record: view.shortId(last) }
}
