import { scopeOf } from '../scope/cache.js'
import { overlap } from '../scope/overlap.js'
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

/** The first of others' items that it overlaps, with a path (or name) that both cover. */
export const meeting = (item: Item, others: readonly string[]): { readonly other: string; readonly witness: string } | null => {
  for (const other of others) {
    const found = overlap(item.scope, itemOf(other).scope)
    if (found !== null) return { other, witness: found.witness }
  }
  return null
}
