import { failure, success, type Result } from '../control/result.js'
import { textOption, type Typed } from './command.js'
import { parseTime } from './duration.js'

/** Options that take a time or an age, by name, in wall milliseconds; what was not given is left out. `FIELD_INVALID`. */
export const readSpan = <Name extends string>(typed: Typed, names: readonly Name[]): Result<Readonly<Partial<Record<Name, number>>>> => {
  const found: Partial<Record<Name, number>> = {}
  const now = Date.now()
  for (const name of names) {
    const text = textOption(typed, name)
    if (text === undefined) continue
    const at = parseTime(text, now)
    if (at === null) return failure('FIELD_INVALID', `--${name} takes a time, or an age such as 2h; not ${JSON.stringify(text)}`, { field: name, next: [`--${name} 2h`] })
    found[name] = at
  }
  return success(found)
}
