import { sameTree, type Claim, type Mode } from '../core/coordination/claims/claim.js'
import type { Warning } from './envelope.js'
import type { OperationContext } from './operation.js'
import { claimText, heardText, iso } from './words.js'

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
 * was last heard, and whether both write to the same files. Those that lead come first.
 */
export const overlapWarnings = ({ host, session, meshNow }: OperationContext, { repo, scope, mode = 'exclusive', where = null }: Touched): Warning[] => {
  const { view, hostId } = host.replica
  const found = view.claims.overlapping({ repo: repo ?? '', scope, mode }, meshNow, { exceptSession: { host: hostId, session } })
  const warnings = new Map<string, Warning>()
  for (const { claim, witness, item } of found) {
    if (warnings.has(claim.id)) continue
    const isSame = sameTree({ host: hostId, where }, claim)
    const tree = isSame ? 'in the same work tree: one will overwrite the other' : 'in another work tree: the changes will have to be merged'
    warnings.set(claim.id, {
      code: 'CLAIM_OVERLAP',
      text: `${claimText(host, claim, meshNow)}; ${heardText(host, claim.hostKey)}. Both cover ${witness === '' ? 'the whole repository' : witness}, ${tree}.`,
      details: {
        claim: view.shortId(claim.entry),
        host: host.nameOf(claim.hostKey),
        session: claim.session,
        scope: [...claim.scope],
        item,
        witness,
        same_tree: isSame,
        since: iso(claim.since),
        until: iso(claim.until)
      }
    })
  }
  return [...warnings.values()]
}
