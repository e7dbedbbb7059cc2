import { LIMITS } from '../../limits.js'
import { success, type Result } from '../../result.js'
import { parseScope, type Scope } from './scope.js'

/**
 * A parsed scope is a pure function of its text, so one table for all callers changes no answer; texts come from peers, so it holds the
 * `LIMITS.scopesCached` used last and no failures.
 */
const scopeByText = new Map<string, Scope>()

/** `parseScope`, remembered. */
export const scopeOf = (text: string): Result<Scope> => {
  const known = scopeByText.get(text)
  if (known !== undefined) {
    scopeByText.delete(text)
    scopeByText.set(text, known)
    return success(known)
  }
  const parsed = parseScope(text)
  if (!parsed.ok) return parsed
  const oldest = scopeByText.size >= LIMITS.scopesCached ? scopeByText.keys().next() : null
  if (oldest?.done === false) scopeByText.delete(oldest.value)
  scopeByText.set(text, parsed.value)
  return parsed
}
