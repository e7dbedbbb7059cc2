import type { Millis, RecordId } from '../../brand.js'
import { sameActor } from '../claims/actor.js'
import { stateOf, type Claim } from '../claims/claim.js'
import type { View } from '../view.js'
import type { Wait } from './wait.js'

/** One of the things that a wait is for, and which live claims of others stand in its way: with none it is free. */
export interface Goal {
  /** The item as it stands in the record; of a claim its id. */
  readonly what: string
  readonly claim: RecordId | null
  /** Those that lead first. */
  readonly held: readonly Claim[]
}

type Wanted = Pick<Wait, 'host' | 'session' | 'repo' | 'items' | 'claims'>

/** What is waited for, in the order it was said. A wait is over as soon as one of these is free. */
export const goalsOf = (view: View, wanted: Wanted, now: Millis): Goal[] => {
  const items = wanted.items.map((item): Goal => {
    const overlapping = view.claims.overlapping({ repo: wanted.repo, scope: [item], mode: 'exclusive' }, now, { exceptSession: wanted })
    return { what: item, claim: null, held: overlapping.map(({ claim }) => claim) }
  })
  const claims = wanted.claims.map((id): Goal => {
    const claim = view.claims.claim(id)
    const isHeld = claim !== null && stateOf(claim, now) === 'live' && !sameActor(claim, wanted)
    return { what: id, claim: id, held: isHeld ? [claim] : [] }
  })
  return [...items, ...claims]
}

export const isFree = ({ held }: Goal): boolean => held.length === 0
