import { failure, success, type Result } from '../control/result.js'
import { textOption, type Typed } from './command.js'
import { parseTime } from './duration.js'

/** `--at`: a time, or an age, in wall milliseconds; nothing where it was not given. `FIELD_INVALID`. */
export const readAt = (typed: Typed): Result<{ readonly at?: number }> => {
  const text = textOption(typed, 'at')
  if (text === undefined) return success({})
  const at = parseTime(text, Date.now())
  if (at === null) return failure('FIELD_INVALID', `--at takes a time, or an age such as 2h; not ${JSON.stringify(text)}`, { field: 'at', next: ['--at 2h'] })
  return success({ at })
}
