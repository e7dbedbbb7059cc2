import type { ActId } from '../../brand.js'
import { compareText } from '../../encoding/bytes.js'
import { compareStamps } from '../../stamp.js'
import type { VerifiedAct } from './act.js'
import type { OperatorKey } from './body.js'

export interface Operator {
  readonly key: OperatorKey
  /** Null for the one of the genesis, which names the mesh instead. */
  readonly name: string | null
  /** The act that made it one. */
  readonly act: ActId
}

/**
 * The operators by rank, genesis first (rules B5): those whom a higher-ranked one introduced come before those of a lower-ranked one, and
 * of one introducer the earlier come first. So a backdated stamp gains nothing over anybody else's introductions. An introduction counts
 * only from an operator that stands by other acts.
 */
export const rankOperators = (genesis: VerifiedAct, acts: readonly VerifiedAct[]): readonly Operator[] => {
  if (genesis.content?.kind !== 'genesis') return []
  const introductions = new Map<string, Operator[]>()
  for (const { id, signer, content } of [...acts].sort((left, right) => compareStamps(left.stamp, right.stamp) || compareText(left.id, right.id))) {
    if (content?.kind !== 'operator') continue
    const made = introductions.get(signer) ?? []
    made.push({ ...content.body, act: id })
    introductions.set(signer, made)
  }
  const ranked: Operator[] = [{ key: genesis.content.body.operator, name: null, act: genesis.id }]
  const known = new Set<string>([genesis.content.body.operator])
  for (const { key } of ranked) {
    for (const operator of introductions.get(key) ?? []) {
      if (known.has(operator.key)) continue
      known.add(operator.key)
      ranked.push(operator)
    }
  }
  return ranked
}
