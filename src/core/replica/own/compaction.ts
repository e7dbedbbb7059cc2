import type { Millis, RecordId } from '../../brand.js'
import { droppable } from '../../coordination/compaction/droppable.js'
import { LIMITS } from '../../limits.js'
import { authorParts, everyEpochOf, isAuthorId, keyOf } from '../../replication/author.js'
import type { AuthorLog } from '../../replication/log.js'
import type { Context } from '../context.js'
import { actsNaming } from '../standing/credentials.js'

const NOTHING: ReadonlySet<RecordId> = new Set()

/** What is known when it is asked whether a snapshot is worth its cost. */
export interface Worth {
  /** Records in the document, and how many of them may be dropped. */
  readonly records: number
  readonly dropped: number
  readonly bytes: number
  readonly snapshotAgeMs: Millis
  /** Somebody waits for room. */
  readonly isFull: boolean
}

/**
 * Whether to write the document anew. Where more than half of it goes, and more than a thousand records, each record that is written again
 * has paid for itself by one that went: on the long run a record is written at most twice. Near the limits an eighth is enough, once a day a
 * tenth, and where the log is full a hundredth.
 */
export const isWorthwhile = ({ records, dropped, bytes, snapshotAgeMs, isFull }: Worth): boolean => {
  if (dropped === 0) return false
  if (dropped > LIMITS.compactRecords && dropped * 2 > records) return true
  if (isFull) return dropped * 100 >= records
  const isNear = records * 4 > LIMITS.liveRecordsPerAuthor * 3 || bytes * 4 > LIMITS.documentBytesPerAuthor * 3
  return (isNear && dropped * 8 >= records) || (snapshotAgeMs >= LIMITS.compactDailyMs && dropped * 10 >= records)
}

/** When the own document is written anew, and without what. Looking costs time linear in the document, so it is done rarely. */
export class Compaction {
  readonly #context: Context
  #lookedMono: Millis = 0
  /** Records written since it was looked last. */
  #added = 0

  constructor(context: Context) {
    this.#context = context
  }

  /** A first look falls due soon after the start, and not in a command that opens the home for a moment. */
  start(): void {
    this.#lookedMono = this.#context.now.mono + LIMITS.beatMs - LIMITS.compactLookMs
    this.#added = this.#context.own.log?.framesSinceSnapshot ?? 0
  }

  wrote(records: number): void {
    this.#added += records
  }

  /** Reading of the monotonic clock at which it is worth looking although nobody writes, or null. */
  get dueMono(): Millis | null {
    const { own, commits } = this.#context
    const isIdle = own.log === null || own.log.records.size < LIMITS.compactRecords || commits.isBusy || commits.fenced !== null
    return isIdle ? null : this.#lookedMono + LIMITS.compactLookMs
  }

  get isDue(): boolean {
    const { own, now } = this.#context
    if (own.log === null) return false
    return own.needsCompaction || (own.log.records.size >= LIMITS.compactRecords && (this.#added >= LIMITS.compactRecords || now.mono >= this.#lookedMono + LIMITS.compactLookMs))
  }

  /** @returns what the snapshot to be written now leaves out; null where none is due, or none worth its cost. */
  plan(): ReadonlySet<RecordId> | null {
    const { own } = this.#context
    if (own.log === null || !this.isDue) return null
    const dropped = this.droppable(own.log)
    return own.needsCompaction || this.#isWorthwhile(own.log, dropped, false) ? dropped : null
  }

  /** The same where a record found no room. */
  planForRoom(): ReadonlySet<RecordId> | null {
    const { own, now } = this.#context
    if (own.log === null || now.mono < this.#lookedMono + LIMITS.compactFullLookMs) return null
    const dropped = this.droppable(own.log)
    return this.#isWorthwhile(own.log, dropped, true) ? dropped : null
  }

  /** Looks at every record of the document. */
  droppable(log: AuthorLog): ReadonlySet<RecordId> {
    const { view, hostId, key, logs, now, meshNow } = this.#context
    this.#lookedMono = now.mono
    this.#added = 0
    const others = [...logs.logs()].filter(other => other !== log && keyOf(other.author) === key && other.records.size > 0)
    const found = droppable({ view, host: hostId, records: log.records, elsewhere: id => others.some(({ records }) => records.has(id)), isAllShown: this.#isAllShown }, meshNow)
    return found.size === 0 ? NOTHING : found
  }

  #isWorthwhile(log: AuthorLog, dropped: ReadonlySet<RecordId>, isFull: boolean): boolean {
    const { records, document, snapshotWall } = log
    return isWorthwhile({ records: records.size, dropped: dropped.size, bytes: document.textBytes, snapshotAgeMs: this.#context.now.wall - snapshotWall, isFull })
  }

  /** Nobody's records are out of view for a while: a fork whose author has not written since, a named head whose chain is not held. */
  get #isAllShown(): boolean {
    const { logs, acts, meshNow } = this.#context
    for (const [author] of logs.proofs()) {
      // a key that opened too many epochs publishes nothing again
      if (author === everyEpochOf(keyOf(author))) continue
      const { counter } = authorParts(author).epoch
      const goesOn = [...logs.logs()].some(log => keyOf(log.author) === keyOf(author) && log.headSeq >= 0 && authorParts(log.author).epoch.counter > counter)
      if (!goesOn) return false
    }
    for (const member of acts.roster().members.values()) {
      if (member.state !== 'named') continue
      const isMissing = member.heads.some(({ epoch, seq }) => {
        const author = `${member.key}/${epoch}`
        return isAuthorId(author) && logs.headSeq(author) < seq
      })
      // what a host that left had not yet shown to anybody may never come: it is waited for as long as what is said is kept
      const isAwaited = member.how === 'revoked' || member.how === 'rotated' || actsNaming(acts, member.key).some(({ stamp }) => stamp.wall + LIMITS.saidKeptMs > meshNow)
      if (isMissing && isAwaited) return false
    }
    return true
  }
}
