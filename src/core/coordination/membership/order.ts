import type { ActId } from '../../brand.js'
import type { VerifiedAct } from './act.js'

/** Places `item` in a list that is sorted with the first to come at its end. */
const insert = <Item>(sorted: Item[], item: Item, compare: (left: Item, right: Item) => number): void => {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    const other = sorted[middle]
    if (other !== undefined && compare(other, item) > 0) low = middle + 1
    else high = middle
  }
  sorted.splice(low, 0, item)
}

/**
 * The chosen acts in one order that depends only on the set of all acts: what an act had seen, also through acts that are not chosen, comes
 * before it; where that leaves a choice, `compare` decides, which must never give 0 for two acts. Acts that are named as seen and not held are
 * passed over. Hashes cannot form a circle, so everything comes out.
 */
export const orderBySight = <Act extends VerifiedAct>(
  acts: ReadonlyMap<ActId, VerifiedAct>,
  chosen: ReadonlyMap<ActId, Act>,
  compare: (left: Act, right: Act) => number
): readonly Act[] => {
  const waitsFor = new Map<ActId, number>()
  const seenBy = new Map<ActId, ActId[]>()
  const free: ActId[] = []
  const ready: Act[] = []
  const release = (id: ActId): void => {
    const act = chosen.get(id)
    if (act) insert(ready, act, compare)
    else free.push(id)
  }
  for (const { id, seen } of acts.values()) {
    const held = seen.filter(each => acts.has(each))
    waitsFor.set(id, held.length)
    for (const each of held) {
      const later = seenBy.get(each) ?? []
      later.push(id)
      seenBy.set(each, later)
    }
    if (held.length === 0) release(id)
  }
  const ordered: Act[] = []
  for (;;) {
    let next = free.pop()
    if (next === undefined) {
      const act = ready.pop()
      if (act === undefined) return ordered
      ordered.push(act)
      next = act.id
    }
    for (const later of seenBy.get(next) ?? []) {
      const left = (waitsFor.get(later) ?? 0) - 1
      waitsFor.set(later, left)
      if (left === 0) release(later)
    }
  }
}
