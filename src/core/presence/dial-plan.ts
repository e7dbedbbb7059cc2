import type { HostKey, Millis } from '../brand.js'
import { LIMITS } from '../limits.js'

/** Somewhere a peer may be reached. `key`: whom to expect there, when known. */
export interface DialTarget {
  readonly url: string
  readonly label: string
  readonly key: HostKey | null
}

export interface DialState extends DialTarget {
  readonly failures: number
  /** Why the last try failed, in words; null when none has. */
  readonly lastFailure: string | null
}

interface Plan {
  target: DialTarget
  dialling: boolean
  failures: number
  failingSinceMono: Millis | null
  linkedMono: Millis
  /** Links in a row that did not hold. */
  flaps: number
  nextMono: Millis
  lastFailure: string | null
}

const FIRST_MS = 250
const EAGER_MS = 2_000
const EAGER_FOR_MS = 10 * 60_000
const PATIENT_MS = 12 * 60_000
/** A link that was lost sooner than this was none: it is dialled again as after a failure. */
const STEADY_MS = 10_000

const pauseAfter = (times: number, chance: number): Millis => Math.min(EAGER_MS, FIRST_MS * 2 ** times) * (0.5 + chance / 2)

/**
 * Whom to dial, and when: a lost link is redialled within two seconds for ten minutes, then five times an hour (rules H2), each address
 * with a back-off of its own, and nobody who is linked already.
 */
export class DialPlan {
  readonly #plans = new Map<string, Plan>()
  /** Keys met at addresses: also this host's own, which is never dialled again. */
  readonly #met = new Map<string, HostKey>()

  /** Replaces the targets; what is known of addresses that stay is kept. */
  setTargets(targets: Iterable<DialTarget>, nowMono: Millis): void {
    const wanted = new Map([...targets].map(target => [target.url, target]))
    for (const url of this.#plans.keys()) if (!wanted.has(url)) this.#plans.delete(url)
    for (const [url, target] of wanted) {
      const plan = this.#plans.get(url)
      if (plan === undefined) this.#plans.set(url, { target, dialling: false, failures: 0, failingSinceMono: null, linkedMono: Number.NEGATIVE_INFINITY, flaps: 0, nextMono: nowMono, lastFailure: null })
      else plan.target = target
    }
  }

  /**
   * Addresses to dial now; each counts as being dialled until `succeeded` or `failed`. At most `LIMITS.dialsAtOnce` are under way, those that
   * were met before and failed least first: made-up addresses never keep this host from a true one.
   */
  due(nowMono: Millis, linked: ReadonlySet<HostKey>): DialTarget[] {
    const due: DialTarget[] = []
    const busy = new Set<HostKey>(linked)
    const plans = [...this.#plans.values()]
    const underWay = plans.filter(({ dialling }) => dialling)
    for (const { target } of underWay) if (target.key !== null) busy.add(target.key)
    for (const plan of plans.filter(({ dialling, nextMono }) => !dialling && nextMono <= nowMono).sort(this.#byPromise)) {
      const key = this.#met.get(plan.target.url) ?? plan.target.key
      if (underWay.length + due.length >= LIMITS.dialsAtOnce) break
      if (key !== null && busy.has(key)) continue
      if (key !== null) busy.add(key)
      plan.dialling = true
      due.push(plan.target)
    }
    return due
  }

  /** Reading of the monotonic clock at which `due` may have more, or null. */
  nextMono(linked: ReadonlySet<HostKey>): Millis | null {
    let next: Millis | null = null
    // with so many under way the end of one of them is what is waited for
    if ([...this.#plans.values()].filter(({ dialling }) => dialling).length >= LIMITS.dialsAtOnce) return null
    for (const plan of this.#plans.values()) {
      const key = this.#met.get(plan.target.url) ?? plan.target.key
      if (!plan.dialling && (key === null || !linked.has(key)) && (next === null || plan.nextMono < next)) next = plan.nextMono
    }
    return next
  }

  /** A peer with this key answers there. */
  succeeded(url: string, key: HostKey, nowMono: Millis): void {
    this.#met.set(url, key)
    const plan = this.#plans.get(url)
    if (plan !== undefined) Object.assign(plan, { dialling: false, failures: 0, failingSinceMono: null, linkedMono: nowMono, nextMono: nowMono, lastFailure: null })
  }

  /**
   * The link with this peer is gone. One that had held is dialled again at once; a link that comes and goes is dialled as one that failed, so
   * that a flapping line costs less than a dial a second. @param chance as in `failed`
   */
  lost(key: HostKey, nowMono: Millis, chance: number): void {
    for (const [url, plan] of this.#plans) {
      if (plan.dialling || (this.#met.get(url) ?? plan.target.key) !== key) continue
      plan.flaps = nowMono - plan.linkedMono < STEADY_MS ? plan.flaps + 1 : 0
      plan.nextMono = nowMono + (plan.flaps === 0 ? 0 : pauseAfter(plan.flaps, chance))
    }
  }

  /** @param chance from 0 up to 1, so that hosts which lost one peer do not all come back at once. */
  failed(url: string, reason: string, nowMono: Millis, chance: number): void {
    const plan = this.#plans.get(url)
    if (plan === undefined) return
    plan.dialling = false
    plan.failingSinceMono ??= nowMono
    plan.lastFailure = reason
    const eager = nowMono - plan.failingSinceMono < EAGER_FOR_MS
    plan.nextMono = nowMono + (eager ? pauseAfter(Math.max(plan.failures, plan.flaps), chance) : PATIENT_MS * (0.5 + chance / 2))
    plan.failures += 1
  }

  /** This peer is linked, whoever dialled: once a link that held is lost it is dialled at once, whatever had failed before. */
  linked(key: HostKey, nowMono: Millis): void {
    for (const plan of this.#plans.values()) {
      if (plan.dialling || (this.#met.get(plan.target.url) ?? plan.target.key) !== key) continue
      Object.assign(plan, { failures: 0, failingSinceMono: null, linkedMono: nowMono, nextMono: nowMono, lastFailure: null })
    }
  }

  /** Something happened on the network: everything is worth a try now. */
  wakeAll(nowMono: Millis): void {
    for (const plan of this.#plans.values()) Object.assign(plan, { nextMono: nowMono, failingSinceMono: null, failures: 0 })
  }

  readonly #byPromise = (left: Plan, right: Plan): number =>
    Number(this.#met.has(right.target.url)) - Number(this.#met.has(left.target.url)) || left.failures - right.failures || left.nextMono - right.nextMono

  states(): DialState[] {
    return [...this.#plans.values()].map(({ target, failures, lastFailure }) => ({ ...target, key: this.#met.get(target.url) ?? target.key, failures, lastFailure }))
  }
}
