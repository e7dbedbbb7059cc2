import type { HostKey } from '../../brand.js'
import { compareText } from '../../encoding/bytes.js'
import type { VerifiedAct } from './act.js'
import type { NamedHead } from './body.js'

const compareHeads = (left: NamedHead, right: NamedHead): number => left.seq - right.seq || compareText(left.hash, right.hash)

/** What both name, at the lower number, then the lower hash: the same in any order. */
const lowest = (left: readonly NamedHead[], right: readonly NamedHead[]): readonly NamedHead[] => {
  const byEpoch = new Map(right.map(head => [head.epoch, head]))
  return left.flatMap(head => {
    const other = byEpoch.get(head.epoch)
    if (!other) return []
    return [compareHeads(other, head) < 0 ? other : head]
  })
}

/**
 * The heads that each host named when it retired itself, in order of epoch. Of several of one host the lowest hold, as with revocations (rules B4): whoever
 * gets hold of a retired key can only make it say less. A leave does not touch those whom the host had let in.
 */
export const departures = (acts: readonly VerifiedAct[]): ReadonlyMap<HostKey, readonly NamedHead[]> => {
  const left = new Map<HostKey, readonly NamedHead[]>()
  for (const { signer, content } of acts) {
    if (content?.kind !== 'retire' || (content.body.key as string) !== signer) continue
    const { key, heads } = content.body
    const known = left.get(key)
    left.set(key, known ? lowest(known, heads) : [...heads].sort((one, other) => compareText(one.epoch, other.epoch)))
  }
  return left
}
