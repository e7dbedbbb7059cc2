import { overlapClass, stateOf, type Claim, type Mode, type OverlapClass } from '../core/coordination/claims/claim.js'
import type { Overlapping } from '../core/coordination/claims/claimtable.js'
import type { Millis } from '../core/brand.js'
import { visible } from '../core/coordination/records/visible.js'
import { audible } from './audible.js'
import type { Warning } from './envelope.js'
import type { OperationContext } from './operation.js'
import { shownItem } from './scopes.js'
import { branchName, claimText, heardText, holderText, iso } from './words.js'

/** What is about to be worked on, or spoken of, and from which tree. */
export interface Touched {
  /** `''`, or null, outside of any repository. */
  readonly repo: string | null
  readonly scope: readonly string[]
  readonly mode?: Mode
  readonly where?: Claim['where']
}

/**
 * One `CLAIM_OVERLAP` for each live claim of another session that covers something of the scope: who holds what, since when, why, when it
 * was last heard, and whether both write to the same files. Those that lead come first. For what touches a scope without claiming it (a
 * proposal, an intent, a message), so nobody is noted as told. What is quiet or ignored (`audible`) is left out.
 */
export const overlapWarnings = async (context: OperationContext, { repo, scope, mode = 'exclusive', where = null }: Touched): Promise<Warning[]> => {
  const { host, session } = context
  const { view, hostId } = host.replica
  const now = host.meshNow()
  const found = new Map<string, Overlapping>()
  for (const each of view.claims.overlapping({ repo: repo ?? '', scope, mode }, now, { exceptSession: { host: hostId, session } })) if (!found.has(each.claim.id)) found.set(each.claim.id, each)
  if (found.size === 0) return []
  const overlaps = [...found.values()]
  const witnesses = await audible(context, overlaps.map(({ claim }) => ({ repo: claim.repo, mine: scope, theirs: claim.scope })))
  return overlaps.flatMap(({ claim, item }, index) => {
    const witness = witnesses[index] ?? null
    const tree = where === null ? null : overlapClass({ host: hostId, where }, claim, item)
    return witness === null ? [] : [{ code: 'CLAIM_OVERLAP', text: `${holdingText(context, claim, witness, tree, now)}${adviceText(context, claim, false)}`, details: { ...holdingDetails(context, claim, witness, tree), item } }]
  })
}

/** Told apart wherever an overlap is told: what is at stake. Null: it is not known where the asker works. */
const STAKES = new Map<OverlapClass | null, { readonly where: string; readonly means: string }>([
  ['same-tree', { where: 'in the same work tree', means: 'what one writes will be overwritten by the other.' }],
  ['another-tree', { where: 'in another work tree', means: 'the changes will have to be merged.' }]
])

/** Who holds it, since when and why, in which tree, when it was heard last, and what both cover. */
export const holdingText = ({ host }: OperationContext, claim: Claim, witness: string, tree: OverlapClass | null, now: Millis): string => {
  const stakes = STAKES.get(tree)
  const branch = claim.where?.branch === undefined ? '' : `, branch ${branchName(claim.where.branch)}`
  const where = stakes === undefined ? '' : `, ${stakes.where}${branch}`
  const means = stakes === undefined ? '.' : `: ${stakes.means}`
  return `${claimText(host, claim, now)}${where}; ${heardText(host, claim.hostKey)}. Both cover ${witness === '' ? 'the whole repository' : visible(shownItem(witness))}${means}`
}

/** What to do about it, with commands that exist: to ask its holder, to settle what crosses, to wait until it is free. */
export const adviceText = ({ host, offers }: OperationContext, claim: Claim, crosses = true): string => {
  const id = host.replica.view.shortId(claim.entry)
  const steps = [
    ...(offers('ask') ? [`to ask: skein ask ${holderText(host, claim)} "…"`] : []),
    ...(crosses && offers('resolve') ? [`to settle: skein resolve ${id} --yield, --split SCOPE or --both`] : []),
    ...(offers('wait') ? [`to wait: skein wait ${id}`] : [])
  ].join('; ')
  return steps === '' ? '' : ` ${steps.charAt(0).toUpperCase()}${steps.slice(1)}.`
}

export const holdingDetails = ({ host }: OperationContext, claim: Claim, witness: string, tree: OverlapClass | null): Readonly<Record<string, unknown>> => ({
  claim: host.replica.view.shortId(claim.entry),
  scope: [...claim.scope],
  witness,
  same_tree: tree === null ? null : tree === 'same-tree',
  holder: holderText(host, claim),
  host: host.nameOf(claim.hostKey),
  session: claim.session,
  mode: claim.mode,
  reason: claim.reason,
  since: iso(claim.since),
  until: iso(claim.until),
  state: stateOf(claim, host.meshNow()),
  branch: claim.where?.branch ?? null
})
