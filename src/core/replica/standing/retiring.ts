import type { HostKey, Millis } from '../../brand.js'
import { writeAct } from '../../coordination/membership/act.js'
import type { NamedHead } from '../../coordination/membership/body.js'
import { LIMITS } from '../../limits.js'
import { epochTextOf, keyOf } from '../../replication/author.js'
import type { Acquaintance } from '../links/acquaintance.js'
import type { Context } from '../context.js'
import type { Reception } from '../reception/reception.js'

export interface RetiringParts {
  readonly reception: Reception
  readonly acquaintance: Acquaintance
}

/**
 * Retires ephemeral hosts that are gone (rules B8): the roster has no clock, so a member looks at its own. Only a member that is not ephemeral itself, that
 * has a link, and that has neither heard the host nor seen a lease of it for a day. Once the act is held, nobody writes another.
 */
export class Retiring {
  readonly #context: Context
  readonly #parts: RetiringParts
  #nextMono: Millis = 0

  constructor(context: Context, parts: RetiringParts) {
    this.#context = context
    this.#parts = parts
  }

  beat(): void {
    const { now, acts, key, commits } = this.#context
    if (now.mono < this.#nextMono || commits.fenced !== null) return
    this.#nextMono = now.mono + LIMITS.retireCheckMs
    const { members } = acts.roster()
    const own = members.get(key)
    if (own?.state !== 'member' || own.ephemeral) return
    const idle = [...members.values()].filter(member => member.state === 'member' && member.ephemeral && !this.#isHeard(member.key))
    if (idle.length === 0) return
    const lastOf = this.#lastSigns(new Set(idle.map(member => member.key)))
    for (const member of idle) if (this.#isOver(Math.max(member.since.wall, lastOf.get(member.key) ?? 0))) this.#retire(member.key)
  }

  #isOver(wall: Millis): boolean {
    return this.#context.meshNow > wall + LIMITS.retireAfterMs
  }

  #isHeard(key: HostKey): boolean {
    if ([...this.#context.openLinks()].some(({ peer }) => peer?.key === key)) return true
    const heard = this.#parts.acquaintance.heardFrom(key)
    return heard !== null && this.#context.now.wall <= heard + LIMITS.retireAfterMs
  }

  /** The end of the last lease, or the last record, of each of these hosts. */
  #lastSigns(keys: ReadonlySet<HostKey>): ReadonlyMap<HostKey, Millis> {
    const { view } = this.#context
    const last = new Map<HostKey, Millis>()
    for (const { hostKey, wall, id } of view.records()) {
      if (!keys.has(hostKey)) continue
      last.set(hostKey, Math.max(last.get(hostKey) ?? 0, wall, view.claims.claim(id)?.until ?? 0))
    }
    return last
  }

  #retire(key: HostKey): void {
    const { acts, mesh, signer, logs } = this.#context
    const heads: NamedHead[] = []
    // the newest epochs first, should there be more than an act may name
    for (const log of [...logs.logs()].filter(({ author }) => keyOf(author) === key).sort((left, right) => (left.author < right.author ? 1 : -1))) {
      const head = logs.isForked(log.author) ? null : log.storedHead
      if (head !== null && heads.length < LIMITS.retiredEphemeralEpochs) heads.push({ epoch: epochTextOf(log.author), seq: head.seq, hash: head.hash })
    }
    const seen = acts.roster().newestActs(this.#context.key)
    const written = writeAct({ mesh, stamp: this.#context.stamp(), seen, content: { kind: 'retire', body: { key, heads } } }, signer)
    if (written.ok) this.#parts.reception.takeActs([written.value], null)
  }
}
