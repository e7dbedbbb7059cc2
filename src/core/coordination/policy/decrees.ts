import type { Directive } from '../membership/directives.js'
import type { Policy } from '../membership/policies.js'
import type { Repositories } from '../repositories/repositories.js'

/** What operators said and stands. */
export interface Decrees {
  readonly policies: readonly Policy[]
  readonly directives: readonly Directive[]
}

/**
 * The same with each repository under its key in force, as claims have theirs: what holds where is asked of this. Acts keep the key that they
 * were signed with, and two keys may become one repository after.
 */
export const decreesIn = ({ policies, directives }: Decrees, repositories: Repositories): Decrees => {
  if (repositories.names().size === 0) return { policies, directives }
  return {
    get policies() {
      return policies.map(policy => (policy.area.repo === null ? policy : { ...policy, area: { ...policy.area, repo: repositories.nameOf(policy.area.repo) } }))
    },
    get directives() {
      return directives.map(directive => (directive.repo === undefined ? directive : { ...directive, repo: repositories.nameOf(directive.repo) }))
    }
  }
}
