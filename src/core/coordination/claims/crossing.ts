import type { RecordId } from '../../brand.js'
import type { EntryOf } from '../records/entry.js'
import type { Claim, OverlapClass } from './claim.js'

/** Two live claims of different actors on something that both cover. */
export interface Crossing {
  /** The same on every host, whichever leads: by it each side is told once. */
  readonly key: string
  readonly lead: Claim
  readonly follows: Claim
  readonly witness: string
  readonly class: OverlapClass
  /** What was agreed about this pair, oldest first. */
  readonly resolutions: readonly EntryOf<'resolve'>[]
}

export const crossingKey = (left: RecordId, right: RecordId): string => (left < right ? `${left}+${right}` : `${right}+${left}`)
