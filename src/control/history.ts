import type { Millis } from '../core/brand.js'
import type { Host } from '../host/host.js'
import type { HistoryParts } from '../host/history.js'
import { missing, tell, viewAt, type Missing } from '../host/telling.js'
import type { Direction, Span } from '../host/history.js'
import type { Entry } from '../core/coordination/records/entry.js'
import { iso } from './age.js'
import type { View } from '../core/coordination/view.js'
import type { Warning } from './envelope.js'
import type { OperationContext } from './operation.js'

export const historyOf = (host: Host): HistoryParts => ({ crypto: host.adapters.crypto, replica: host.replica, runtime: host.runtime })

/** What was not looked at, in words: history that is not on this host. */
export const missingWarnings = (host: Host, lacking: readonly Missing[]): Warning[] =>
  lacking.map(({ key, before }) => ({
    code: 'HISTORY_MISSING',
    text: `what ${host.nameOf(key)} wrote ${before === null ? 'then' : `before ${iso(before)}`} and no longer counts is not on this host`,
    details: { host: host.nameOf(key), before: before === null ? null : iso(before) }
  }))

/** Records of a span, from the view and from the disk, until the caller has enough; and what has to be said with them. */
export class Told {
  readonly #host: Host
  readonly #direction: Direction
  readonly span: Span
  #stoppedAt: Millis | null = null
  /** A caller that had enough did not look any further. */
  #isCut = false

  constructor(host: Host, direction: Direction, span: Span) {
    this.#host = host
    this.#direction = direction
    this.span = span
  }

  async *entries(): AsyncGenerator<Entry> {
    this.#isCut = true
    const stopped = (at: Millis): void => {
      this.#stoppedAt = at
    }
    yield* tell(historyOf(this.#host), this.#direction, this.span, { now: () => this.#host.now().mono, stopped })
    this.#isCut = false
  }

  async warnings(): Promise<Warning[]> {
    const at = this.#stoppedAt
    const stopped = at === null || !Number.isFinite(at) ? [] : [{ code: 'HISTORY_CUT', text: `there was time to look ${this.#direction === 'newest first' ? 'back' : 'on'} until ${iso(at)} only; ask for a shorter time`, details: { until: iso(at) } }]
    return this.#isCut && this.#direction === 'newest first' ? stopped : [...stopped, ...missingWarnings(this.#host, await missing(historyOf(this.#host), this.span))]
  }
}

/** A view and the mesh time to ask it for. */
export interface Moment {
  readonly view: View
  readonly time: Millis
  readonly warnings: readonly Warning[]
}

/** The present, or what the authors of that time had written by then: also of claims that have left their authors' documents since. */
export const momentOf = async ({ host, meshNow }: OperationContext, at: Millis | undefined): Promise<Moment> => {
  if (at === undefined) return { view: host.replica.view, time: meshNow, warnings: [] }
  const time = host.replica.meshTime(at)
  const then = await viewAt(historyOf(host), time)
  return { view: then.view, time, warnings: missingWarnings(host, then.missing) }
}
