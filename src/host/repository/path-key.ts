import { dirname, isAbsolute, parse, relative, resolve, sep } from 'node:path'

import { escapePath } from '../../core/coordination/scope/scope.js'
import { LIMITS } from '../../core/limits.js'
import { failure, success, type Failure, type Result } from '../../core/result.js'
import { gitDirAt, type Checkout } from './checkout.js'
import { hasEntry, isFolder, realPlace, type RealPlace } from './real-place.js'
import { isName, readSegments, wildTail, type Segment } from './scope-item.js'

const CONTROL = /\p{Cc}|\p{Cs}/u

const invalid = (message: string): { ok: false; failure: Failure } => failure('FIELD_INVALID', message, { field: 'scope' })

const checkText = (input: string, limit: number): Result<string> => {
  if (input.trim() === '') return invalid('a scope is empty; the whole repository is ":/"')
  if (CONTROL.test(input)) return invalid(`${JSON.stringify(input.slice(0, LIMITS.foreignTextChars))} holds a control character or half of a character`)
  const count = input.length > limit ? Array.from(input).length : input.length
  return count <= limit ? success(input) : invalid(`"${input.slice(0, 24)}…" has ${count} characters; at most ${limit} are allowed`)
}

const outside = (message: string, details: Readonly<Record<string, unknown>>, next: readonly string[]): { ok: false; failure: Failure } =>
  failure('PATH_OUTSIDE', message, { field: 'scope', details, next })

/** The top of another repository that lies strictly between the root and `place`: a submodule, or a clone inside the clone. */
const innerRepository = (root: string, place: RealPlace, isWhole: boolean): string | null => {
  let folder = isWhole ? dirname(place.path) : place.path
  for (let missing = isWhole ? place.missing - 1 : place.missing; missing > 0; missing--) folder = dirname(folder)
  for (; folder.length > root.length; folder = dirname(folder)) {
    const found = gitDirAt(folder)
    if (!found.ok || found.value !== null) return folder
  }
  return null
}

/** Path from the root, NFC and `/`-separated; '' is the root itself. `isWhole`: nothing follows it, so it may be the top of a submodule. */
const insideRoot = (checkout: Checkout, place: RealPlace, input: string, isWhole: boolean): Result<string> => {
  const fromRoot = relative(checkout.root, place.path)
  if (fromRoot === '..' || fromRoot.startsWith(`..${sep}`) || isAbsolute(fromRoot)) {
    return outside(`${input} is ${place.path}, outside the repository at ${checkout.root}`, { path: place.path, root: checkout.root }, [
      `cd ${dirname(place.path)} and claim it there, if it is in another repository`
    ])
  }
  const inner = fromRoot === '' ? null : innerRepository(checkout.root, place, isWhole)
  if (inner !== null) {
    const details = { path: place.path, root: checkout.root, inner }
    return outside(`${input} is in the repository at ${inner}, which is inside the one at ${checkout.root}`, details, [`cd ${inner}`])
  }
  return success(fromRoot.split(sep).join('/').normalize('NFC'))
}

/** A drive or a share. */
const WINDOWS_ABSOLUTE = /^(?:[a-z]:\\|\\\\[\w.$-]+\\[\w$])/i

interface Start {
  readonly folder: string
  readonly rest: string
}

/** Where a typed path starts: the root for `:/`, the root of the file system for an absolute one, else the working directory. */
const startOf = (checkout: Checkout, cwd: string, input: string): Result<Start> => {
  if (input.startsWith(':/')) return success({ folder: checkout.root, rest: input.slice(2) })
  if (/^:[(!^]/.test(input)) {
    return failure('PATTERN_INVALID', `${input}: of git's ":" forms only ":/" is known`, { field: 'scope', next: [`./${input}`] })
  }
  if (!isAbsolute(input) && WINDOWS_ABSOLUTE.test(input)) return outside(`${input} is an absolute path of Windows, which this host is not`, { path: input, root: checkout.root }, ['type it from the root, as in :/src'])
  if (isAbsolute(input)) return success({ folder: parse(input).root, rest: input.slice(parse(input).root.length) })
  const place = realPlace(parse(resolve(cwd)).root, resolve(cwd).slice(parse(resolve(cwd)).root.length).split(sep))
  return place.ok ? success({ folder: place.value.path, rest: input }) : place
}

/**
 * How many leading segments are a literal path. One that looks like a class, brace or `?` but is the name of an entry to the letter (the
 * `[id]` folders of web frameworks) is that entry, as git's pathspecs match; one with `*` never is.
 */
const literalCount = (folder: string, segments: readonly Segment[]): Result<number> => {
  for (const [index, segment] of segments.entries()) {
    if (!segment.isWild) continue
    if (/\*/.test(segment.name)) return success(index)
    const parent = realPlace(folder, segments.slice(0, index).map(({ name }) => name))
    if (!parent.ok) return parent
    if (parent.value.missing > 0 || !hasEntry(parent.value.path, segment.name)) return success(index)
  }
  return success(segments.length)
}

/** A name (`@x`, `branch:x`) as typed → its scope item, for callers outside of any repository. Failure `FIELD_INVALID`. */
export const nameKey = (input: string): Result<string> => {
  const checked = checkText(input, LIMITS.pathInputChars)
  if (!checked.ok) return checked
  const bare = input.replace(/^(?:@|branch:)/, '').trim()
  return bare === '' ? invalid(`"${input}" is a name without a name`) : checkText(input.normalize('NFC'), LIMITS.patternChars)
}

/**
 * A scope item as typed → the canonical item, the same from any host, checkout folder, work tree, working directory and symlink.
 * Names (`@x`, `branch:x`) pass as they are, in NFC. A path is relative to `cwd`, or to the root with `:/`, or absolute; `./@x` is a path.
 * The literal part is resolved on disk (symlinks, `..`, case where the file system folds it) as far as it exists and then escaped; from the
 * first wildcard on the pattern is kept. '' is the root. A folder whose name looks like a file's ends in `/`, as it is on disk, or as it
 * was typed where it does not exist. Separators and escapes: `readSegments`.
 * Failures: `FIELD_INVALID` (empty, control characters, too long, ring of links), `PATTERN_INVALID` (`..` after a wildcard, git's other `:`
 * forms), `PATH_OUTSIDE` (outside the root, or in a repository inside it). What the wildcards mean, `parseScope` decides.
 */
export const pathKey = (checkout: Checkout, cwd: string, input: string): Result<string> => {
  const checked = checkText(input, LIMITS.pathInputChars)
  if (!checked.ok) return checked
  if (isName(input)) return nameKey(input)
  const start = startOf(checkout, cwd, input)
  if (!start.ok) return start
  const segments = readSegments(start.value.rest)
  const count = literalCount(start.value.folder, segments)
  if (!count.ok) return count
  const place = realPlace(start.value.folder, segments.slice(0, count.value).map(({ name }) => name))
  if (!place.ok) return place
  const tail = wildTail(segments.slice(count.value), input)
  if (!tail.ok) return tail
  const isWhole = tail.value === ''
  const inside = insideRoot(checkout, place.value, input, isWhole)
  if (!inside.ok) return inside
  const prefix = escapePath(inside.value, isWhole && (place.value.missing === 0 ? isFolder(place.value.path) : segments.at(-1)?.source === ''))
  const item = isWhole ? prefix : prefix === '' ? tail.value.normalize('NFC') : `${prefix}/${tail.value.normalize('NFC')}`
  return item === '' ? success('') : checkText(item, LIMITS.patternChars)
}

/**
 * The path of one file from the root, for callers that have a path and not a pattern (a tool's `file_path`): no character is special.
 * `escapePath` makes the scope item of it. Failures as `pathKey`.
 */
export const fileKey = (checkout: Checkout, cwd: string, path: string): Result<string> => {
  const checked = checkText(path, LIMITS.pathInputChars)
  if (!checked.ok) return checked
  const absolute = isAbsolute(path)
  const { root } = parse(absolute ? path : resolve(cwd))
  const cut = (text: string): readonly string[] => text.split(process.platform === 'win32' ? /[\\/]/ : '/')
  const names = absolute ? cut(path.slice(root.length)) : [...cut(resolve(cwd).slice(root.length)), ...cut(path)]
  const place = realPlace(root, names)
  return place.ok ? insideRoot(checkout, place.value, path, true) : place
}
