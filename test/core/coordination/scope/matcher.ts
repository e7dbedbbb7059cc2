/**
 * A second reading of the same grammar that shares nothing with `src`: braces are expanded as text, segments are matched by backtracking.
 * Exponential, and only for short patterns.
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

const classHolds = (inside: string, character: string): boolean => {
  const negated = inside.startsWith('!') || inside.startsWith('^')
  const members: string[] = []
  const characters = Array.from(negated ? inside.slice(1) : inside)
  for (let at = 0; at < characters.length; at++) members.push(characters[at] === '\\' ? `\\${characters[++at] ?? ''}` : (characters[at] ?? ''))
  const plain = (member: string): string => (member.length > 1 && member.startsWith('\\') ? member.slice(1) : member)
  let holds = false
  for (let at = 0; at < members.length; at++) {
    const low = plain(members[at] ?? '')
    const isRange = members[at + 1] === '-' && at + 2 < members.length
    const high = isRange ? plain(members[at + 2] ?? '') : low
    const code = character.codePointAt(0) ?? 0
    if (code >= (low.codePointAt(0) ?? 0) && code <= (high.codePointAt(0) ?? 0)) holds = true
    if (isRange) at += 2
  }
  return holds !== negated
}

const matchSegment = (pattern: string, segment: readonly string[]): boolean => {
  if (pattern === '') return segment.length === 0
  const [first = ''] = pattern
  const rest = pattern.slice(first.length)
  if (first === '*') return matchSegment(rest, segment) || (segment.length > 0 && matchSegment(pattern, segment.slice(1)))
  const [head, ...tail] = segment
  if (head === undefined) return false
  if (first === '?') return matchSegment(rest, tail)
  if (first === '[') {
    const end = classEnd(pattern, 0)
    return classHolds(pattern.slice(1, end), head) && matchSegment(pattern.slice(end + 1), tail)
  }
  const [literal = ''] = first === '\\' ? rest : first
  return literal === head && matchSegment(first === '\\' ? rest.slice(literal.length) : rest, tail)
}

/** A path as segments of characters; the root has none. */
export const splitPath = (path: string): string[][] => (path === '' ? [] : path.split('/').map((segment) => Array.from(segment)))

const matchSegments = (patterns: readonly string[], segments: readonly (readonly string[])[], pattern = 0, at = 0): boolean => {
  const own = patterns[pattern]
  if (own === undefined) return true
  const segment = segments[at]
  if (own === '**') return matchSegments(patterns, segments, pattern + 1, at) || (segment !== undefined && matchSegments(patterns, segments, pattern, at + 1))
  return segment !== undefined && matchSegment(own, segment) && matchSegments(patterns, segments, pattern + 1, at + 1)
}

/** Whether the pattern covers the path, this way. */
export const segmentsMatcherOf = (pattern: string): ((path: readonly (readonly string[])[]) => boolean) => {
  const alternatives = expandBraces(pattern).map((text) => (text === '' ? [] : text.replace(/\/$/, '').split('/')))
  return (path) => alternatives.some((patterns) => matchSegments(patterns, path))
}

export const matcherOf = (pattern: string): ((path: string) => boolean) => {
  const matches = segmentsMatcherOf(pattern)
  return (path) => matches(splitPath(path))
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
