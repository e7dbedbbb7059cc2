import type { Millis } from '../../brand.js'
import { areasOf, meets, type Spot } from '../membership/area.js'
import type { Directive } from '../membership/directives.js'

/** Neither withdrawn nor expired. */
export const isLive = ({ withdrawn, expires }: Directive, meshNow: Millis): boolean => withdrawn === null && (expires === null || meshNow < expires)

/** Whether it speaks of something that one of the items covers; one without a scope speaks of everything. */
export const concerns = (directive: Directive, spots: readonly Spot[]): boolean => areasOf(directive).some(area => spots.some(spot => meets(area, spot)))

/** The live directives that take the place of what is claimed there: those with a scope, and those that stop. */
export const overriding = (directives: readonly Directive[], spots: readonly Spot[], meshNow: Millis): readonly Directive[] =>
  directives.filter(each => isLive(each, meshNow) && (each.stop || each.scope !== undefined) && concerns(each, spots))

/** The latest directive by which nothing is claimed there now. */
export const stopAt = (directives: readonly Directive[], spots: readonly Spot[], meshNow: Millis): Directive | null => directives.find(each => each.stop && isLive(each, meshNow) && concerns(each, spots)) ?? null
