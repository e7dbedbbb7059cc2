import type { DirectiveRow } from '../control/directives.js'
import { visible } from '../control/visible.js'
import { clock } from './claim-text.js'
import type { Terminal } from './command.js'
import { quotation, scopeText } from './records.js'

const placeText = ({ repository, scope }: DirectiveRow): string => {
  if (scope === null) return repository === null ? '' : ` on ${visible(repository)}`
  return ` on ${scopeText(scope)}${repository === null || repository === '' ? '' : ` in ${visible(repository)}`}`
}

/** An operator's word, whole: that it is one, whose, since when, where and until when, and which hosts have acked it. */
export const directiveLines = ({ style, columns }: Pick<Terminal, 'style' | 'columns'>, row: DirectiveRow): string[] => {
  const { id, by, since, until, stop, state, withdrawn_by, acked, refused, hosts, mine, text } = row
  const end = state === 'withdrawn' ? `, withdrawn by ${withdrawn_by ?? 'an operator'}` : until === null ? '' : `, ${state === 'expired' ? 'until it expired' : 'until'} ${clock(until)}`
  const refusals = refused === 0 ? '' : `, ${refused} refused`
  return [
    `${style.strong(id)}  ${style.warn(stop ? 'STOP: directive of the operator' : 'directive of the operator')} (signed by ${by})${placeText(row)}, since ${clock(since)}${end}`,
    ...quotation(text, columns),
    `  acked ${acked}/${hosts} hosts${refusals}${mine || state !== 'live' ? '' : `: skein ack ${id}`}`
  ]
}

const SHOWN = 5

/** What heads an answer: every directive that stands. Empty where none does. */
export const directivesHead = (terminal: Pick<Terminal, 'style' | 'columns'>, rows: readonly DirectiveRow[]): string[] => {
  if (rows.length === 0) return []
  const more = rows.length > SHOWN ? [`… and ${rows.length - SHOWN} more: skein log --kind directive`] : []
  return [...rows.slice(0, SHOWN).flatMap(row => directiveLines(terminal, row)), ...more]
}
