import type { AuthorId } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import type { AuthorLog } from '../../replication/log.js'
import type { Run } from '../../replication/runs.js'
import type { Context } from '../context.js'
import type { History } from './history.js'
import type { Input } from '../input.js'
import type { Fallen } from '../standing/fallen.js'

export type DiskInput = Extract<Input, { type: 'diskFree' | 'pastDamaged' }>

/**
 * What the disk no longer holds of the past. When it is short, what acts took out of the mesh goes first, and then history behind snapshots, the
 * greatest author's first and its oldest first (rules G2). Acts, proofs and everything since each author's newest snapshot stay: nothing that
 * counts depends on what goes, and peers may give it back when there is room.
 */
export class Pruning {
  readonly #context: Context
  readonly #history: History
  readonly #fallen: Fallen

  constructor(context: Context, history: History, fallen: Fallen) {
    this.#context = context
    this.#history = history
    this.#fallen = fallen
  }

  take(input: DiskInput): void {
    return input.type === 'diskFree' ? this.#makeRoom(input.bytes) : this.#lost(input.author, { first: input.seq, last: input.seq })
  }

  /** Each reading lets one piece of history go, so that the next one tells what that gave. */
  #makeRoom(freeBytes: number): void {
    const { commits } = this.#context
    this.#history.setRoom(freeBytes >= LIMITS.diskForHistoryBytes)
    if (freeBytes >= LIMITS.diskLowBytes || commits.fenced !== null || commits.isRetiring) return
    if (this.#fallen.letGo()) return
    const greatest = this.#greatest()
    const oldest = greatest?.chain.past[0]
    if (greatest !== null && oldest !== undefined) this.#retire(greatest.author, oldest.first, Math.min(oldest.last + 1, oldest.first + LIMITS.retiredAtOnce))
  }

  /** Whose past has the most frames; of equals the first by name. */
  #greatest(): AuthorLog | null {
    let greatest: AuthorLog | null = null
    for (const log of this.#context.logs.logs()) {
      if (log.chain.pastCount === 0 || this.#context.rereading.has(log.author)) continue
      const more = log.chain.pastCount - (greatest?.chain.pastCount ?? 0)
      if (greatest === null || more > 0 || (more === 0 && log.author < greatest.author)) greatest = log
    }
    return greatest
  }

  #retire(author: AuthorId, from: number, until: number): void {
    const { commits } = this.#context
    commits.staged.retired.push({ author, from, until })
    this.#lost(author, { first: from, last: until - 1 })
    this.#context.happened({ type: 'historyRetired', author, from, until })
  }

  #lost(author: AuthorId, run: Run): void {
    this.#context.logs.get(author)?.chain.lost(run)
    this.#history.changed(author)
  }
}
