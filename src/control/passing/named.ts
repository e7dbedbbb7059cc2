import type { Claim } from '../../core/coordination/claims/claim.js'
import { isKindOf, kindShown } from '../../core/coordination/records/entry.js'
import { failure, success, type Failure, type Result } from '../../core/result.js'
import type { OperationContext } from '../operation.js'
import { recordNamed } from '../talk/speech.js'
import { holderText } from '../words.js'

/** Whether a claim is the caller's own: of its very session, not of another one of its host. */
export const isMine = ({ host, session }: OperationContext, claim: Pick<Claim, 'host' | 'session'>): boolean => claim.host === host.replica.hostId && claim.session === session

/** Why only its holder may do this, and how a person with that session does it. */
export const notHolder = ({ host, session }: OperationContext, claim: Claim, { command, does, field }: { readonly command: string; readonly does: string; readonly field: string }): { readonly ok: false; readonly failure: Failure } => {
  const id = host.replica.view.shortId(claim.entry)
  const next = claim.host === host.replica.hostId ? [`${command} --as ${claim.session}`] : []
  return failure('NOT_HOLDER', `${id} is ${holderText(host, claim)}'s and not ${session}'s; only its holder ${does}`, { field, details: { claim: id, holder: holderText(host, claim) }, next })
}

/** What a claim that stands no more came to: released, or in whose hands it is now. */
export const endedText = ({ host }: OperationContext, claim: Claim): string => {
  const id = host.replica.view.shortId(claim.entry)
  if (claim.handed === null) return `${id} is released already`
  return `${id} was handed to ${host.nameOf(claim.handed.hostKey)}/${claim.handed.session ?? '?'}, who holds it in a claim of its own`
}

/** The claim of an id, while some of it stands: `NO_SUCH_RECORD`, `ID_AMBIGUOUS`, and `FIELD_INVALID` for a record of another kind. */
export const claimNamed = (context: OperationContext, text: string): Result<Claim> => {
  const entry = recordNamed(context, text)
  if (!entry.ok) return entry
  const { view } = context.host.replica
  const claim = isKindOf(entry.value, 'claim') ? view.claims.claim(entry.value.id) : null
  if (claim === null) return failure('FIELD_INVALID', `${view.shortId(entry.value)} is no claim: it is a record of kind ${kindShown(entry.value)}`, { field: 'id', next: ['skein claims'] })
  return claim.scope.length > 0 ? success(claim) : failure('NO_SUCH_RECORD', endedText(context, claim), { field: 'id', next: ['skein claims'] })
}
