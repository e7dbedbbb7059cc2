import { LIMITS } from '../../core/limits.js'
import { PROBATION, Probation } from './probation.js'
import type { ProbationLimits } from './probation.js'

export interface AdmissionLimits extends ProbationLimits {
  readonly unauthenticatedConnections: number
  /** New connections from one remote address. */
  readonly perSecond: number
  readonly burst: number
}

export const ADMISSION: AdmissionLimits = {
  ...PROBATION,
  unauthenticatedConnections: LIMITS.unauthenticatedConnections,
  perSecond: LIMITS.unauthenticatedPerSecond,
  burst: LIMITS.unauthenticatedBurst
}

/** One of the few places for peers that have not proved who they are. */
export interface Place {
  readonly probation: Probation
  /** The peer has proved itself, or its socket is gone. */
  free(): void
}

interface Bucket {
  tokens: number
  filledAt: number
}

/**
 * Decides at TCP accept, before anything is allocated for a peer. When all places are taken a newcomer gets the oldest place of the remote
 * address that holds most of them, if that is more than its own: a flood from one address keeps nobody else out.
 */
export class Admission {
  readonly #limits: AdmissionLimits
  readonly #places = new Map<Place, string>()
  readonly #buckets = new Map<string, Bucket>()

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  /** Null where the newcomer has to go. `expel` is how it is put out later, `nowMs` monotonic. */
  admit(remote: string, expel: (reason: string) => void, nowMs: number): Place | null {
    if (!this.#takeToken(remote, nowMs) || !this.#makeRoom(remote)) return null
    const place: Place = {
      probation: new Probation(this.#limits, expel),
      free: () => {
        place.probation.end()
        this.#places.delete(place)
      }
    }
    this.#places.set(place, remote)
    return place
  }

  #makeRoom(newcomer: string): boolean {
    if (this.#places.size < this.#limits.unauthenticatedConnections) return true
    const countByRemote = new Map<string, number>()
    for (const remote of this.#places.values()) countByRemote.set(remote, (countByRemote.get(remote) ?? 0) + 1)
    const [greediest, most] = [...countByRemote].reduce((best, entry) => (entry[1] > best[1] ? entry : best), ['', 0] as [string, number])
    if (most <= (countByRemote.get(newcomer) ?? 0) + 1) return false
    const oldest = [...this.#places].find(([, remote]) => remote === greediest)?.[0]
    oldest?.free()
    oldest?.probation.expel('too many connections without a proof from its address')
    return oldest !== undefined
  }

  #takeToken(remote: string, nowMs: number): boolean {
    const { perSecond, burst } = this.#limits
    const old = this.#buckets.get(remote)
    const tokens = old === undefined ? burst : Math.min(burst, old.tokens + ((nowMs - old.filledAt) / 1_000) * perSecond)
    this.#buckets.delete(remote)
    if (this.#buckets.size >= LIMITS.unauthenticatedAddresses) this.#forgetOldest()
    this.#buckets.set(remote, { tokens: tokens >= 1 ? tokens - 1 : tokens, filledAt: nowMs })
    return tokens >= 1
  }

  #forgetOldest(): void {
    const [oldest] = this.#buckets.keys()
    if (oldest !== undefined) this.#buckets.delete(oldest)
  }
}
