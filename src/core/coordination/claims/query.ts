import type { Claim, Mode } from './claim.js'

export interface ScopeQuery {
  readonly repo: string
  readonly scope: readonly string[]
  readonly mode: Mode
}

/** How many candidates may still be looked at; shared by several questions of one answer, so that a listing stays within its time. */
export interface Looks {
  left: number
}

/** A claim that overlaps one item of a query. `witness` is a path (or name) that `item` of the query and `other` of the claim both cover. */
export interface Overlapping {
  readonly claim: Claim
  readonly witness: string
  readonly item: string
  readonly other: string
}
