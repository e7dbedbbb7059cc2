import { ageText } from '../control/age.js'
import type { RecordData } from '../control/record-data.js'
import type { Unheard } from '../control/unheard.js'
import { visible } from '../control/visible.js'
import { wrapText } from './paragraph.js'
import type { Style } from './style.js'

/** `src/auth/**, :/`: the scope as it would be typed from the root. */
export const scopeText = (scope: readonly string[]): string => {
  const shown = scope.slice(0, 5).map(item => (item === '' ? ':/' : visible(item))).join(', ')
  return scope.length > 5 ? `${shown} and ${scope.length - 5} more` : shown
}

export const authorText = ({ authority, host, session }: Pick<RecordData, 'authority' | 'host' | 'session'>): string => (authority === 'operator' ? host : `${host}/${session ?? '?'}`)

/** What somebody said, whole: each line quoted, so that none can pass for a line of skein's own, and everything hidden written out. */
export const quotation = (text: string, columns: number, indent = '  '): string[] =>
  text.split(/\r?\n/).flatMap(line => wrapText(visible(line), Math.max(20, columns - indent.length - 2)).map(part => `${indent}> ${part}`.trimEnd()))

/** `q-8k2f0mqx  question from mac/claude-7f3a to box, 4 min ago`, without the age where none is given. */
export const headline = (style: Style, record: RecordData, ageMs: number | null): string => {
  const to = record.to === null ? '' : ` to ${record.to}`
  const re = record.re.length === 0 ? '' : `, re ${record.re.slice(0, 3).join(', ')}`
  const scope = record.scope === null ? '' : `, on ${scopeText(record.scope)}`
  const age = ageMs === null ? '' : `, ${ageText(ageMs)} ago`
  return `${style.strong(record.id)}  ${record.kind} from ${authorText(record)}${to}${re}${scope}${age}`
}

/** `14:02Z`, or with the day where that is not today's. */
export const clockText = (iso: string, now = new Date()): string => {
  const day = iso.slice(0, 10)
  const time = `${iso.slice(11, 16)}Z`
  return day === now.toISOString().slice(0, 10) ? time : `${day} ${time}`
}

/** Told apart from "nothing was said": of these hosts there is simply no news. */
export const unheardLines = (style: Style, unheard: Unheard): string[] =>
  unheard.map(({ host, silent_ms }) => style.faint(silent_ms === null ? `no news from ${host}: never heard here` : `no news from ${host} for ${ageText(silent_ms)}: what it said since is not here yet`))
