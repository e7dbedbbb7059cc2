import { failure, success, type Failure, type Result } from '../../core/result.js'

/** What stands between two separators of a typed path or pattern. */
export interface Segment {
  /** With its escapes, as a pattern. */
  readonly source: string
  /** Without its escapes, as a name on disk. */
  readonly name: string
  /** Whether it holds an unescaped `*`, `?`, `[` or `{`. */
  readonly isWild: boolean
}

const SPECIAL = new Set('*?[]{},\\')

/** Whether a scope item is a name, equal to another or not, rather than a path. */
export const isName = (item: string): boolean => item.startsWith('@') || item.startsWith('branch:')

const isClassAt = (text: string, at: number): boolean => {
  const end = text.indexOf(']', at + 2)
  return end > 0 && !text.slice(at, end).includes('/')
}

/**
 * Cuts what was typed at its separators. `/` is one everywhere outside a class. A backslash escapes where it stands before
 * `* ? [ ] { } , \`, and before anything inside a class; everywhere else it is Windows' separator. So `src\auth\login.ts` is a path,
 * `src\*.ts` names the file `src*.ts` (write `src/*.ts`), and a name that holds a backslash is typed with two.
 */
export const readSegments = (text: string): readonly Segment[] => {
  const segments: Segment[] = []
  let source = ''
  let name = ''
  let isWild = false
  let inClass = false
  let classStart = 0
  const cut = (): void => {
    segments.push({ source, name, isWild })
    source = ''
    name = ''
    isWild = false
  }
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    const next = text.charAt(at + 1)
    if (character === '\\' && next !== '' && (inClass || SPECIAL.has(next))) {
      source += character + next
      name += next
      at++
    } else if (!inClass && (character === '/' || character === '\\')) {
      cut()
    } else {
      source += character
      name += character
      if (inClass) {
        inClass = character !== ']' || /^[!^]?$/.test(source.slice(classStart, -1))
      } else if (character === '[') {
        inClass = isClassAt(text, at)
        classStart = source.length
      }
      isWild ||= character === '*' || character === '?' || character === '[' || character === '{'
    }
  }
  cut()
  return segments
}

/**
 * The pattern from the first wildcard on, kept as it was typed; empty and `.` segments fall away, but a `/` at the end says that it names
 * folders. Failure `PATTERN_INVALID` for `..`.
 */
export const wildTail = (segments: readonly Segment[], input: string): Result<string> => {
  const kept = segments.filter(({ source }) => source !== '' && source !== '.')
  if (kept.some(({ source }) => source === '..')) return refused(input)
  const folders = kept.length > 0 && segments.at(-1)?.source === '' ? '/' : ''
  return success(kept.map(({ source }) => source).join('/') + folders)
}

const refused = (input: string): { ok: false; failure: Failure } =>
  failure('PATTERN_INVALID', `${input}: ".." after a wildcard has no one meaning`, { field: 'scope', next: ['leave out ".." after the first wildcard'] })
