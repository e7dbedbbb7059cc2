import type { AuthorId, Millis, RecordId } from '../../brand.js'
import { utf8Length } from '../../encoding/bytes.js'
import { LIMITS } from '../../limits.js'
import { everyEpochOf } from '../../replication/author.js'
import { NO_CHANGES, type RecordChanges } from '../../replication/document.js'
import type { AuthorLog } from '../../replication/log.js'
import { SnapshotDefect } from '../../replication/own-log.js'
import type { VerifiedFrame } from '../../replication/verification.js'
import { Compaction } from './compaction.js'
import type { Context } from '../context.js'
import type { Doubts } from './doubts.js'
import type { Intake } from '../reception/intake.js'
import { epochsHeld } from './own-heads.js'
import type { Places } from './places.js'
import type { Standing } from '../standing/standing.js'

export interface EpochsParts {
  readonly standing: Standing
  readonly intake: Intake
  readonly places: Places
  readonly doubts: Doubts
}

/**
 * The lives of the own log. A host in doubt about its own past, or whose epoch forked, writes on in a new epoch; what others hold of the old
 * one they give back.
 */
export class Epochs {
  readonly #context: Context
  readonly #standing: Standing
  readonly #intake: Intake
  readonly #places: Places
  readonly #doubts: Doubts
  /** Records of own epochs that a fork took from view, to be published again in the present one (rules C4). */
  readonly #rescued = new Map<RecordId, string>()
  readonly #compaction: Compaction
  #defect: string | null = null

  constructor(context: Context, { standing, intake, places, doubts }: EpochsParts) {
    this.#context = context
    this.#standing = standing
    this.#intake = intake
    this.#places = places
    this.#doubts = doubts
    this.#compaction = new Compaction(context)
  }

  start(): void {
    this.#compaction.start()
    this.#rescueAgain()
  }

  /** Every own epoch that is held, newest first. */
  all(): AuthorLog[] {
    const { logs, key } = this.#context
    return epochsHeld(logs, key)
  }

  /** What counts at present in an own epoch, or in all of them, to be kept when a fork takes it from view. */
  liveIn(author: AuthorId): ReadonlyMap<RecordId, string>[] {
    const { logs, key } = this.#context
    const all = author === everyEpochOf(key)
    return this.all().flatMap(log => (!logs.isForked(log.author) && (all || log.author === author) ? [log.records] : []))
  }

  /** What counted in an own epoch until it was shown to have forked is published again, in the same commit as the proof. */
  rescue(records: ReadonlyMap<RecordId, string>): void {
    for (const [id, text] of records) this.#rescued.set(id, text)
  }

  /**
   * An act keeps another branch of this own epoch than the one on this disk, which that branch will be written over. What was live here goes into a new
   * epoch: it counts nowhere while the act stands, and everywhere once it has fallen with the operator that signed it.
   */
  secure(author: AuthorId, records: ReadonlyMap<RecordId, string>): void {
    const { own, logs, key, now, offsetMs, refusals } = this.#context
    const others = this.all().filter(log => log.author !== author)
    const left = new Map([...records].filter(([id]) => !others.some(log => log.records.has(id))))
    if (left.size === 0) return
    if (logs.isSpent(key) || logs.epochsOf(key).size >= LIMITS.epochsPerKey) {
      return refusals.add('KEY_SPENT', `${left.size} records of an epoch of which an act keeps another branch find no epoch to be kept in`, 'this host', now.wall)
    }
    this.#doubts.raise('forked', 'an act of the mesh keeps another branch of this host\'s log than the one on this disk: did another copy of this home write? What was written here is kept aside, and counts again if that act falls')
    if (!this.#stageSnapshot(() => own.openEpoch(left, now.wall, offsetMs, this.#doubts.highestCounter)) || own.author === null) return
    this.#doubts.opened(own.author)
    logs.drop(own.author)
  }

  /** Whether there is something to write that no session asked for. A host whose key has ended keeps it until the act that ended it falls. */
  get isDue(): boolean {
    return !this.#standing.hasLeft && (this.#rescued.size > 0 || this.#mustRenew || this.#compaction.isDue) && !this.isSpent
  }

  /** Nothing can be written any more: an epoch would have to be opened, and the key has opened all that it may (rules C1). */
  get isSpent(): boolean {
    const { own, logs, key } = this.#context
    const needsOne = own.author === null || this.#mustRenew
    return logs.isSpent(key) || (needsOne && logs.epochsOf(key).size >= LIMITS.epochsPerKey)
  }

  /** Reading of the monotonic clock at which `isDue` becomes true by itself, or null. */
  get dueMono(): Millis | null {
    return this.#standing.hasLeft || this.isSpent ? null : this.#compaction.dueMono
  }

  /** Why nothing more may be signed: a snapshot that this host made does not hold. Null while all is well. */
  get defect(): string | null {
    return this.#defect
  }

  /** The epoch written on so far can no longer be trusted, or counts nowhere. */
  get #mustRenew(): boolean {
    const { own, logs } = this.#context
    return own.author !== null && (this.#doubts.pending !== null || logs.isForked(own.author))
  }

  /** Sees to it that there is an epoch to write on; not to be called of a key that is spent. */
  ready(): void {
    const { own, logs, now, offsetMs } = this.#context
    this.#doubts.judgeClock(LIMITS.pauseMs)
    const current = own.author
    const forked = current !== null && logs.isForked(current)
    if (current !== null && !forked && this.#doubts.pending === null) {
      this.#publishRescued()
      const dropped = this.#compaction.plan()
      return dropped === null ? undefined : this.#compact(dropped)
    }
    if (forked) this.#doubts.raise('forked', 'two histories of this host\'s log were shown, both under its signature: does another copy of this home write?')
    const why = this.#doubts.pending?.text ?? 'the first one'
    if (!this.#stageSnapshot(() => own.openEpoch(new Map(), now.wall, offsetMs, this.#doubts.highestCounter)) || own.author === null) return
    this.#doubts.opened(own.author)
    this.#context.happened({ type: 'epochOpened', author: own.author, why })
    this.#publishRescued()
  }

  /** Writes a snapshot without what has ended, unless a new epoch will begin with one. */
  compact(): void {
    const { own } = this.#context
    if (own.log !== null && !this.#mustRenew) this.#compact(this.#compaction.droppable(own.log))
  }

  /** The same where a record found no room, if enough has ended. @returns whether there is more room now */
  makeRoom(): boolean {
    const dropped = this.#compaction.planForRoom()
    if (dropped === null) return false
    this.#compact(dropped)
    return this.#defect === null
  }

  /** Makes frames of records, to be put on disk with the next commit. */
  write(records: readonly (readonly [RecordId, string])[]): RecordChanges {
    const { own, now, offsetMs } = this.#context
    const { frames, changes } = own.write(records, now.wall, offsetMs)
    this.#compaction.wrote(records.length)
    this.#stage(frames, changes.set.keys())
    return changes
  }

  #publishRescued(): void {
    const { own } = this.#context
    const records: (readonly [RecordId, string])[] = []
    const counting = this.#rescued.size === 0 ? [] : this.#counting()
    let bytes = 0
    let left = 0
    for (const record of this.#rescued) {
      const more = utf8Length(record[1])
      if (counting.some(log => log.records.has(record[0]))) continue
      if (!own.hasRoomFor({ records: records.length + 1, bytes: bytes + more })) {
        left += 1
        continue
      }
      bytes += more
      records.push(record)
    }
    this.#rescued.clear()
    if (left > 0) this.#context.refusals.add('LOG_FULL', `${left} records of an epoch that forked find no room in the present one`, 'this host', this.#context.now.wall)
    if (own.author !== null && records.length > 0) this.#intake.show(own.author, { type: 'changed', changes: this.write(records) })
  }

  /** Own epochs that count. */
  #counting(): AuthorLog[] {
    return this.all().filter(log => !this.#context.logs.isForked(log.author))
  }

  /**
   * A crash may have come between the proof, which was on disk, and what was to be published again. What was, stays in the present epoch as long as the
   * forked one is held (`Compaction`): nothing that has ended since comes back by this.
   */
  #rescueAgain(): void {
    const { logs, key } = this.#context
    if (logs.isSpent(key)) return
    const counting = this.#counting()
    const lost = this.all().flatMap(log => (logs.isForked(log.author) ? [...log.records] : [])).filter(([id]) => !counting.some(log => log.records.has(id)))
    this.rescue(new Map(lost))
  }

  #compact(dropped: ReadonlySet<RecordId>): void {
    const { own, now, offsetMs } = this.#context
    if (!this.#stageSnapshot(() => own.compact(now.wall, offsetMs, dropped)) || own.author === null) return
    this.#context.happened({ type: 'compacted', author: own.author, kept: own.log?.records.size ?? 0, dropped })
    if (dropped.size === 0) return
    this.#places.forget(dropped)
    this.#intake.show(own.author, { type: 'changed', changes: { ...NO_CHANGES, removed: dropped } })
    this.#context.happened({ type: 'viewChanged' })
  }

  /** A snapshot that does not hold ends all writing and not the daemon: reads go on, and the one before it stays in force. */
  #stageSnapshot(make: () => VerifiedFrame[]): boolean {
    try {
      this.#stage(make())
      return true
    } catch (error) {
      if (!(error instanceof SnapshotDefect)) throw error
      this.#defect = error.message
      return false
    }
  }

  #stage(frames: readonly VerifiedFrame[], ids: Iterable<RecordId> = []): void {
    const { logs, commits } = this.#context
    logs.changed()
    for (const frame of frames) commits.staged.frames.push({ frame, from: null })
    this.#places.remember(frames, ids)
  }
}
