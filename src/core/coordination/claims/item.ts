import { scopeOf } from '../scope/cache.js'
import type { Scope } from '../scope/scope.js'

/** One item of a scope, read. */
export interface Item {
  readonly text: string
  readonly scope: Scope
  /** False for a pattern that this version cannot read: it then stands for everything in its repository. */
  readonly readable: boolean
}

const ROOT = ''

export const itemOf = (text: string): Item => {
  const read = scopeOf(text)
  if (read.ok) return { text, scope: read.value, readable: true }
  const everything = scopeOf(ROOT)
  if (!everything.ok) throw new Error('the root is no scope')
  return { text, scope: everything.value, readable: false }
}
