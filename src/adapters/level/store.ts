import type { ActId, AuthorId } from '../../core/brand.js'
import { compareText, fromUtf8 } from '../../core/encoding/bytes.js'
import { LIMITS } from '../../core/limits.js'
import { StoreFailure } from '../../ports/store.js'
import { runAt, withinRuns } from '../../core/replication/runs.js'
import type { Batch, FrameRange, FrameStore, Reach, ReadLimit, Stored, StoredFrame } from '../../ports/store.js'
import { compactRange, readBackwards, readNumbers } from './database.js'
import type { Database } from './database.js'
import type { Foothold } from './foothold.js'
import { fenceOf } from './failures.js'
import { batchBytes, groupCommits } from './group.js'
import { NOTHING_HELD } from './held.js'
import type { Held } from './held.js'
import type { Inspection } from './inspection.js'
import { frameKey, rowKey } from './keys.js'
import type { TableName } from './keys.js'
import type { StoreLock } from './lock.js'
import { encodeRoot } from './root.js'
import type { Space } from './space.js'
import { decodeRow } from './table.js'
import type { Table } from './table.js'
import type { Tail } from './tail.js'

/** What a store holds open, to be closed with it. */
export interface StoreParts {
  readonly db: Database
  readonly tail: Pick<Tail, 'failure' | 'note' | 'close'>
  readonly lock: StoreLock
  readonly space: Space
  readonly foothold: Foothold
}

interface Waiting {
  readonly batch: Batch
  readonly bytes: number
  resolve(): void
  reject(reason: StoreFailure): void
}

/**
 * The frame store on LevelDB. Every value is sealed with a checksum over its key; every commit also writes each touched author's held
 * numbers and a root that counts and sums up the rest, so that what LevelDB loses without a word is seen at the next start (hazards L1, L2).
 * Commits that wait while one is written go into the next write together: one fsync for all of them.
 */
export class LevelStore implements FrameStore {
  readonly #db: Database
  readonly #tail: StoreParts['tail']
  readonly #lock: StoreLock
  readonly #space: Space
  readonly #foothold: Foothold
  readonly #inspection: Inspection
  readonly #tables: ReadonlyMap<TableName, Table>
  readonly #held: Map<AuthorId, Held>
  readonly #waiting: Waiting[] = []
  #commits: number
  #settled = false
  #fence: StoreFailure | null
  #writing: Promise<void> | null = null
  #closing: Promise<void> | null = null
  #compacting: Promise<void> = Promise.resolve()

  /** @param fence why it is there for reading alone, or null */
  constructor({ db, tail, lock, space, foothold }: StoreParts, inspection: Inspection, fence: StoreFailure | null) {
    this.#db = db
    this.#tail = tail
    this.#lock = lock
    this.#space = space
    this.#foothold = foothold
    this.#inspection = inspection
    this.#tables = inspection.tables
    this.#held = inspection.held
    this.#commits = inspection.commits
    this.#fence = fence
  }

  get fence(): StoreFailure | null {
    return this.#closed() ?? this.#fence
  }

  async freeBytes(): Promise<number | null> {
    await this.#compacting
    // a disk that does not even say this is met by the next commit, which fails and says why
    return this.#space.free().catch(() => null)
  }

  async *scan(reach: Reach): AsyncGenerator<Stored> {
    this.#mustBeOpen()
    for await (const { name, bytes } of this.#rows('note')) yield { type: 'note', key: name, value: fromUtf8(bytes) ?? '' }
    for await (const { name, bytes } of this.#rows('act')) yield { type: 'act', id: name as ActId, bytes }
    for await (const { name, bytes } of this.#rows('proof')) yield { type: 'proof', author: name as AuthorId, bytes }
    yield* this.#inspection.damaged
    for (const [author, { runs, start }] of [...this.#held].toSorted(([left], [right]) => compareText(left, right))) {
      yield { type: 'log', author, start, held: runs }
      for (const { first, last } of reach === 'whole' ? runs : withinRuns(runs, start, Number.MAX_SAFE_INTEGER)) {
        for await (const reading of readNumbers(this.#db, seq => frameKey(author, seq), first, last)) {
          const seq = reading.number
          if (reading.sealed !== null) yield { type: 'frame', frame: { author, seq, bytes: reading.sealed.bytes } }
          else yield { type: 'damaged', what: `frame ${seq} of ${author} is ${reading.why}`, author, seq }
        }
      }
    }
  }

  commit(batch: Batch): Promise<void> {
    const refusal = this.#closed() ?? this.#fence
    if (refusal !== null) return Promise.reject(refusal)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, bytes: batchBytes(batch), resolve, reject })
      this.#writing ??= this.#write()
    })
  }

  async frames(author: AuthorId, from: number, limit: ReadLimit): Promise<StoredFrame[]> {
    this.#mustBeOpen()
    const frames: StoredFrame[] = []
    const run = runAt(this.#heldOf(author).runs, from)
    if (run === null) return frames
    let bytes = 0
    const last = Math.min(run.last, from + Math.max(1, limit.frames) - 1)
    for await (const { number, sealed } of readNumbers(this.#db, seq => frameKey(author, seq), from, last)) {
      if (sealed === null) break
      bytes += sealed.bytes.length
      if (frames.length > 0 && bytes > limit.bytes) break
      frames.push({ author, seq: number, bytes: sealed.bytes })
    }
    return frames
  }

  async framesBefore(author: AuthorId, before: number, limit: ReadLimit): Promise<StoredFrame[]> {
    this.#mustBeOpen()
    const frames: StoredFrame[] = []
    const run = runAt(this.#heldOf(author).runs, before - 1)
    if (run === null) return frames
    let size = 0
    const first = Math.max(run.first, before - Math.max(1, limit.frames))
    for await (const { number, bytes } of readBackwards(this.#db, seq => frameKey(author, seq), first, before - 1)) {
      size += bytes.length
      if (frames.length > 0 && size > limit.bytes) break
      frames.push({ author, seq: number, bytes })
    }
    return frames.toReversed()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#writing
    await this.#compacting
    try {
      await this.#tail.close()
    } finally {
      await this.#db.close()
      await this.#lock.release()
    }
  }

  #heldOf(author: AuthorId): Held {
    return this.#held.get(author) ?? NOTHING_HELD
  }

  /** LevelDB gives the room of what was deleted back only when it rewrites its tables: it is asked to at once, beside the commits that follow. */
  #giveBack(retired: readonly FrameRange[]): void {
    for (const { author, from, until } of retired) {
      const compacted = this.#compacting.then(() => compactRange(this.#db, frameKey(author, from), frameKey(author, until)))
      this.#compacting = compacted.catch(error => void (this.#fence ??= fenceOf(error)))
    }
  }

  #closed(): StoreFailure | null {
    return this.#closing === null ? null : new StoreFailure('FENCED', 'the store is closed')
  }

  #mustBeOpen(): void {
    const closed = this.#closed()
    if (closed !== null) throw closed
  }

  async *#rows(name: TableName): AsyncGenerator<{ readonly name: string; readonly bytes: Uint8Array }> {
    const table = this.#tables.get(name)
    if (table === undefined) return
    for await (const { number, sealed } of readNumbers(this.#db, slot => rowKey(name, slot), 1, table.sum.slots)) {
      const row = sealed === null ? null : decodeRow(sealed.bytes)
      if (row !== null && row.name !== null && table.holds(row.name, number)) yield { name: row.name, bytes: row.bytes }
    }
  }

  /** Writes what waits, group after group, until nothing does or a write fails. */
  async #write(): Promise<void> {
    while (this.#waiting.length > 0 && this.#fence === null) {
      const group = this.#nextGroup()
      try {
        await this.#writeGroup(group.map(({ batch }) => batch))
        for (const { resolve } of group) resolve()
      } catch (error) {
        this.#fence = fenceOf(error)
        for (const { reject } of [...group, ...this.#waiting.splice(0)]) reject(this.#fence)
      }
    }
    this.#writing = null
  }

  #nextGroup(): Waiting[] {
    let bytes = 0
    const end = this.#waiting.findIndex((waiting, index) => (bytes += waiting.bytes) > LIMITS.storeGroupBytes && index > 0)
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end)
  }

  async #writeGroup(batches: readonly Batch[]): Promise<void> {
    if (this.#tail.failure !== null) throw this.#tail.failure
    await this.#space.check()
    const unsettled = this.#settled ? new Set<AuthorId>() : this.#inspection.unsettled
    const { changes, held, retired } = groupCommits(batches, { tables: this.#tables, held: this.#held, unsettled })
    if (!this.#settled) for (const table of this.#tables.values()) changes.push(...table.settle())
    const commits = this.#commits + 1
    const root = encodeRoot({ commits, tables: new Map([...this.#tables].map(([name, table]) => [name, table.sum])) })
    await this.#db.batch([...changes, root], { sync: true })
    await this.#foothold.check()
    this.#commits = commits
    this.#settled = true
    for (const [author, now] of held) {
      if (now.runs.length > 0) this.#held.set(author, now)
      else this.#held.delete(author)
    }
    this.#giveBack(retired)
    this.#tail.note(commits)
  }
}
