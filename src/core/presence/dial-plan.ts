import type { HostKey, Millis } from '../brand.js'

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
  nextMono: Millis
  lastFailure: string | null
}

const FIRST_MS = 250
const EAGER_MS = 2_000
const EAGER_FOR_MS = 10 * 60_000
const PATIENT_MS = 12 * 60_000

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
      if (plan === undefined) this.#plans.set(url, { target, dialling: false, failures: 0, failingSinceMono: null, nextMono: nowMono, lastFailure: null })
      else plan.target = target
    }
  }

  /** Addresses to dial now; each counts as being dialled until `succeeded` or `failed`. */
  due(nowMono: Millis, linked: ReadonlySet<HostKey>): DialTarget[] {
    const due: DialTarget[] = []
    const busy = new Set<HostKey>(linked)
    for (const plan of this.#plans.values()) if (plan.dialling && plan.target.key !== null) busy.add(plan.target.key)
    for (const plan of this.#plans.values()) {
      const key = this.#met.get(plan.target.url) ?? plan.target.key
      if (plan.dialling || plan.nextMono > nowMono || (key !== null && busy.has(key))) continue
      if (key !== null) busy.add(key)
      plan.dialling = true
      due.push(plan.target)
    }
    return due
  }

  /** Reading of the monotonic clock at which `due` may have more, or null. */
  nextMono(linked: ReadonlySet<HostKey>): Millis | null {
    let next: Millis | null = null
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
    if (plan !== undefined) Object.assign(plan, { dialling: false, failures: 0, failingSinceMono: null, nextMono: nowMono, lastFailure: null })
  }

  /** @param chance from 0 up to 1, so that hosts which lost one peer do not all come back at once. */
  failed(url: string, reason: string, nowMono: Millis, chance: number): void {
    const plan = this.#plans.get(url)
    if (plan === undefined) return
    plan.dialling = false
    plan.failingSinceMono ??= nowMono
    plan.lastFailure = reason
    const eager = nowMono - plan.failingSinceMono < EAGER_FOR_MS
    const most = eager ? Math.min(EAGER_MS, FIRST_MS * 2 ** plan.failures) : PATIENT_MS
    plan.failures += 1
    plan.nextMono = nowMono + most * (0.5 + chance / 2)
  }

  /** This peer is linked, whoever dialled: once that link is lost it is dialled at once, whatever had failed before. */
  linked(key: HostKey, nowMono: Millis): void {
    for (const plan of this.#plans.values()) {
      if (plan.dialling || (this.#met.get(plan.target.url) ?? plan.target.key) !== key) continue
      Object.assign(plan, { failures: 0, failingSinceMono: null, nextMono: nowMono, lastFailure: null })
    }
  }

  /** Something happened on the network: everything is worth a try now. */
  wakeAll(nowMono: Millis): void {
    for (const plan of this.#plans.values()) Object.assign(plan, { nextMono: nowMono, failingSinceMono: null, failures: 0 })
  }

  states(): DialState[] {
    return [...this.#plans.values()].map(({ target, failures, lastFailure }) => ({ ...target, key: this.#met.get(target.url) ?? target.key, failures, lastFailure }))
  }
}
