import { z } from 'zod'
import { LIMITS } from '../../core/limits.js'
import { freshnessOf } from '../freshness.js'
import { operation, type OperationContext } from '../operation.js'
import { repositoryHere, type PlaceHere } from '../place.js'
import { owedByMe, owedToMe } from '../recap/answers.js'
import { myClaims, othersClaims, workOf } from '../recap/claims.js'
import { decisionsOnMine } from '../recap/decisions.js'
import { directivesHere } from '../recap/directives.js'
import { leftToMe } from '../recap/left.js'
import { fillSheet, RECAP_CLASSES } from '../recap/sheet.js'
import { cutToTokens } from '../recap/tokens.js'
import { sinceText } from '../recap/words.js'

const data = z.object({
  budget: z.number().int().describe('tokens that the text may take'),
  tokens: z.number().int().describe('tokens that it is taken for: at least what a model counts'),
  text: z.string().describe('all of it, ready to be put before a model; what others wrote is in quotation marks'),
  classes: z
    .array(
      z.object({
        class: z.enum(RECAP_CLASSES),
        total: z.number().int(),
        shown: z.array(z.object({ id: z.string(), text: z.string() })),
        more: z.number().int().describe('that did not fit'),
        command: z.string().describe('lists all of them')
      })
    )
    .describe('those that have anything, in the order in which the budget is spent')
})

export type RecapData = z.infer<typeof data>

/** So that who asks, who is silent and the counts of all classes fit into the smallest budget, whatever the names are. */
const NAME_TOKENS = 24
const SILENT_NAMED = 2

/** That an answer is not the whole truth, said as briefly as it can be. */
const silenceText = ({ host }: OperationContext, repositories: readonly string[] | undefined): string[] => {
  const { silent, withheld } = freshnessOf(host, repositories)
  const named = silent.slice(0, SILENT_NAMED).map(({ host: name, since, held }) => `${cutToTokens(name, NAME_TOKENS)} ${since === null ? 'never heard' : `not heard since ${sinceText(host, Date.parse(since))}`}, held ${held} then`)
  const more = silent.length > SILENT_NAMED ? [`${silent.length - SILENT_NAMED} more hosts not heard`] : []
  const out = withheld.length > 0 ? [`${withheld.length} logs withheld`] : []
  const all = [...named, ...more, ...out]
  return all.length === 0 ? [] : [`not all clear: ${all.join('; ')} (skein status)`]
}

const headOf = (context: OperationContext, place: PlaceHere | null): string[] => {
  const { host, session } = context
  const where = place === null ? '' : ` in ${cutToTokens(place.repository.key, NAME_TOKENS)}`
  return [`skein recap for ${cutToTokens(host.nameOf(host.replica.key), NAME_TOKENS)}/${cutToTokens(session, NAME_TOKENS)}${where}`, ...silenceText(context, place === null ? undefined : [place.repository.key])]
}

/**
 * What stands, within a budget of tokens, for a session that lost its context: what it owes, holds, was left and waits for, what was decided and who
 * works near. The same state gives the same text; nothing is marked as told by it.
 */
export const recap = operation({
  name: 'recap',
  args: z.object({ budget: z.number().int().min(LIMITS.recapTokensMin).max(LIMITS.recapTokensMax).optional() }),
  data,
  tells: false,
  run: async (context, { budget = LIMITS.recapTokens }) => {
    const found = await repositoryHere(context.host, context.cwd)
    const place = found.ok ? found.value : null
    const work = workOf(context)
    const classes = [directivesHere(context), owedByMe(context), myClaims(context, work), leftToMe(context), owedToMe(context), decisionsOnMine(context, work), await othersClaims(context, work, place)]
    const head = [...headOf(context, place), ...(classes.every(({ items }) => items.length === 0) ? ['nothing is open'] : [])].join('\n')
    const { text, tokens, classes: filled } = fillSheet(head, classes, budget)
    return {
      ok: true,
      data: { budget, tokens, text, classes: filled.map(({ shown, ...each }) => ({ ...each, shown, more: each.total - shown.length })) },
      ...(place === null ? {} : { repositories: [place.repository.key] })
    }
  }
})
