import type { Names } from '../records/kind.js'
import type { AnyRecord } from '../records/kinds.js'
import { proseOf, type Entry } from '../records/entry.js'
import { utc } from '../records/utc.js'
import { visible } from '../records/visible.js'

const MARKS = /[\\`*_{}[\]<>#|~!&]/g

const plain = (text: string): string => visible(text).replace(MARKS, '\\$&')

/** A text that is better quoted whole, below, than on the line. */
const LONG = 120

const longText = ({ parsed }: Entry): string | null => {
  if (parsed.type !== 'valid' || !('text' in parsed.record.fields)) return null
  const { text } = parsed.record.fields
  return text !== undefined && (text.length > LONG || text.includes('\n')) ? text : null
}

const shortened = (entry: Entry): Entry => {
  if (entry.parsed.type !== 'valid') return entry
  const { record } = entry.parsed
  return { ...entry, parsed: { type: 'valid', record: { ...record, fields: { ...record.fields, text: '…' } } as AnyRecord } }
}

const paragraph = (entry: Entry, names: Names): string => {
  const text = longText(entry)
  const line = `**${utc(entry.wall)}** ${plain(proseOf(text === null ? entry : shortened(entry), names))}`
  return text === null ? line : [line, '', ...text.split('\n').map(each => `> ${plain(each)}`)].join('\n')
}

/**
 * The entries as Markdown, for people and for a file. A pure function of the records and the roster: two hosts that hold the same span
 * write the same bytes, so times are absolute and records are named by the first characters of their id, whatever else a host holds.
 * What others wrote can neither format nor begin a line of its own outside its quotation.
 */
export const conversationMarkdown = (entries: readonly Entry[], names: Pick<Names, 'host'>, title: string): string => {
  const fixed: Names = { host: id => names.host(id), record: id => id.slice(0, 8) }
  return `${[`# ${plain(title)}`, ...entries.map(entry => paragraph(entry, fixed))].join('\n\n')}\n`
}
