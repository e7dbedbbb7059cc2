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

const BLANK = /[ \t\r\f\v]*/y
const HEADER = /\[[ \t]*([A-Za-z0-9.-]+)(?:[ \t]+"((?:[^"\\\n]|\\[^\n])*)")?[ \t]*\]/y
const NAME = /([A-Za-z][A-Za-z0-9-]*)[ \t\r]*(=?)/y
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

const lineEnd = (text: string, from: number): number => {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

const titleOf = ([, title = '', quoted]: RegExpExecArray): Pick<GitSetting, 'section' | 'subsection'> => {
  if (quoted !== undefined) return { section: title.toLowerCase(), subsection: quoted.replaceAll(/\\(.)/g, '$1') }
  const folded = title.toLowerCase()
  const dot = folded.indexOf('.')
  return dot > 0 ? { section: folded.slice(0, dot), subsection: folded.slice(dot + 1) } : { section: folded, subsection: null }
}

/**
 * Every setting of a git configuration file, in order. Lines that git would refuse are passed over: what can be read is used.
 * `include` is a setting like any other here; nothing is opened for it.
 */
export const parseGitConfig = (source: string): readonly GitSetting[] => {
  const text = source.replace(/^\ufeff/, '').replaceAll('\r\n', '\n')
  const settings: GitSetting[] = []
  let section: Pick<GitSetting, 'section' | 'subsection'> | null = null
  let at = 0
  const take = (shape: RegExp): RegExpExecArray | null => {
    shape.lastIndex = at
    const match = shape.exec(text)
    at += match?.[0].length ?? 0
    return match
  }
  while (at < text.length) {
    take(BLANK)
    const header = take(HEADER)
    const name = header === null && section !== null ? take(NAME) : null
    if (header !== null) {
      section = titleOf(header)
    } else if (name !== null && section !== null) {
      const read = name[2] === '=' ? readValue(text, at) : { value: 'true', end: lineEnd(text, at) }
      settings.push({ ...section, name: (name[1] ?? '').toLowerCase(), value: read.value })
      at = read.end + 1
    } else {
      at = lineEnd(text, at) + 1
    }
  }
  return settings
}
