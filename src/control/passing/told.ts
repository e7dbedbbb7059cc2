import type { RecordId } from '../../core/brand.js'
import type { Claim } from '../../core/coordination/claims/claim.js'
import { authorText, isKindOf, type Entry, type EntryOf } from '../../core/coordination/records/entry.js'
import { listed } from '../../core/coordination/records/families/shared.js'
import { quoted } from '../../core/coordination/records/visible.js'
import { LIMITS } from '../../core/limits.js'
import type { Warning } from '../envelope.js'
import type { OperationContext } from '../operation.js'
import { claimText, clockText } from '../words.js'
import { isMine } from './named.js'

const TOLD = 'word/'

const noteKey = ({ session }: OperationContext, id: RecordId): string => `${TOLD}${session}/${id}`

/** What somebody else wrote about this session's claims and offers, and how this session is told of it. */
interface Word {
  readonly entry: Entry
  readonly code: 'CLAIM_TAKEN_OVER' | 'CLAIM_RESOLVED' | 'OFFER_TAKEN' | 'OFFER_REJECTED' | 'OFFER_LOST'
  readonly text: string
  readonly about: string
}

const because = (why: string | undefined): string => (why === undefined ? '' : `: ${quoted(why, LIMITS.foreignTextChars)}`)

/** Written by this session, or by one that ended and that it came after. */
const isOwn = ({ host, session }: OperationContext, entry: Entry): boolean =>
  entry.session !== null && host.replica.view.deliveries.speaksFor({ host: host.replica.hostId, session }, { host: entry.host, session: entry.session })

const takenOver = (context: OperationContext, claim: Claim, entry: EntryOf<'reclaim'>): Word => {
  const { host, meshNow } = context
  const id = host.replica.view.shortId(claim.entry)
  const { reason, force } = entry.parsed.record.fields
  const how = force === true ? ' although its lease had not ended' : ''
  const who = authorText(entry, host.replica.view.names())
  const text = `${who} took over your claim ${id} at ${clockText(entry.wall, meshNow)}${how}${because(reason)}. It stands, behind theirs. To take it back: skein renew; to let it go: skein release ${id}.`
  return { entry, code: 'CLAIM_TAKEN_OVER', text, about: id }
}

const DID: Readonly<Record<'yield' | 'split' | 'both', string>> = { yield: 'yields to you', split: 'keeps a part', both: 'goes on beside you' }

const resolved = ({ host, meshNow }: OperationContext, claim: Claim, entry: EntryOf<'resolve'>): Word => {
  const { view } = host.replica
  const { how, scope, text: why } = entry.parsed.record.fields
  const who = authorText(entry, view.names())
  const kept = scope === undefined ? '' : `, ${listed(scope)}`
  const text = `${who} settled what crosses your claim ${view.shortId(claim.entry)} at ${clockText(entry.wall, meshNow)}: it ${DID[how]}${kept}${because(why)}. ${claimText(host, claim, meshNow)}.`
  return { entry, code: 'CLAIM_RESOLVED', text, about: view.shortId(claim.entry) }
}

/** What became of the own offers. */
const answersToOffers = (context: OperationContext): Word[] => {
  const { host, meshNow } = context
  const { view } = host.replica
  const words: Word[] = []
  for (const offer of view.ofKind('offer')) {
    if (!isKindOf(offer, 'offer') || !isOwn(context, offer)) continue
    const id = view.shortId(offer)
    const claims = offer.parsed.record.fields.claims.map(each => view.names().record(each)).join(', ')
    const [first] = view.claims.offers.takesOf(offer)
    if (first !== undefined) words.push({ entry: first, code: 'OFFER_TAKEN', about: id, text: `${authorText(first, view.names())} took ${claims}, which you had offered (${id}), at ${clockText(first.wall, meshNow)}${because(first.parsed.record.fields.text)}. It is theirs now.` })
    for (const entry of first === undefined ? view.deliveries.answersTo(offer.id) : []) {
      if (!isKindOf(entry, 'reject') || isOwn(context, entry)) continue
      words.push({ entry, code: 'OFFER_REJECTED', about: id, text: `${authorText(entry, view.names())} does not take ${claims} (${id})${because(entry.parsed.record.fields.reason)}. It is yours as before.` })
    }
  }
  return words
}

/** Takes of this session that came to nothing: another one was first, or the offer had been taken back. */
const lostTakes = (context: OperationContext): Word[] => {
  const { host, meshNow } = context
  const { view } = host.replica
  const words: Word[] = []
  for (const take of view.ofKind('take')) {
    if (!isKindOf(take, 'take') || !isOwn(context, take)) continue
    const offer = view.record(take.parsed.record.fields.re as RecordId)
    if (offer === null || !isKindOf(offer, 'offer')) continue
    const [first] = view.claims.offers.takesOf(offer)
    if (first?.id === take.id) continue
    const id = view.shortId(offer)
    const why = first === undefined ? `its holder took ${id} back before you took it, and goes on` : `${authorText(first, view.names())} took ${id} at ${clockText(first.wall, meshNow)}, before you did`
    words.push({ entry: first ?? take, code: 'OFFER_LOST', about: id, text: `${why}. What you claimed with it stands, and crosses theirs: skein claims --mine.` })
  }
  return words
}

const words = (context: OperationContext): Word[] => {
  const { claims } = context.host.replica.view
  const own = claims.ofSession(context.host.replica.hostId, context.session, context.meshNow)
  const ofClaims = own.flatMap(claim => [
    ...claim.reclaims.map(entry => takenOver(context, claim, entry)),
    ...claims.resolutionsOf(claim.id).filter(entry => !isOwn(context, entry)).map(entry => resolved(context, claim, entry))
  ])
  return [...ofClaims, ...answersToOffers(context), ...lostTakes(context)]
}

/** What others wrote about the caller's claims and offers that it was not told of yet; each record is told to a session once. */
export const wordsFor = (context: OperationContext): Warning[] => {
  const { notes, view } = context.host.replica
  const untold = new Map<RecordId, Word>()
  for (const word of words(context)) if (!notes.has(noteKey(context, word.entry.id)) && !untold.has(word.entry.id)) untold.set(word.entry.id, word)
  if (untold.size === 0) return []
  for (const key of [...notes.keys()]) if (key.startsWith(TOLD) && view.record(key.slice(key.lastIndexOf('/') + 1) as RecordId) === null) context.host.runtime.note(key, null)
  for (const id of untold.keys()) context.host.runtime.note(noteKey(context, id), 'told')
  return [...untold.values()].map(({ entry, code, text, about }) => ({ code, text, details: { record: view.shortId(entry), about, by: authorText(entry, view.names()) } }))
}

/** Of the reclaims that stand against these claims those that the caller was shown: what it renews now it takes back (rules E1). */
export const seenReclaims = (context: OperationContext, own: readonly Claim[]): EntryOf<'reclaim'>[] => {
  const seen = own.filter(claim => isMine(context, claim)).flatMap(({ reclaims }) => reclaims).filter(({ id }) => context.host.replica.notes.has(noteKey(context, id)))
  return [...new Map(seen.map(entry => [entry.id, entry])).values()]
}
