/** One `name = value` of a git configuration; a name without `=` has the value `true`, as git reads it. */
export interface GitSetting {
  /** Lower case. */
  readonly section: string
  /** As written; null without one. */
  readonly subsection: string | null
  /** Lower case. */
  readonly name: string
  readonly value: string
}

const HEADER = /^\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]/
const NAME = /^([A-Za-z][A-Za-z0-9-]*)\s*(=?)/
const ESCAPES = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['b', '\b'],
  ['"', '"'],
  ['\\', '\\']
])

/** One value from `start` on: quotes, escapes, comments and continued lines. */
const readValue = (text: string, start: number): { readonly value: string; readonly end: number } => {
  let value = ''
  let kept = 0 // length up to which trailing blanks belong to the value
  let quoted = false
  let at = start
  for (; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '\n') break
    if (character === '\\') {
      const next = text.charAt(++at)
      if (next !== '\n') {
        value += ESCAPES.get(next) ?? next
        kept = value.length
      }
    } else if (character === '"') {
      quoted = !quoted
      kept = value.length
    } else if (!quoted && (character === '#' || character === ';')) {
      while (at < text.length && text.charAt(at) !== '\n') at++
      break
    } else if (kept > 0 || quoted || !/\s/.test(character)) {
      value += character
      if (quoted || !/\s/.test(character)) kept = value.length
    }
  }
  return { value: value.slice(0, kept), end: at }
}

/**
 * Every setting of a git configuration file, in order. Lines that git would refuse are passed over: what can be read is used.
 * `include` is a setting like any other here; nothing is opened for it.
 */
export const parseGitConfig = (source: string): readonly GitSetting[] => {
  const text = source.replace(/^\ufeff/, '').replaceAll('\r\n', '\n')
  const settings: GitSetting[] = []
  let section: { readonly section: string; readonly subsection: string | null } | null = null
  let at = 0
  while (at < text.length) {
    const lineEnd = text.indexOf('\n', at)
    const line = text.slice(at, lineEnd < 0 ? text.length : lineEnd)
    const blank = line.length - line.trimStart().length
    const rest = line.slice(blank)
    const header = HEADER.exec(rest)
    const name = header === null && section !== null ? NAME.exec(rest) : null
    if (header !== null) {
      const [whole, title = '', quoted] = header
      const dot = title.indexOf('.')
      if (quoted !== undefined) section = { section: title.toLowerCase(), subsection: quoted.replaceAll(/\\(.)/g, '$1') }
      else if (dot > 0) section = { section: title.slice(0, dot).toLowerCase(), subsection: title.slice(dot + 1).toLowerCase() }
      else section = { section: title.toLowerCase(), subsection: null }
      at += blank + whole.length
    } else if (name !== null && section !== null) {
      const [whole, key = '', equals] = name
      const read = equals === '=' ? readValue(text, at + blank + whole.length) : { value: 'true', end: at + line.length }
      settings.push({ ...section, name: key.toLowerCase(), value: read.value })
      at = read.end + 1
    } else {
      at += line.length + 1
    }
  }
  return settings
}
