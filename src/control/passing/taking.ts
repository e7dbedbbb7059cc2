import type { Millis } from '../../core/brand.js'
import { claimsFull } from '../../core/coordination/claims/bound.js'
import { stateOf, type Claim } from '../../core/coordination/claims/claim.js'
import type { Entry, EntryOf } from '../../core/coordination/records/entry.js'
import type { Draft } from '../../core/replica/input.js'
import { failure, success, type Failure, type Result } from '../../core/result.js'
import { addresseeText } from '../addressees.js'
import { enrolledByClaim } from '../enrolling.js'
import type { Warning } from '../envelope.js'
import { tell } from '../notices.js'
import type { OperationContext } from '../operation.js'
import { repositoryHere, type PlaceHere } from '../place.js'
import { renewalDraft } from '../renewal.js'
import { ageText, clockText, heardText, holderText } from '../words.js'
import { claimDrafts, heldItem } from './drafts.js'
import { endedText, isMine } from './named.js'
import { forgetTold } from '../told-claims.js'

/** What came of taking: the record that did it, whose claims they were, and the caller's own claims of the same scope. */
export interface Taken {
  readonly how: 'reclaimed' | 'handed'
  readonly record: Entry
  readonly took: readonly Claim[]
  readonly claims: readonly Claim[]
  readonly place: PlaceHere | null
  readonly warnings: readonly Warning[]
}

export interface Taking {
  readonly leaseMs: Millis
  readonly reason?: string | undefined
}

const placeIn = async ({ host, cwd }: OperationContext, repo: string): Promise<PlaceHere | null> => {
  const here = await repositoryHere(host, cwd)
  return here.ok && here.value.repository.key === repo ? here.value : null
}

/**
 * Writes what takes the claims over together with the caller's own claims of the same scope: in one write, so that nobody sees the one
 * without the other. What the caller holds already is renewed.
 */
const takeOver = async (context: OperationContext, took: readonly Claim[], how: Taken['how'], taking: readonly Draft[], { leaseMs, reason }: Taking): Promise<Result<Taken>> => {
  const { host, session } = context
  const { view, hostId } = host.replica
  const [first] = took
  const place = first === undefined ? null : await placeIn(context, first.repo)
  const meshNow = host.meshNow()
  const own = view.claims.ofSession(hostId, session, meshNow)
  const until = meshNow + leaseMs
  const held = new Set<Claim>()
  const drafts = took.flatMap(({ repo, scope, mode, reason: theirs }) => {
    const wanted = { repo, mode, reason: reason ?? (how === 'handed' ? (theirs ?? undefined) : undefined), until, where: place?.where ?? null }
    const fresh = scope.filter(item => {
      const mine = heldItem(own, wanted, item)
      if (mine !== undefined) held.add(mine)
      return mine === undefined
    })
    return claimDrafts({ ...wanted, scope: fresh })
  })
  // as in `claim`: before anything is recorded
  const full = claimsFull(view.claims, { host: hostId, asked: drafts.length, ending: new Set(how === 'handed' ? took.map(({ id }) => id) : []) }, meshNow)
  if (full !== null) return full
  const enrolled = await enrolledByClaim(host, place)
  if (!enrolled.ok) return enrolled
  const renewed = [...held]
  const renewals = renewed.some(claim => claim.until < until) ? [renewalDraft(own, renewed, until, meshNow)] : []
  const written = await host.write(session, [...taking, ...renewals, ...drafts])
  if (!written.ok) return written
  const made = written.value.flatMap(({ id, kind }) => (kind === 'claim' ? [id] : []))
  const claims = [...made, ...renewed.map(({ id }) => id)].flatMap(id => view.claims.claim(id) ?? [])
  const record = written.value[0] === undefined ? null : view.record(written.value[0].id)
  if (record === null) throw new Error('a record that was written is not in the view')
  const told = await tell(context, 'CLAIM_OVERLAP', new Set(claims.map(({ id }) => id)))
  return success({ how, record, took, claims, place, warnings: [...enrolled.value, ...told] })
}

/** Why a live claim is left to its holder, also one that cannot be reached: nobody is judged gone before its lease ends. */
const stillHeld = ({ host, offers }: OperationContext, claim: Claim, now: Millis): { readonly ok: false; readonly failure: Failure } => {
  const id = host.replica.view.shortId(claim.entry)
  const text = `${id} is held by ${holderText(host, claim)} until ${clockText(claim.until, now)} (${ageText(claim.until - now)} more; ${heardText(host, claim.hostKey)}), and nobody is judged gone before the lease ends; --force takes it all the same, which its holder sees and may take back`
  const next = [...(offers('ask') ? [`skein ask ${holderText(host, claim)} TEXT`] : []), `skein take ${id} --force --reason TEXT`]
  return failure('CLAIM_LIVE', text, { field: 'id', details: { claim: id, holder: holderText(host, claim), until: new Date(claim.until).toISOString() }, next })
}

/** A stale claim of another, or with `force` a live one: marked by a signed reclaim, which ends nothing (rules E1), and claimed anew. */
export const reclaim = async (context: OperationContext, claim: Claim, force: boolean, taking: Taking): Promise<Result<Taken>> => {
  const { host } = context
  const now = host.meshNow()
  const id = host.replica.view.shortId(claim.entry)
  if (isMine(context, claim)) return failure('FIELD_INVALID', `${id} is this session's own claim; skein renew holds it on`, { field: 'id', next: ['skein renew'] })
  const isStale = stateOf(claim, now) === 'stale'
  if (!isStale && !force) return stillHeld(context, claim, now)
  const why = isStale ? `its lease ended ${clockText(claim.until, now)}, ${heardText(host, claim.hostKey)}` : undefined
  const reason = taking.reason ?? why
  const fields = { claims: [claim.id], ...(reason === undefined ? {} : { reason }), ...(isStale ? {} : { force: true }) }
  return takeOver(context, [claim], 'reclaimed', [{ kind: 'reclaim', fields }], taking)
}

const refusedOffer = (context: OperationContext, offer: EntryOf<'offer'>, now: Millis): { readonly ok: false; readonly failure: Failure } | null => {
  const { host, session } = context
  const { view, hostId } = host.replica
  const { to, expires } = offer.parsed.record.fields
  const id = view.shortId(offer)
  if (offer.host === hostId && offer.session === session) return failure('NOT_ADDRESSED', `${id} is this session's own offer; who it was made to takes it`, { field: 'id', next: [`skein withdraw ${id}`] })
  if (to === undefined || !view.deliveries.isFor(offer, { host: hostId, session })) {
    const whom = to === undefined ? 'nobody' : addresseeText(host, to)
    return failure('NOT_ADDRESSED', `${id} was offered to ${whom}, and not to ${session} on this host`, { field: 'id', details: { to: whom }, next: [`skein show ${id}`] })
  }
  const [first] = view.claims.offers.takesOf(offer)
  if (first !== undefined) {
    const who = `${host.nameOf(first.hostKey)}/${first.session ?? '?'}`
    return failure('CLAIM_HELD', `${id} was taken by ${who} at ${clockText(first.wall, now)}`, { field: 'id', details: { holder: who, take: view.shortId(first) }, next: ['skein claims'] })
  }
  if (view.deliveries.withdrawn(offer)) return failure('NO_SUCH_RECORD', `${id} was taken back by its holder`, { field: 'id' })
  return expires !== undefined && now > expires ? failure('NO_SUCH_RECORD', `${id} could be taken until ${clockText(expires, now)}`, { field: 'id', next: [`skein ask ${host.nameOf(offer.hostKey)} TEXT`] }) : null
}

/** What was offered to the caller becomes its own: the take and the offer together end the other's claim (rules E1: it had consented). */
export const takeOffer = async (context: OperationContext, offer: EntryOf<'offer'>, taking: Taking & { readonly text?: string | undefined }): Promise<Result<Taken>> => {
  const { view } = context.host.replica
  const refusal = refusedOffer(context, offer, context.host.meshNow())
  if (refusal !== null) return refusal
  const offered = offer.parsed.record.fields.claims.flatMap(id => view.claims.claim(id) ?? []).filter(claim => claim.host === offer.host && claim.session === offer.session)
  const standing = offered.filter(({ scope }) => scope.length > 0)
  if (standing.length === 0) {
    const [ended] = offered
    return failure('NO_SUCH_RECORD', ended === undefined ? `this host does not hold what ${view.shortId(offer)} offers` : endedText(context, ended), { field: 'id', next: ['skein claims'] })
  }
  const taken = await takeOver(context, standing, 'handed', [{ kind: 'take', fields: { re: offer.id, ...(taking.text === undefined ? {} : { text: taking.text }) } }], taking)
  if (taken.ok) forgetTold(context.host)
  return taken
}
