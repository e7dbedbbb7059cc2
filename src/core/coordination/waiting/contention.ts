import type { MeshId, Millis } from '../../brand.js'
import type { Crypto } from '../../crypto.js'
import { LIMITS } from '../../limits.js'
import { actorKey } from '../claims/actor.js'
import { ClaimTable } from '../claims/claimtable.js'
import { isKindOf, type Entry, type EntryOf } from '../records/entry.js'
import type { Repositories } from '../repositories/repositories.js'
import { waitOf, type Wait } from './wait.js'

/** How often something was wanted, and what that cost. */
export interface Strain {
  /** Items that were claimed. */
  tries: number
  /** Of those: how often another session's live claim was in the way when it was claimed. */
  overlaps: number
  waits: number
  /** Of those: for a mutex. */
  mutexWaits: number
  waitedMs: Millis
  longestMs: Millis
  /** The most waits of one day (UTC). */
  mostADay: number
  /** The most sessions that held it or waited for it at one moment; 0 where none ever met another. */
  agents: number
}

/** What calls for a review: more than 5 % waits, 20 waits a day, 10 min for one, three sessions at once. */
export type StrainFlag = 'rate' | 'daily' | 'longest' | 'agents'

export interface ItemStrain extends Strain {
  readonly repo: string
  readonly item: string
}

const none = (): Strain => ({ tries: 0, overlaps: 0, waits: 0, mutexWaits: 0, waitedMs: 0, longestMs: 0, mostADay: 0, agents: 0 })

export const waitRateOf = ({ tries, waits }: Strain): number | null => (tries === 0 ? null : waits / tries)

/** @param leastTries below which a rate says nothing: of three tries one wait is a third */
export const flagsOf = (strain: Strain, leastTries: number): StrainFlag[] => {
  const rate = waitRateOf(strain)
  return [
    ...(rate !== null && strain.tries >= leastTries && rate > LIMITS.contentionRate ? ['rate' as const] : []),
    ...(strain.mostADay > LIMITS.contentionDaily ? ['daily' as const] : []),
    ...(strain.longestMs > LIMITS.contentionLongestMs ? ['longest' as const] : []),
    ...(strain.agents > LIMITS.contentionAgents ? ['agents' as const] : [])
  ]
}

interface Open {
  readonly wait: Wait
  readonly strains: readonly Strain[]
}

const DAY_MS = 24 * 60 * 60_000

/**
 * Tries, overlaps and waits since a time. Takes records in the order of telling, from a lease before that time on, so that what was held
 * then is known; keeps what is held and waited for at each moment.
 */
export class Contention {
  readonly total = none()
  /** By repository and item, as in the records. */
  readonly byItem = new Map<string, ItemStrain>()
  readonly #claims: ClaimTable
  readonly #repositories: Repositories
  readonly #since: Millis
  readonly #open = new Map<string, Open>()
  readonly #days = new Map<Strain, Map<number, number>>()

  constructor({ crypto, mesh, repositories, since }: { readonly crypto: Crypto; readonly mesh: MeshId; readonly repositories: Repositories; readonly since: Millis }) {
    this.#repositories = repositories
    this.#claims = new ClaimTable(crypto, mesh, repositories)
    this.#since = since
  }

  take(entry: Entry): void {
    if (isKindOf(entry, 'claim')) this.#tried(entry)
    else if (isKindOf(entry, 'wait')) this.#waits(waitOf(entry))
    else if (isKindOf(entry, 'withdraw')) this.#ended(entry)
    this.#claims.add(entry)
  }

  /** Waits that nobody ended took until their time was over, or take still. */
  close(now: Millis): void {
    for (const { wait, strains } of this.#open.values()) this.#took(strains, Math.min(wait.until, now) - wait.since)
    this.#open.clear()
  }

  #strain(key: string, item: string): Strain {
    const repo = this.#repositories.nameOf(key)
    const id = `${repo}\n${item}`
    const strain = this.byItem.get(id) ?? { ...none(), repo, item }
    this.byItem.set(id, strain)
    return strain
  }

  #tried(entry: EntryOf<'claim'>): void {
    if (entry.wall < this.#since) return
    const { repo = '', scope, mode } = entry.parsed.record.fields
    const self = { host: entry.host, session: entry.parsed.record.session }
    for (const item of scope) {
      const holders = new Set(this.#claims.overlapping({ repo, scope: [item], mode }, entry.wall, { exceptSession: self }).map(({ claim }) => actorKey(claim)))
      for (const strain of [this.total, this.#strain(repo, item)]) {
        strain.tries += 1
        if (holders.size === 0) continue
        strain.overlaps += 1
        strain.agents = Math.max(strain.agents, holders.size + 1)
      }
    }
  }

  #waits(wait: Wait): void {
    if (wait.since < this.#since) return
    const claims = wait.claims.flatMap(id => this.#claims.claim(id) ?? [])
    const wanted = [...wait.items.map(item => ({ repo: wait.repo, item })), ...claims.flatMap(({ repo, scope: [item] }) => (item === undefined ? [] : [{ repo, item }]))]
    const strains = [this.total, ...wanted.map(({ repo, item }) => this.#strain(repo, item))]
    const agents = new Set([actorKey(wait), ...claims.map(actorKey)])
    for (const { repo, item } of wanted) {
      for (const { claim } of this.#claims.overlapping({ repo, scope: [item], mode: 'exclusive' }, wait.since, { exceptSession: wait })) agents.add(actorKey(claim))
      const strain = this.#strain(repo, item)
      for (const open of this.#open.values()) if (open.strains.includes(strain) && wait.since < open.wait.until) agents.add(actorKey(open.wait))
    }
    const isMutex = wait.items.some(item => item.startsWith('@mutex/'))
    for (const strain of strains) {
      strain.waits += 1
      strain.mutexWaits += Number(isMutex)
      strain.agents = Math.max(strain.agents, agents.size)
      const days = this.#days.get(strain) ?? new Map<number, number>()
      const day = Math.floor(wait.since / DAY_MS)
      this.#days.set(strain, days.set(day, (days.get(day) ?? 0) + 1))
      strain.mostADay = Math.max(strain.mostADay, days.get(day) ?? 0)
    }
    this.#open.set(wait.id, { wait, strains })
  }

  #ended({ host, wall, parsed: { record } }: EntryOf<'withdraw'>): void {
    const open = this.#open.get(record.fields.re)
    if (open === undefined || open.wait.host !== host || open.wait.session !== record.session) return
    this.#open.delete(open.wait.id)
    this.#took(open.strains, Math.min(wall, open.wait.until) - open.wait.since)
  }

  #took(strains: readonly Strain[], ms: Millis): void {
    for (const strain of strains) {
      strain.waitedMs += Math.max(0, ms)
      strain.longestMs = Math.max(strain.longestMs, ms)
    }
  }
}
