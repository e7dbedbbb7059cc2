import type { Millis, RecordId } from '../../core/brand.js'
import type { Claim, Mode } from '../../core/coordination/claims/claim.js'
import { LIMITS } from '../../core/limits.js'
import type { Draft } from '../../core/replica/input.js'

/** What a session is about to hold. */
export interface Wanted {
  /** `''` where only names are claimed, outside of any repository. */
  readonly repo: string
  readonly scope: readonly string[]
  readonly mode: Mode
  readonly reason?: string | undefined
  readonly tags?: readonly string[]
  readonly until: Millis
  readonly where: Claim['where']
}

/** The records that claim it: as many as its items ask for. Their turns are given by the replica. */
export const claimDrafts = ({ repo, scope, mode, reason, tags = [], until, where }: Wanted): Draft[] =>
  Array.from({ length: Math.ceil(scope.length / LIMITS.patternsPerClaim) }, (_, part) => ({
    kind: 'claim',
    fields: {
      ...(repo === '' ? {} : { repo }),
      scope: scope.slice(part * LIMITS.patternsPerClaim, (part + 1) * LIMITS.patternsPerClaim),
      mode,
      ...(reason === undefined ? {} : { reason }),
      ...(tags.length === 0 ? {} : { tags }),
      until,
      ...(where === null ? {} : { where })
    }
  }))

/** The one of a session's claims that has exactly this item, from this work tree, in a mode that gives what is asked. */
export const heldItem = (own: readonly Claim[], { repo, where, mode }: Pick<Wanted, 'repo' | 'where' | 'mode'>, item: string): Claim | undefined =>
  own.find(claim => claim.repo === repo && claim.scope.includes(item) && (claim.mode === 'exclusive' || mode === 'shared') && (claim.where?.checkout ?? null) === (where?.checkout ?? null))

/** Items to be released, by the claim that they belong to. */
export type Chosen = Map<RecordId, { readonly claim: Claim; readonly items: Set<string> }>

export const choose = (chosen: Chosen, claim: Claim, items: readonly string[]): void => {
  const before = chosen.get(claim.id) ?? { claim, items: new Set<string>() }
  for (const item of items) before.items.add(item)
  chosen.set(claim.id, before)
}

/** The records that release them: one for all claims that end whole, and one for each of which something stays. */
export const releaseDrafts = (chosen: Chosen, reason: string | undefined): Draft[] => {
  const why = reason === undefined ? {} : { reason }
  const whole: RecordId[] = []
  const drafts: Draft[] = []
  for (const { claim, items } of chosen.values()) {
    if (items.size === claim.scope.length) whole.push(claim.id)
    else drafts.push({ kind: 'release', fields: { claims: [claim.id], scope: [...items], ...why } })
  }
  for (let at = 0; at < whole.length; at += LIMITS.idsPerRecord) drafts.push({ kind: 'release', fields: { claims: whole.slice(at, at + LIMITS.idsPerRecord), ...why } })
  return drafts
}
