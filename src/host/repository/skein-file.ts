import { join } from 'node:path'
import { z } from 'zod'

import { scopeOf } from '../../core/coordination/scope/cache.js'
import { LIMITS } from '../../core/limits.js'
import { failure, success, type Result } from '../../core/result.js'
import { readSmallFile } from './small-file.js'

const REPOSITORY_ID = /^[A-Za-z0-9][A-Za-z0-9._:/@+~-]*$/
const ENTRIES = 256

const line = z.string().min(1).max(LIMITS.patternChars).regex(/^\P{Cc}*$/u, 'holds a control character')

/** A path pattern from the root, or `@default`. */
const quiet = line.refine(text => text === '@default' || (!/^(?:@|branch:)/.test(text) && scopeOf(text).ok), 'is neither a path pattern nor @default')

const schema = z.looseObject({
  repository: z.string().max(200).regex(REPOSITORY_ID, 'must be letters, digits and ._:/@+~-, beginning with a letter or digit').optional(),
  mesh: z.string().min(1).max(LIMITS.nameChars).regex(/^\P{Cc}*$/u, 'holds a control character').optional(),
  quiet: z.array(quiet).max(ENTRIES).optional(),
  structural: z.array(line).max(ENTRIES).optional(),
  mutex: z
    .record(line, line)
    .transform(names => new Map(Object.entries(names)))
    .refine(names => names.size <= ENTRIES, `has more than ${ENTRIES} entries`)
    .optional()
})

/**
 * `.skein.json` at the root of a work tree, all of it optional. Fields that this version does not know are kept.
 * `repository`: the repository's key. `mesh`: which of this host's meshes. `quiet`: patterns that never warn, in place of the usual ones, which
 * `@default` stands for. `structural`: patterns of commands and files that are structural actions. `mutex`: name of a mutex by command.
 */
export type SkeinFile = z.output<typeof schema>

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Reads it; `{}` where there is none. Failures: `FIELD_INVALID` naming the field, `TOO_LARGE` past `LIMITS.skeinFileBytes`. */
export const readSkeinFile = (root: string): Result<SkeinFile> => {
  const path = join(root, '.skein.json')
  const read = readSmallFile(path, LIMITS.skeinFileBytes)
  if (!read.ok) return read
  if (read.value === null) return success({})
  const json = parsed(read.value.toString('utf8').replace(/^\ufeff/, ''))
  if (json === undefined) return failure('FIELD_INVALID', `${path} is not JSON`, { field: '.skein.json', next: ['mend or remove the file'] })
  const checked = schema.safeParse(json)
  if (checked.success) return success(checked.data)
  const issue = checked.error.issues[0]
  const field = ['.skein.json', ...(issue?.path ?? []).map(String)].join(': ')
  return failure('FIELD_INVALID', `${path}, ${(issue?.path ?? []).map(String).join('.') || 'the whole'}: ${issue?.message ?? 'is not valid'}`, {
    field,
    next: ['mend or remove the field']
  })
}
