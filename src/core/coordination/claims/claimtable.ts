import type { HostId, MeshId, Millis, RecordId, SessionName } from '../../brand.js'
import type { Crypto } from '../../crypto.js'
import { ScopeIndex } from '../scope/scopeindex.js'
import { compareEntries, isKindOf, type Entry, type EntryOf } from '../records/entry.js'
import { actorKey, sameActor, type Actor } from './actor.js'
import { overlapClass, stateOf, type Claim, type ClaimState } from './claim.js'
import type { Repositories } from '../repositories/repositories.js'
import { crossingKey, type Crossing } from './crossing.js'
import { itemOf, meeting } from './item.js'
import { Offers } from './offers.js'
import { drop, put } from './sets.js'
import { ownRecord, standingItems, standingOf } from './standing.js'
import type { Looks, Overlapping, ScopeQuery } from './query.js'
import { compareLead, Lots } from './turn.js'

export type { Looks, Overlapping, ScopeQuery } from './query.js'

interface Tracked {
  readonly entry: EntryOf<'claim'>
  /** The items that no release and no hand-over has ended. */
  standing: readonly string[]
  /** Who took it when its holder offered it. */
  handed: EntryOf<'take'> | null
  /** The other ones. */
  ended: readonly string[]
}

const LIVE: readonly ClaimState[] = ['live']

/**
 * Every claim of a view and what is said of it. `add` and `remove` take any record and keep what concerns claims, so that the table is a
 * function of the set of records; liveness is computed when asked.
 */
export class ClaimTable {
  readonly #lots: Lots
  readonly #claims = new Map<RecordId, Tracked>()
  readonly #repositories: Repositories
  /** The keys in force under which the claims are indexed. */
  #names: ReadonlyMap<string, string> = new Map()
  #index = new ScopeIndex<Tracked>()
  #past = new ScopeIndex<Tracked>()
  readonly #bySession = new Map<string, Set<Tracked>>()
  readonly #standing = new Map<HostId, number>()
  readonly #renewals = new Map<string, Set<EntryOf<'renew'>>>()
  readonly #endings = new Map<string, Set<EntryOf<'release'> | EntryOf<'withdraw'>>>()
  readonly #reclaims = new Map<string, Set<EntryOf<'reclaim'>>>()
  readonly #resolutions = new Map<string, Set<EntryOf<'resolve'>>>()
  readonly offers = new Offers()

  constructor(crypto: Crypto, mesh: MeshId, repositories: Repositories) {
    this.#repositories = repositories
    this.#lots = new Lots(crypto, mesh)
  }

  get count(): number {
    return this.#claims.size
  }

  add(entry: Entry): void {
    if (isKindOf(entry, 'claim')) this.#track(entry)
    else this.#say(entry, put, this.offers.add(entry))
  }

  remove(entry: Entry): void {
    if (isKindOf(entry, 'claim')) this.#forget(entry)
    else this.#say(entry, drop, this.offers.remove(entry))
  }

  claim(id: RecordId): Claim | null {
    const tracked = this.#claims.get(id)
    return tracked === undefined ? null : this.#claimOf(tracked)
  }

  /** All claims that are in one of these states now, oldest first. */
  inState(now: Millis, states: readonly ClaimState[]): Claim[] {
    const found: Claim[] = []
    for (const tracked of this.#claims.values()) {
      const claim = this.#claimOf(tracked)
      if (states.includes(stateOf(claim, now))) found.push(claim)
    }
    return found.sort((left, right) => compareEntries(left.entry, right.entry))
  }

  live(now: Millis): Claim[] {
    return this.inState(now, LIVE)
  }

  /** What a session has not released, oldest first: live, stale, or not yet. */
  ofSession(host: HostId, session: SessionName, now: Millis): Claim[] {
    const own = [...(this.#bySession.get(actorKey({ host, session })) ?? [])].map(tracked => this.#claimOf(tracked))
    return own.filter(claim => stateOf(claim, now) !== 'released').sort((left, right) => compareEntries(left.entry, right.entry))
  }

  /** The live claims of one host, found by its sessions and not by a scan. */
  liveOfHost(host: HostId, now: Millis): Claim[] {
    const found: Claim[] = []
    for (const [actor, claims] of this.#bySession) {
      if (!actor.startsWith(`${host}/`)) continue
      for (const tracked of claims) {
        const claim = this.#claimOf(tracked)
        if (stateOf(claim, now) === 'live') found.push(claim)
      }
    }
    return found
  }

  /** How many claims of a host nothing has ended, lapsed ones among them: no fewer than are live, and not counted when asked. */
  standingCount(host: HostId): number {
    return this.#standing.get(host) ?? 0
  }

  /** The claims that may overlap this item, found through the index; a superset. Released ones are not among them. */
  *candidates(repo: string, item: string): IterableIterator<Claim> {
    this.#rename()
    for (const tracked of this.#index.candidates(this.#nameOf(repo), itemOf(item).scope)) yield this.#claimOf(tracked)
  }

  /**
   * The claims of other actors that overlap the query now, for each item of it those that lead first. Two shared claims do not overlap.
   * Only live ones unless `states` says otherwise. Stops, with what it has, when `looks` are used up.
   */
  overlapping(
    query: ScopeQuery,
    now: Millis,
    { exceptSession, states = LIVE, looks }: { readonly exceptSession?: Actor; readonly states?: readonly ClaimState[]; readonly looks?: Looks } = {}
  ): Overlapping[] {
    this.#rename()
    const repo = this.#nameOf(query.repo)
    return query.scope.flatMap(text => {
      const item = itemOf(text)
      const found: Overlapping[] = []
      for (const tracked of this.#index.candidates(repo, item.scope)) {
        if (looks !== undefined && looks.left-- <= 0) break
        const { host, parsed } = tracked.entry
        if (query.mode === 'shared' && parsed.record.fields.mode === 'shared') continue
        if (exceptSession !== undefined && sameActor(exceptSession, { host, session: parsed.record.session })) continue
        const claim = this.#claimOf(tracked)
        if (!states.includes(stateOf(claim, now))) continue
        const met = meeting(item, tracked.standing)
        if (met !== null) found.push({ claim, witness: met.witness, item: text, other: met.other })
      }
      return found.sort((left, right) => compareLead(left.claim.lead, right.claim.lead))
    })
  }

  /** Of all claims that ever covered something of this item and are held here, standing or ended, the one made last by now; `except` are left out. */
  lastOver(repo: string, text: string, now: Millis, except: ReadonlySet<RecordId> = new Set()): { readonly claim: Claim; readonly other: string } | null {
    this.#rename()
    const item = itemOf(text)
    let last: { readonly tracked: Tracked; readonly other: string } | null = null
    for (const index of [this.#index, this.#past]) {
      for (const tracked of index.candidates(this.#nameOf(repo), item.scope)) {
        const { entry } = tracked
        if (entry.wall > now || except.has(entry.id) || (last !== null && compareEntries(entry, last.tracked.entry) < 0)) continue
        const met = meeting(item, index === this.#index ? tracked.standing : tracked.ended)
        if (met !== null) last = { tracked, other: met.other }
      }
    }
    return last === null ? null : { claim: this.#claimOf(last.tracked), other: last.other }
  }

  /** When the last of its items was released or withdrawn by its holder; null while none was. */
  endedAt({ entry }: Claim): Millis | null {
    const walls = [...(this.#endings.get(entry.id) ?? [])].filter(ending => ownRecord(entry, ending)).map(({ wall }) => wall)
    return walls.length === 0 ? null : Math.max(...walls)
  }

  /** Every pair of live claims of different actors that overlap, or those pairs that `of` takes part in; ordered by their key. */
  crossings(now: Millis, of?: Actor): Crossing[] {
    return this.crossingsOf(of === undefined ? this.live(now) : this.#around(of, now), now)
  }

  /** Every pair that one of these live claims makes with a live claim of another actor; ordered by their key. As far as `looks` reach. */
  crossingsOf(claims: Iterable<Claim>, now: Millis, looks?: Looks): Crossing[] {
    const found = new Map<string, Crossing>()
    for (const claim of claims) {
      for (const { claim: other, witness, item } of this.overlapping(claim, now, { exceptSession: claim, ...(looks === undefined ? {} : { looks }) })) {
        const key = crossingKey(claim.id, other.id)
        if (found.has(key)) continue
        const [lead, follows] = compareLead(claim.lead, other.lead) < 0 ? [claim, other] : [other, claim]
        found.set(key, { key, lead, follows, witness, class: overlapClass(claim, other, item), resolutions: this.#resolved(claim, other) })
      }
    }
    return [...found.values()].sort((left, right) => (left.key < right.key ? -1 : 1))
  }

  #around(actor: Actor, now: Millis): Claim[] {
    return this.ofSession(actor.host, actor.session, now).filter(claim => stateOf(claim, now) === 'live')
  }

  /** What holders of this claim, or of one that it crosses, wrote of it, oldest first: whatever became of either claim since. */
  resolutionsOf(id: RecordId): EntryOf<'resolve'>[] {
    return [...(this.#resolutions.get(id) ?? [])].filter(entry => this.#isHolders(entry)).sort(compareEntries)
  }

  #isHolders(entry: EntryOf<'resolve'>): boolean {
    return entry.parsed.record.fields.claims.some(id => {
      const claim = this.#claims.get(id)?.entry
      return claim !== undefined && ownRecord(claim, entry)
    })
  }

  /** Only a holder of one of the two settles what is between them. */
  #resolved(left: Claim, right: Claim): EntryOf<'resolve'>[] {
    const both = [...(this.#resolutions.get(left.id) ?? [])].filter(entry => entry.parsed.record.fields.claims.includes(right.id))
    return both.filter(entry => ownRecord(left.entry, entry) || ownRecord(right.entry, entry)).sort(compareEntries)
  }

  #track(entry: EntryOf<'claim'>): void {
    const tracked: Tracked = { entry, standing: [], ended: [], handed: null }
    this.#claims.set(entry.id, tracked)
    put(this.#bySession, actorKey({ host: entry.host, session: entry.parsed.record.session }), tracked)
    this.#stand(tracked)
  }

  #forget(entry: EntryOf<'claim'>): void {
    const tracked = this.#claims.get(entry.id)
    if (tracked === undefined) return
    this.#reindex(tracked, [], [])
    this.#claims.delete(entry.id)
    drop(this.#bySession, actorKey({ host: entry.host, session: entry.parsed.record.session }), tracked)
  }

  /** `passed`: claims that what is said may have handed over. */
  #say(entry: Entry, change: typeof put, passed: readonly RecordId[]): void {
    for (const id of passed) this.#standAgain(id)
    if (isKindOf(entry, 'renew')) {
      const key = actorKey({ host: entry.host, session: entry.parsed.record.session })
      change(this.#renewals, key, entry)
    } else if (isKindOf(entry, 'release')) {
      for (const id of entry.parsed.record.fields.claims) this.#about(id, () => change(this.#endings, id, entry))
    } else if (isKindOf(entry, 'withdraw')) {
      const { re } = entry.parsed.record.fields
      this.#about(re, () => change(this.#endings, re, entry))
    } else if (isKindOf(entry, 'reclaim')) {
      for (const id of entry.parsed.record.fields.claims) this.#about(id, () => change(this.#reclaims, id, entry))
    } else if (isKindOf(entry, 'resolve')) {
      for (const id of entry.parsed.record.fields.claims) change(this.#resolutions, id, entry)
    }
  }

  #about(id: string, change: () => void): void {
    change()
    this.#standAgain(id)
  }

  #standAgain(id: string): void {
    const tracked = this.#claims.get(id as RecordId)
    if (tracked !== undefined) this.#stand(tracked)
  }

  #stand(tracked: Tracked): void {
    const { entry } = tracked
    tracked.handed = this.offers.handed(entry)
    const standing = tracked.handed === null ? standingItems(entry, this.#endings.get(entry.id) ?? []) : []
    this.#reindex(tracked, standing, entry.parsed.record.fields.scope.filter(text => !standing.includes(text)))
  }

  #reindex(tracked: Tracked, standing: readonly string[], ended: readonly string[]): void {
    const repo = this.#nameOf(tracked.entry.parsed.record.fields.repo ?? '')
    for (const [index, before, after] of [[this.#index, tracked.standing, standing], [this.#past, tracked.ended, ended]] as const) {
      for (const text of before) if (!after.includes(text)) index.remove(repo, itemOf(text).scope, tracked)
      for (const text of after) index.add(repo, itemOf(text).scope, tracked)
    }
    const more = Number(standing.length > 0) - Number(tracked.standing.length > 0)
    if (more !== 0) this.#standing.set(tracked.entry.host, this.standingCount(tracked.entry.host) + more)
    tracked.standing = standing
    tracked.ended = ended
  }

  #nameOf(repo: string): string {
    return this.#names.get(repo) ?? repo
  }

  /** Where two keys turned out to be one repository, or two again, all claims are indexed anew: that happens once in weeks. */
  #rename(): void {
    const names = this.#repositories.names()
    if (names === this.#names) return
    this.#names = names
    this.#index = new ScopeIndex()
    this.#past = new ScopeIndex()
    this.#standing.clear()
    for (const tracked of this.#claims.values()) {
      const { standing, ended } = tracked
      tracked.standing = []
      tracked.ended = []
      this.#reindex(tracked, standing, ended)
    }
  }

  #claimOf(tracked: Tracked): Claim {
    this.#rename()
    const { entry, handed } = tracked
    return standingOf(this.#lots, entry, { repo: this.#nameOf(entry.parsed.record.fields.repo ?? ''), scope: tracked.standing }, {
      renewals: this.#renewals.get(actorKey({ host: entry.host, session: entry.parsed.record.session })) ?? [],
      reclaims: this.#reclaims.get(entry.id) ?? [],
      handed
    })
  }
}
