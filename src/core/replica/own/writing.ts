import type { HostId, HostKey, MeshId, Millis, RecordId, SessionName } from '../../brand.js'
import { claimsFull } from '../../coordination/claims/bound.js'
import { givesWayTo, overlapClass, sameTree, type Strictness } from '../../coordination/claims/claim.js'
import { turnFor } from '../../coordination/claims/turn.js'
import type { ActSet } from '../../coordination/membership/acts.js'
import { decreesIn } from '../../coordination/policy/decrees.js'
import { stopAt } from '../../coordination/policy/directive.js'
import { advantageOf, overlapRuleBetween } from '../../coordination/policy/policy.js'
import { isKindOf } from '../../coordination/records/entry.js'
import { isActId, isRecordId } from '../../coordination/records/reference.js'
import { checkDraft } from '../../coordination/records/draft.js'
import { formRecord, recordNaming, type RecordFields } from '../../coordination/records/record.js'
import { place, type Place } from '../../coordination/records/place.js'
import type { Turn } from '../../coordination/records/values.js'
import { quoted } from '../../coordination/records/visible.js'
import type { View } from '../../coordination/view.js'
import type { Crypto } from '../../crypto.js'
import { failure, success, type Result } from '../../result.js'
import type { HybridClock } from '../../replication/hybrid-clock.js'
import type { Draft, Written } from '../input.js'

export interface WritingParts {
  readonly crypto: Crypto
  readonly mesh: MeshId
  readonly key: HostKey
  readonly hostId: HostId
  readonly acts: ActSet
  readonly view: View
  readonly clock: HybridClock
}

/** What a session asked to have written, waiting for the commit under way to end. */
export interface Writing {
  readonly session: SessionName
  readonly drafts: readonly Draft[]
  readonly strict: Strictness
}

/** Stands in for the turn, which the replica gives, while the rest of a claim is checked. */
const NO_TURN = [0, 0]

interface ClaimQuery {
  /** The key in force. */
  readonly repo: string
  readonly scope: readonly string[]
  readonly mode: 'exclusive' | 'shared'
  readonly where: Place | null
}

const NOTHING_CLAIMED: ClaimQuery = { repo: '', scope: [], mode: 'exclusive', where: null }

const placeOf = (value: unknown): Place | null => {
  const read = place.read(value)
  return read.ok ? read.value : null
}

const claimQuery = (fields: RecordFields, { repositories }: View): ClaimQuery => ({
  repo: repositories.nameOf(typeof fields.repo === 'string' ? fields.repo : ''),
  scope: Array.isArray(fields.scope) ? fields.scope.map(String) : [],
  mode: fields.mode === 'shared' ? 'shared' : 'exclusive',
  where: placeOf(fields.where)
})

/** Claims that the same request releases whole. */
const released = (drafts: readonly Draft[]): RecordId[] =>
  drafts.flatMap(({ kind, fields: { claims, scope } }) => (kind === 'release' && scope === undefined && Array.isArray(claims) ? claims.map(String).filter(isRecordId) : []))

/** The claims that a renewal takes up again: those that it gives a new turn. */
const lapsedIn = ({ turns }: RecordFields): RecordId[] => (typeof turns === 'object' && turns !== null ? Object.keys(turns).filter(isRecordId) : [])

/**
 * Makes records of drafts: checks them, gives each its stamp and each claim its turn, and names them. A claim never gets a turn before that
 * of an overlapping live claim that this host holds (rules E2), so that sight beats clocks.
 */
export class RecordWriting {
  readonly #parts: WritingParts
  readonly #nameOf: (text: string) => RecordId

  constructor(parts: WritingParts) {
    this.#parts = parts
    this.#nameOf = recordNaming(parts.crypto, parts.mesh, parts.key)
  }

  /** Every record of the drafts, or the first failure; nothing is written by this. */
  form({ session, drafts, strict }: Writing, wall: Millis, meshNow: Millis): Result<Written[]> {
    const written: Written[] = []
    const handed = this.#handed(drafts)
    const { view, hostId } = this.#parts
    const full = claimsFull(view.claims, { host: hostId, asked: drafts.filter(({ kind }) => kind === 'claim').length, ending: new Set([...handed, ...released(drafts)]) }, meshNow)
    if (full !== null) return full
    for (const { kind, fields } of drafts) {
      const checked = checkDraft(kind, kind === 'claim' ? { ...fields, turn: NO_TURN } : fields, id => this.#kindOf(id))
      if (!checked.ok) return checked
      for (const query of this.#held(kind, checked.value)) {
        const refusal = this.#refusal(query, { session, strict, meshNow, handed })
        if (refusal !== null) return refusal
      }
      const formed = this.#formOne(kind, this.#withTurns(kind, checked.value, session, meshNow), session, wall, meshNow)
      if (!formed.ok) return formed
      written.push(formed.value)
    }
    return success(written)
  }

  /** What is held by this record that was not held before it: a claim, and one that lapsed and is renewed, which is no other thing. */
  #held(kind: string, fields: RecordFields): readonly ClaimQuery[] {
    if (kind === 'claim') return [claimQuery(fields, this.#parts.view)]
    return kind === 'renew' ? lapsedIn(fields).flatMap(id => this.#parts.view.claims.claim(id) ?? []) : []
  }

  /** Claims that end by being taken in the same request: they stand in nobody's way. */
  #handed(drafts: readonly Draft[]): ReadonlySet<RecordId> {
    const { view } = this.#parts
    const offers = drafts.flatMap(({ kind, fields }) => (kind === 'take' && typeof fields.re === 'string' && isRecordId(fields.re) ? (view.record(fields.re) ?? []) : []))
    const offered = offers.flatMap(offer => (isKindOf(offer, 'offer') ? offer.parsed.record.fields.claims : []).filter(id => {
      const claim = view.claims.claim(id)
      return claim !== null && view.claims.offers.of(claim.entry).some(each => each.id === offer.id)
    }))
    return new Set(offered)
  }

  /** Of acts only directives are answered. */
  #kindOf(id: string): string | null {
    const { acts, view } = this.#parts
    return isActId(id) ? (acts.roster().directives.some(({ act }) => act === id) ? 'directive' : null) : view.kindOf(id)
  }

  #formOne(kind: string, fields: RecordFields, session: SessionName, wall: Millis, meshNow: Millis): Result<Written> {
    const stamp = this.#parts.clock.tick(wall)
    const text = formRecord({ kind, session, stamp: [stamp.wall, stamp.count], offset: Math.round(stamp.wall - meshNow), fields })
    return text.ok ? success({ id: this.#nameOf(text.value), kind, text: text.value }) : text
  }

  /** A claim gets its turn, and so does each claim that a renewal names in `turns`: those whose lease and grace were over. */
  #withTurns(kind: string, fields: RecordFields, session: SessionName, meshNow: Millis): RecordFields {
    if (kind === 'claim') return { ...fields, turn: this.#turn(claimQuery(fields, this.#parts.view), session, meshNow) }
    if (kind !== 'renew' || fields.turns === undefined) return fields
    const turns = lapsedIn(fields).map(id => {
      const claim = this.#parts.view.claims.claim(id)
      return [id, this.#turn(claim ?? NOTHING_CLAIMED, session, meshNow)] as const
    })
    return { ...fields, turns: Object.fromEntries(turns) }
  }

  #turn(query: ClaimQuery, session: SessionName, meshNow: Millis): Turn {
    const { acts, view, hostId } = this.#parts
    const { repo, scope } = query
    const held = this.#overlapping(query, session, meshNow).map(overlap => overlap.claim)
    const advantageMinutes = advantageOf(decreesIn(acts.roster(), view.repositories).policies, scope.map(item => ({ repo, item })), { host: hostId, session }, meshNow)
    return turnFor({ correctedNow: meshNow, held, advantageMinutes })
  }

  /** Why no such claim is made: it was asked for with `--strict`, or an operator's policy refuses one that overlaps. Nothing of the same request is written. */
  #refusal(query: ClaimQuery, { session, strict, meshNow, handed }: { readonly session: SessionName; readonly strict: Strictness; readonly meshNow: Millis; readonly handed: ReadonlySet<RecordId> }): ReturnType<typeof failure> | null {
    const { acts, view, hostId } = this.#parts
    const { policies, directives } = decreesIn(acts.roster(), view.repositories)
    const { repo, scope, where } = query
    const stop = stopAt(directives, scope.map(item => ({ repo, item })), meshNow)
    if (stop !== null) return failure('DIRECTIVE_STOP', `an operator's directive stops claims there: ${quoted(stop.text)}`, { details: { directive: stop.act } })
    if (strict === false && policies.length === 0) return null
    const from = { host: hostId, where }
    for (const { claim, item, other, witness } of this.#overlapping(query, session, meshNow)) {
      if (handed.has(claim.id)) continue
      const { rule, policy } = overlapRuleBetween(policies, { repo, item }, { repo, item: other }, sameTree(from, claim), meshNow)
      if (rule === 'warn' && !givesWayTo(strict, overlapClass(from, claim, item))) continue
      const details = { claim: claim.entry.id, witness, item, policy: policy?.act ?? null }
      return failure(rule === 'deny' ? 'CLAIM_DENIED' : 'CLAIM_HELD', `${item} is held${rule === 'warn' ? '' : `, and an operator's policy refuses a second claim (${rule})`}`, { details })
    }
    return null
  }

  #overlapping(query: ClaimQuery, session: SessionName, meshNow: Millis): ReturnType<View['claims']['overlapping']> {
    const { view, hostId } = this.#parts
    return view.claims.overlapping(query, meshNow, { exceptSession: { host: hostId, session } })
  }
}
