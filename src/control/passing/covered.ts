import { scopeOf } from '../../core/coordination/scope/cache.js'
import { coversScope } from '../../core/coordination/scope/inclusion.js'

/** Whether all that the inner item covers is covered by the outer one; what cannot be read covers only itself. */
export const coveredBy = (outer: string, inner: string): boolean => {
  const left = scopeOf(outer)
  const right = scopeOf(inner)
  return outer === inner || (left.ok && right.ok && coversScope(left.value, right.value))
}
