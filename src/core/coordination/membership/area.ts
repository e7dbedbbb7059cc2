import { itemOf } from '../claims/item.js'
import { coversScope } from '../scope/inclusion.js'
import { overlap } from '../scope/overlap.js'
import type { Whereabouts } from './decree.js'

/** Where an operator's word holds. `repo` null: in every repository and outside; `''`: outside. `item` null: on everything there. */
export interface Area {
  readonly repo: string | null
  readonly item: string | null
}

/** One item of a claim's scope. `repo` is `''` outside of any repository. */
export interface Spot {
  readonly repo: string
  readonly item: string
}

/** Each of the places that an act names. */
export const areasOf = ({ repo, scope }: Whereabouts): readonly Area[] => (scope === undefined ? [{ repo: repo ?? null, item: null }] : scope.map(item => ({ repo: repo ?? '', item })))

/** Whether it holds on something that the item covers. */
export const meets = ({ repo, item }: Area, spot: Spot): boolean =>
  (repo === null || repo === spot.repo) && (item === null || overlap(itemOf(item).scope, itemOf(spot.item).scope) !== null)

/** Whether it holds on all that the item covers. True is always right. */
export const spans = ({ repo, item }: Area, spot: Spot): boolean =>
  (repo === null || repo === spot.repo) && (item === null || coversScope(itemOf(item).scope, itemOf(spot.item).scope))
