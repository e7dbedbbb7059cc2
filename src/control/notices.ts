import type { Millis, RecordId } from '../core/brand.js'
import type { Claim } from '../core/coordination/claims/claim.js'
import { compareLead } from '../core/coordination/claims/turn.js'
import type { Crossing } from '../core/coordination/claims/crossing.js'
import { authorText } from '../core/coordination/records/entry.js'
import { LIMITS } from '../core/limits.js'
import type { Host } from '../host/host.js'
import { audible } from './audible.js'
import type { Warning } from './envelope.js'
import { oneAtATime } from './one-at-a-time.js'
import { lapsesFor } from './lapses.js'
import type { OperationContext } from './operation.js'
import { adviceText, holdingDetails, holdingText } from './overlaps.js'
import { TOLD } from './told-claims.js'

/** Pairs of the caller's claims with one other claim that are told together. */
interface Piece {
  readonly key: string
  /** The pair that speaks for all: one that the other leads, if there is any. */
  readonly crossing: Crossing
  readonly mine: Claim
  readonly other: Claim
  /** Who leads: told again when that changes. */
  readonly leads: 'mine' | 'theirs'
}

const isMine = ({ host, session }: OperationContext, claim: Claim): boolean => claim.host === host.replica.hostId && claim.session === session

const sides = (context: OperationContext, crossing: Crossing): { readonly mine: Claim; readonly other: Claim; readonly leads: 'mine' | 'theirs' } =>
  isMine(context, crossing.lead) ? { mine: crossing.lead, other: crossing.follows, leads: 'mine' } : { mine: crossing.follows, other: crossing.lead, leads: 'theirs' }

const noteOf = (session: string, other: Claim, crossing: Crossing): string => `${TOLD}${session} ${other.id}${crossing.class === 'same-tree' ? ` ${crossing.witness}` : ''}`

const quietNote = (session: string, { mine, other }: Pick<Piece, 'mine' | 'other'>): string => `${TOLD}${session} ${other.id} ~${mine.id}`

/**
 * Every pair that the caller takes part in now, in pieces to be told; what leads first. Not those that are not worth a word, and not what a
 * holder of one of the two has settled: of that the other is told by that word (`passing/told.ts`).
 */
const piecesOf = (context: OperationContext): Piece[] => {
  const { host, session } = context
  const { notes, view, hostId } = host.replica
  const pieces = new Map<string, Piece>()
  for (const crossing of view.claims.crossings(host.meshNow(), { host: hostId, session })) {
    if (crossing.resolutions.length > 0) continue
    const { mine, other, leads } = sides(context, crossing)
    if (notes.has(quietNote(session, { mine, other }))) continue
    const key = noteOf(session, other, crossing)
    const known = pieces.get(key)
    if (known === undefined || (known.leads === 'mine' && leads === 'theirs')) pieces.set(key, { key, crossing, mine, other, leads })
  }
  return [...pieces.values()].sort((left, right) => compareLead(left.crossing.lead.lead, right.crossing.lead.lead))
}

const wasTold = (host: Host, { key, leads }: Piece): boolean => host.replica.notes.get(key) === leads

/** What became of the caller's claims that it was not yet told of, each once: those that lapsed, and every crossing with another session's. */
export const noticesFor = async (context: OperationContext): Promise<Warning[]> => [...(await lapsesFor(context)), ...(await tell(context, 'CLAIM_CROSSING'))]

/** A piece that is worth a word, and what shows it. */
interface Told {
  readonly piece: Piece
  readonly witness: string
}

/**
 * What the caller was not told of yet, as warnings, what leads first; it is told of it by this. `of`: only pairs with these own claims. Of very
 * many all but the first are one warning.
 */
export const tell = async (context: OperationContext, code: 'CLAIM_CROSSING' | 'CLAIM_OVERLAP', of?: ReadonlySet<RecordId>): Promise<Warning[]> => {
  const { host, session } = context
  const untold = (): Piece[] => piecesOf(context).filter(piece => (of === undefined || of.has(piece.mine.id)) && !wasTold(host, piece))
  if (untold().length === 0) return []
  const told: Told[] = await oneAtATime(host, `${TOLD}${session}`, async () => {
    const worth: Told[] = []
    // what is found quiet may have spoken for others
    for (let pieces = untold(); pieces.length > 0; pieces = untold()) worth.push(...(await noted(context, pieces)))
    return worth
  })
  const shown = told.slice(0, LIMITS.holdersListed).map(({ piece, witness }) => crossingWarning(context, { ...piece.crossing, witness }, host.meshNow(), code))
  const rest = told.length - shown.length
  return rest === 0 ? shown : [...shown, { code: `${code}_MORE`, text: `${rest} more claims overlap yours: skein claims names them.`, details: { count: rest } }]
}

/** Notes of each piece that it is told, or that it need not be. */
const noted = async (context: OperationContext, pieces: readonly Piece[]): Promise<Told[]> => {
  const { host, session } = context
  const witnesses = await audible(context, pieces.map(({ mine, other }) => ({ repo: mine.repo, mine: mine.scope, theirs: other.scope })))
  return pieces.flatMap((piece, index) => {
    const witness = witnesses[index] ?? null
    if (witness === null) host.runtime.note(quietNote(session, piece), '')
    else host.runtime.note(piece.key, piece.leads)
    return witness === null ? [] : [{ piece, witness }]
  })
}

const DID: Readonly<Record<string, string>> = { yield: 'yielded', split: 'split it', both: 'said that both go on' }

/** What was settled between the two, by whom. */
const settledText = ({ host }: OperationContext, { resolutions }: Crossing): string => {
  const names = host.replica.view.names()
  return `Settled: ${resolutions.map(entry => `${authorText(entry, names)} ${DID[entry.parsed.record.fields.how] ?? 'settled it'}`).join('; ')}.`
}

/** What each side of a crossing is told: who the other is, since when and why, where, what both cover, who leads, and what to do. */
export const crossingWarning = (context: OperationContext, crossing: Crossing, now: Millis, code: 'CLAIM_CROSSING' | 'CLAIM_OVERLAP' = 'CLAIM_CROSSING'): Warning => {
  const { view } = context.host.replica
  const { mine, other, leads } = sides(context, crossing)
  const lead = leads === 'mine' ? 'Your claim leads.' : 'Their claim leads.'
  return {
    code,
    text: `${holdingText(context, other, crossing.witness, crossing.class, now)} ${lead}${crossing.resolutions.length > 0 ? ` ${settledText(context, crossing)}` : adviceText(context, other)}`,
    details: { ...holdingDetails(context, other, crossing.witness, crossing.class), mine: view.shortId(mine.entry), lead: view.shortId(crossing.lead.entry) }
  }
}
