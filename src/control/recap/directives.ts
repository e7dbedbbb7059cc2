import { liveDirectives } from '../directives.js'
import type { OperationContext } from '../operation.js'
import type { RecapClass, RecapItem } from './sheet.js'
import { saidText, scopeText, sinceText } from './words.js'

/** What operators told everybody and stands: before all else, and said to be theirs. */
export const directivesHere = (context: OperationContext): RecapClass => {
  const items = liveDirectives(context).map(({ id, by, since, scope, stop, text, mine }): RecapItem => {
    const head = `${id}${stop ? ' STOP' : ''} signed by ${by}${scope === null ? '' : ` on ${scopeText(scope)}`}`
    return { id, full: () => `${head}, ${sinceText(context.host, Date.parse(since))}: ${saidText(text)}${mine ? '' : `; skein ack ${id}`}`, short: () => head }
  })
  return { name: 'directives', title: 'directives of the operator, to be followed', command: 'skein log --kind directive', items }
}
