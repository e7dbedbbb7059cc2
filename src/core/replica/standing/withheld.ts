import type { AuthorId, HostId, HostKey, Millis } from '../../brand.js'
import type { Claim } from '../../coordination/claims/claim.js'
import { ClaimTable } from '../../coordination/claims/claimtable.js'
import type { EndedHow } from '../../coordination/membership/member.js'
import { entryOf } from '../../coordination/records/entry.js'
import { authorNamed, authorParts, keyOf } from '../../replication/author.js'
import type { AuthorLog } from '../../replication/log.js'
import type { Context } from '../context.js'
import type { Standing } from './standing.js'

/** An epoch that counts for nothing yet, or no longer: its claims are in no view, and may stand all the same (rules E5). */
export interface Withheld {
  readonly author: AuthorId
  readonly key: HostKey
  readonly hostId: HostId
  /** It forked; or an act names its newest head, and the chain that ends in it is not held here. */
  readonly why: 'forked' | EndedHow
  /** Its claims that stand as far as they are known here, and are in no other epoch that counts; null where nothing of it is held. */
  readonly claims: readonly Claim[] | null
}

/** What is withheld from view, and what was claimed in it. */
export class Withholding {
  readonly #context: Context
  readonly #standing: Standing
  readonly #tables = new WeakMap<AuthorLog, { readonly head: number; readonly claims: ClaimTable }>()

  constructor(context: Context, standing: Standing) {
    this.#context = context
    this.#standing = standing
  }

  /** Ordered by author. @param now mesh time */
  list(now: Millis): Withheld[] {
    const { acts } = this.#context
    const found: Withheld[] = []
    const forked = this.#forkedByKey()
    for (const [key, member] of acts.roster().members) {
      if (member.state === 'member') {
        for (const author of this.#newestOf(key, forked.get(key) ?? [])) this.#add(found, author, member.hostId, 'forked', now)
        continue
      }
      for (const { epoch } of member.heads) {
        const author = authorNamed(key, epoch)
        if (this.#isShort(author)) this.#add(found, author, member.hostId, member.how, now)
      }
    }
    return found.sort((left, right) => (left.author < right.author ? -1 : 1))
  }

  #forkedByKey(): Map<HostKey, AuthorId[]> {
    const byKey = new Map<HostKey, AuthorId[]>()
    for (const [author] of this.#context.logs.proofs()) {
      const others = byKey.get(keyOf(author))
      if (others === undefined) byKey.set(keyOf(author), [author])
      else others.push(author)
    }
    return byKey
  }

  /** Forks whose owner has not opened another epoch since. */
  #newestOf(key: HostKey, forked: readonly AuthorId[]): readonly AuthorId[] {
    const { logs } = this.#context
    if (forked.length === 0) return []
    const counting = [...logs.logs()].filter(log => keyOf(log.author) === key && log.headSeq >= 0 && !logs.isForked(log.author))
    const newest = Math.max(-1, ...counting.map(({ author }) => authorParts(author).epoch.counter))
    return forked.filter(author => authorParts(author).epoch.counter >= newest)
  }

  /** The chain that an act names is not held, or not as a whole. */
  #isShort(author: AuthorId): boolean {
    const admission = this.#standing.admissionOf(author)
    return admission.state === 'named' && admission.head !== null && this.#context.logs.get(author)?.endsIn(admission.head) !== true
  }

  #add(found: Withheld[], author: AuthorId, hostId: HostId, why: Withheld['why'], now: Millis): void {
    const { view, logs } = this.#context
    const log = logs.get(author)
    const claims = log === null ? null : this.#claimsOf(log, hostId).inState(now, ['live', 'not-yet', 'stale']).filter(({ id }) => view.record(id) === null)
    if (claims === null || claims.length > 0) found.push({ author, key: keyOf(author), hostId, why, claims })
  }

  /** Made once for what is held: it does not grow while it is withheld, but by what is fetched. */
  #claimsOf(log: AuthorLog, hostId: HostId): ClaimTable {
    const known = this.#tables.get(log)
    if (known?.head === log.headSeq) return known.claims
    const claims = new ClaimTable(this.#context.crypto, this.#context.mesh, this.#context.view.repositories)
    for (const [id, text] of log.records) claims.add(entryOf(id, hostId, keyOf(log.author), text))
    this.#tables.set(log, { head: log.headSeq, claims })
    return claims
  }
}
