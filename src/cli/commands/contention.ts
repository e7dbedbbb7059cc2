import { ageText } from '../../control/age.js'
import { failureReply } from '../../control/envelope.js'
import type { ContentionData, StrainRow } from '../../control/operations/contention.js'
import { visible } from '../../control/visible.js'
import { clockText } from '../records.js'
import { textOption, type Command, type Terminal } from '../command.js'
import { parseTime } from '../duration.js'
import { alignRows } from '../table.js'

const FLAGS: Readonly<Record<StrainRow['flags'][number], string>> = { rate: 'more than 5 % of tries waited', daily: 'more than 20 waits in a day', longest: 'a wait of more than 10 min', agents: 'more than 3 sessions at once' }

const percent = (rate: number | null): string => (rate === null ? '–' : `${(rate * 100).toFixed(2)} %`)

const render = ({ style }: Terminal, { since, total, scopes, left_off: leftOff }: ContentionData): string => {
  const waited = total.waits === 0 ? '' : `, ${ageText(total.waited_ms)} in all, the longest ${ageText(total.longest_ms)}${total.mutex_waits === 0 ? '' : `, ${total.mutex_waits} for a mutex`}`
  const head = `since ${clockText(since)}: ${total.tries} tries, ${total.overlaps} overlaps, ${total.waits} waits (${percent(total.wait_rate)})${waited}`
  const flags = total.flags.map(flag => style.warn(`review: ${FLAGS[flag]}`))
  const rows = scopes.map(row => [
    `  ${visible(row.scope)}`,
    `${row.tries} tries`,
    `${row.overlaps} overlaps`,
    `${row.waits} waits`,
    row.waits === 0 ? '' : `longest ${ageText(row.longest_ms)}`,
    row.flags.length === 0 ? '' : style.warn(row.flags.join(', '))
  ])
  return [head, ...flags, ...(rows.length === 0 ? [] : [alignRows(rows)]), ...(leftOff === 0 ? [] : [`  … and ${leftOff} more: --json`])].join('\n')
}

export const contention: Command = {
  name: 'contention',
  group: 'queries',
  summary: 'how often sessions met or waited for each other, where, and for how long',
  options: [{ flags: '--since <when>', description: 'a time or an age (24h)' }],
  examples: [
    { line: 'skein contention --since 7d', does: 'tries, overlaps, waits and the longest, in all and for each scope where somebody met another' },
    { line: 'skein contention --json', does: 'the same for a script; flags name what is worth a review' }
  ],
  notes: 'A review is called for above 5 % waits, 20 waits a day, 10 min for one wait, or 3 sessions at one scope at once; the rate of a single scope from 20 tries on.',
  run: async (terminal, typed) => {
    const given = textOption(typed, 'since')
    const since = given === undefined ? undefined : parseTime(given, Date.now())
    if (since === null) return terminal.print(failureReply({ code: 'FIELD_INVALID', message: '--since takes a time, or an age such as 7d', field: '--since' }), () => '')
    const reply = await terminal.call('contention', since === undefined ? {} : { since })
    return terminal.print<ContentionData>(reply, data => render(terminal, data))
  }
}
