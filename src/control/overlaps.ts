import { sameTree, stateOf, type Claim, type Mode } from '../core/coordination/claims/claim.js'
import type { Millis } from '../core/brand.js'
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
 * proposal, an intent, a message), so nobody is noted as told.
 */
export const overlapWarnings = (context: OperationContext, { repo, scope, mode = 'exclusive', where = null }: Touched): Warning[] => {
  const { host, session } = context
  const { view, hostId } = host.replica
  const now = host.meshNow()
  const warnings = new Map<string, Warning>()
  for (const { claim, witness, item } of view.claims.overlapping({ repo: repo ?? '', scope, mode }, now, { exceptSession: { host: hostId, session } })) {
    if (warnings.has(claim.id)) continue
    const inSameTree = where === null ? null : sameTree({ host: hostId, where }, claim)
    warnings.set(claim.id, {
      code: 'CLAIM_OVERLAP',
      text: `${holdingText(context, claim, witness, inSameTree, now)}${adviceText(context, claim)}`,
      details: { ...holdingDetails(context, claim, witness, inSameTree), item }
    })
  }
  return [...warnings.values()]
}

const TREES = new Map<boolean | null, { readonly where: string; readonly means: string }>([
  [true, { where: 'in the same work tree', means: 'one will overwrite the other.' }],
  [false, { where: 'in another work tree', means: 'the changes will have to be merged.' }],
  [null, { where: '', means: '' }]
])

const isPath = (witness: string): boolean => !witness.startsWith('@') && !witness.startsWith('branch:')

/** Who holds it, since when and why, in which tree, when it was heard last, and what both cover. */
export const holdingText = ({ host }: OperationContext, claim: Claim, witness: string, inSameTree: boolean | null, now: Millis): string => {
  const tree = TREES.get(inSameTree)
  const branch = claim.where?.branch === undefined ? '' : `, branch ${branchName(claim.where.branch)}`
  const where = isPath(witness) && tree !== undefined && tree.where !== '' ? `, ${tree.where}${branch}` : ''
  const means = isPath(witness) && tree !== undefined && tree.means !== '' ? `: ${tree.means}` : '.'
  return `${claimText(host, claim, now)}${where}; ${heardText(host, claim.hostKey)}. Both cover ${witness === '' ? 'the whole repository' : shownItem(witness)}${means}`
}

/** What to do about it, with commands that exist. */
export const adviceText = ({ host, offers }: OperationContext, claim: Claim): string => (offers('ask') ? ` To ask: skein ask ${holderText(host, claim)} "…".` : '')

export const holdingDetails = ({ host }: OperationContext, claim: Claim, witness: string, inSameTree: boolean | null): Readonly<Record<string, unknown>> => ({
  claim: host.replica.view.shortId(claim.entry),
  scope: [...claim.scope],
  witness,
  same_tree: inSameTree,
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
