import { dirname, join } from 'node:path'

import { LIMITS } from '../../core/limits.js'
import type { Checkout } from './checkout.js'
import { fileKey } from './path-key.js'
import { hasEntry } from './real-place.js'
import { isName } from './scope-item.js'

const existingKey = (checkout: Checkout, cwd: string, input: string): string | null => {
  if (isName(input) || input.startsWith(':')) return null
  const key = fileKey(checkout, cwd, input)
  if (!key.ok || key.value === '') return null
  const path = join(checkout.root, key.value)
  return hasEntry(dirname(path), path.slice(dirname(path).length + 1)) ? key.value : null
}

const LOOKED_AT = LIMITS.shellExpandedPaths * 10

/**
 * The deepest folder (from the root; '' is the root) with more than `LIMITS.shellExpandedPaths` of the inputs below it that exist to the
 * letter; null where there is none. That many are seldom typed: "your shell expanded this; quote it".
 * Only the first few hundred are looked at: a shell gives as many as there are files.
 */
export const looksShellExpanded = (inputs: readonly string[], checkout: Checkout, cwd: string): string | null => {
  if (inputs.length <= LIMITS.shellExpandedPaths) return null
  const countByFolder = new Map<string, number>()
  for (const key of new Set(inputs.slice(0, LOOKED_AT).map(input => existingKey(checkout, cwd, input)))) {
    if (key === null) continue
    const names = key.split('/')
    for (let depth = 0; depth < names.length; depth++) {
      const folder = names.slice(0, depth).join('/')
      countByFolder.set(folder, (countByFolder.get(folder) ?? 0) + 1)
    }
  }
  const crowded = [...countByFolder].filter(([, count]) => count > LIMITS.shellExpandedPaths).map(([folder]) => folder)
  return crowded.length === 0 ? null : crowded.reduce((deepest, folder) => (folder.length > deepest.length ? folder : deepest))
}
