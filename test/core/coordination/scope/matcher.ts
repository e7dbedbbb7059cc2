/**
 * A second reading of the same grammar that shares nothing with `src`: braces are expanded as text, and the alternatives written as one
 * regular expression. Exponential at worst, and only for short patterns.
 */
const splitTop = (inside: string): string[] => {
  const parts: string[] = ['']
  let depth = 0
  for (let at = 0; at < inside.length; at++) {
    const character = inside.charAt(at)
    const taken = character === '\\' ? inside.slice(at, ++at + 1) : character === '[' ? inside.slice(at, (at = classEnd(inside, at)) + 1) : character
    if (taken === '{') depth++
    if (taken === '}') depth--
    if (taken === ',' && depth === 0) parts.push('')
    else parts[parts.length - 1] += taken
  }
  return parts
}

const classEnd = (text: string, start: number): number => {
  let at = start + 1
  if (text.charAt(at) === '!' || text.charAt(at) === '^') at++
  if (text.charAt(at) === ']') at++
  while (text.charAt(at) !== ']') at += text.charAt(at) === '\\' ? 2 : 1
  return at
}

const braceEnd = (text: string, start: number): number => {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '\\') at++
    else if (character === '[') at = classEnd(text, at)
    else if (character === '{') depth++
    else if (character === '}' && --depth === 0) return at
  }
  throw new Error(`unclosed brace in ${text}`)
}

export const expandBraces = (text: string): string[] => {
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '\\') at++
    else if (character === '[') at = classEnd(text, at)
    else if (character === '{') {
      const end = braceEnd(text, at)
      const parts = splitTop(text.slice(at + 1, end))
      const before = text.slice(0, at)
      const after = expandBraces(text.slice(end + 1))
      const middles = parts.length > 1 ? parts.flatMap(expandBraces) : expandBraces(parts[0] ?? '').map((part) => `\\{${part}\\}`)
      return middles.flatMap((middle) => after.map((ending) => `${before}${middle}${ending}`))
    }
  }
  return [text]
}

const exactly = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`

/** What stands between `[` and `]`, as JavaScript writes it. */
const classSource = (inside: string): string => {
  const negated = inside.startsWith('!') || inside.startsWith('^')
  const characters = Array.from(negated ? inside.slice(1) : inside)
  let members = ''
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? ''
    const isDash = character === '-' && members !== '' && !members.endsWith('-') && at + 1 < characters.length
    members += isDash ? '-' : exactly(character === '\\' ? (characters[++at] ?? '') : character)
  }
  return `(?!/)[${negated ? '^' : ''}${members}]`
}

/** One segment without braces. */
const segmentSource = (segment: string): string => {
  if (segment === '**') return '(?:[^/]+/)*'
  let source = ''
  for (let at = 0; at < segment.length; at++) {
    const [character = ''] = segment.slice(at)
    if (character === '*') source += '[^/]*'
    else if (character === '?') source += '[^/]'
    else if (character === '[') source += classSource(segment.slice(at + 1, (at = classEnd(segment, at))))
    else {
      const [plain = ''] = character === '\\' ? segment.slice(++at) : character
      source += exactly(plain)
      at += plain.length - 1
    }
  }
  return `${source}/`
}

/** Whether the last name of one alternative is a file's: a dot that is written, between two places that are none. */
const namesFiles = (alternative: string): boolean => {
  if (alternative.endsWith('/')) return false
  const places: string[] = []
  const name = alternative.slice(alternative.lastIndexOf('/') + 1)
  for (let at = 0; at < name.length; at++) {
    const character = name.charAt(at)
    if (character === '[') at = classEnd(name, at)
    places.push(character === '\\' ? name.charAt(++at) : character)
  }
  return places.some((place, at) => place === '.' && ![undefined, '.'].includes(places[at - 1]) && ![undefined, '.'].includes(places[at + 1]))
}

const alternativeSource = (text: string): string =>
  `${text === '' ? '' : text.replace(/\/$/, '').split('/').map(segmentSource).join('')}${namesFiles(text) ? '$' : ''}`

/** Whether the pattern covers a canonical path, by JavaScript's own regular expressions. */
export const matcherOf = (pattern: string): ((path: string) => boolean) => {
  const whole = new RegExp(`^(?:${expandBraces(pattern).map(alternativeSource).join('|')})`, 'u')
  return (path) => whole.test(path === '' ? '' : `${path}/`)
}

/** Whether a path is canonical: no empty, `.` or `..` segment. */
export const isCanonical = (path: string): boolean => path === '' || path.split('/').every((segment) => !['', '.', '..'].includes(segment))

/** Every canonical path of up to so many symbols of the alphabet. */
export const pathsUpTo = (length: number, alphabet: readonly string[]): string[] => {
  let layer = ['']
  const texts = ['']
  for (let count = 1; count <= length; count++) {
    layer = layer.flatMap((text) => alphabet.map((symbol) => text + symbol))
    texts.push(...layer)
  }
  return texts.filter(isCanonical)
}
