import type { AuthorId } from '../brand.js'
import type { Entry } from '../coordination/records/entry.js'
import { LIMITS } from '../limits.js'
import { keyOf } from '../replication/author.js'
import type { Admission } from '../replication/log-book.js'
import type { AuthorLog } from '../replication/log.js'
import type { Context } from './context.js'
import { decodeDropped, droppedNote, droppedRecords, encodeDropped, oldestBeyond } from './dropped.js'
import type { Intake } from './intake.js'
import type { Levelling } from './levelling.js'
import { idsIn, type Places } from './places.js'
import type { Reads } from './reads.js'
import type { Standing } from './standing.js'

export interface NamingParts {
  readonly standing: Standing
  readonly intake: Intake
  readonly reads: Reads
  readonly places: Places
  readonly levelling: Levelling
}

/** A log that is read anew from the own disk. */
interface Rereading {
  /** Numbers at which something may begin on the disk, ascending. */
  readonly starts: number[]
  /** What counted of it in the view before. */
  readonly entries: readonly Entry[]
  next: number
  isReading: boolean
}

const MEMBER: Admission = { state: 'member' }
const CHUNK = { frames: LIMITS.framesPerReply, bytes: LIMITS.framesPerReplyBytes }

const isSame = (left: Admission, right: Admission): boolean => {
  if (left.state !== 'named' || right.state !== 'named') return left.state === right.state
  return left.head?.seq === right.head?.seq && left.head?.hash === right.head?.hash
}

/**
 * Brings the logs that are held to what the acts say of them (rules B4): an epoch that no act names is out whole, and of one that is named the chain
 * counts that ends in the named head. A log that went on past it, or that holds another branch, is read anew from the own disk; until that is done,
 * or a peer has given what leads to the head, nothing of it is shown. So view and digest depend on acts and frames alone, not on their order.
 */
export class Naming {
  readonly #context: Context
  readonly #parts: NamingParts
  /** What each log in memory was last made to fit; where there is nothing: that of a member. */
  readonly #applied = new Map<AuthorId, Admission>()
  readonly #rereadings = new Map<AuthorId, Rereading>()

  constructor(context: Context, parts: NamingParts) {
    this.#context = context
    this.#parts = parts
  }

  /**
   * Everything stored was given, acts before frames: what is in memory fits the acts. Where the newest snapshot on disk lies off the chain that
   * is named, nothing could be taken, and the log is read anew.
   */
  restored(): void {
    const { logs } = this.#context
    const authors = [...Array.from(logs.logs(), log => log.author), ...Array.from(logs.unread(), ([author]) => author)]
    for (const author of authors) {
      const is = this.#parts.standing.admissionOf(author)
      this.#applied.set(author, is)
      if (is.state === 'named' && is.head !== null && logs.get(author) === null) this.#begin(author, [])
    }
  }

  /** The roster may have changed. */
  apply(): void {
    const { logs } = this.#context
    const authors = [...Array.from(logs.logs(), log => log.author), ...Array.from(logs.unread(), ([author]) => author)]
    for (const author of authors) this.#applyTo(author)
  }

  /** Begins to read what waits for it: once nothing of that author is on its way to the disk. */
  proceed(): void {
    for (const [author, rereading] of this.#rereadings) {
      if (rereading.isReading || this.#context.commits.isWriting(author)) continue
      rereading.isReading = true
      this.#read(author, rereading)
    }
  }

  #applyTo(author: AuthorId): void {
    const { logs, view } = this.#context
    const is = this.#parts.standing.admissionOf(author)
    const was = this.#applied.get(author) ?? MEMBER
    if (is.state === 'unknown' || isSame(was, is)) return
    this.#applied.set(author, is)
    logs.changed()
    const log = logs.get(author)
    if (is.state === 'named' && was.state === 'member' && log !== null && this.#fits(log, is)) {
      if (log.endsIn(is.head)) view.replaceAuthor(author, keyOf(author), log.records)
      else view.dropAuthor(author)
      return
    }
    this.#reread(author, log, is)
  }

  /** Whether all that is held may lie on the chain that the act names. */
  #fits(log: AuthorLog, { head }: Extract<Admission, { state: 'named' }>): boolean {
    return head !== null && (log.headSeq < head.seq || log.endsIn(head))
  }

  #reread(author: AuthorId, log: AuthorLog | null, is: Admission): void {
    const { logs, view, rereading } = this.#context
    const earlier = this.#rereadings.get(author)
    const entries = earlier?.entries ?? this.#counted(log)
    if (is.state === 'named' && log !== null) this.#noteDropped(author, is, log, entries)
    view.dropAuthor(author)
    logs.drop(author)
    this.#rereadings.delete(author)
    rereading.delete(author)
    this.#context.happened({ type: 'viewChanged' })
    if (is.state === 'named' && is.head === null) return
    this.#begin(author, entries)
  }

  #begin(author: AuthorId, entries: readonly Entry[]): void {
    const { logs, rereading } = this.#context
    const starts = logs.onDisk(author).map(({ first }) => first)
    this.#rereadings.set(author, { starts, entries, next: starts[0] ?? 0, isReading: false })
    rereading.add(author)
  }

  #read(author: AuthorId, rereading: Rereading): void {
    const { next } = rereading
    this.#parts.reads.begin(author, next, CHUNK, frames => {
      if (this.#rereadings.get(author) === rereading) this.#take(author, rereading, frames)
    })
  }

  #take(author: AuthorId, rereading: Rereading, frames: readonly Uint8Array[]): void {
    const { logs, now } = this.#context
    const { intake, places, standing } = this.#parts
    for (const bytes of frames) {
      const taken = intake.restore(bytes, now)
      if (taken.type !== 'appended') continue
      places.remember(taken.frames, idsIn(taken.change))
      for (const { header } of taken.frames) logs.get(author)?.stored(header.seq)
    }
    const admission = standing.admissionOf(author)
    const last = admission.state === 'named' ? (admission.head?.seq ?? -1) : Number.MAX_SAFE_INTEGER
    const next = frames.length > 0 ? rereading.next + frames.length : rereading.starts.find(start => start > rereading.next)
    if (next === undefined || next > last) return this.#finish(author, rereading)
    rereading.next = next
    this.#read(author, rereading)
  }

  #finish(author: AuthorId, { entries }: Rereading): void {
    const { logs, notes, rereading, commits } = this.#context
    const { standing, levelling } = this.#parts
    this.#rereadings.delete(author)
    rereading.delete(author)
    logs.changed()
    const start = logs.get(author)?.takeStart() ?? null
    if (start !== null) commits.staged.starts.set(author, start)
    const admission = standing.admissionOf(author)
    if (admission.state === 'member' && notes.has(droppedNote(author))) this.#context.note(droppedNote(author), null)
    else if (admission.state === 'named') this.#listDropped(author, entries)
    this.#context.happened({ type: 'viewChanged' })
    levelling.reconsider()
  }

  #counted(log: AuthorLog | null): Entry[] {
    const { view } = this.#context
    return log === null ? [] : [...log.records.keys()].map(id => view.record(id)).filter(entry => entry !== null)
  }

  /** What falls off is told, at once by its numbers, and by its records once it is known which of them stay. */
  #noteDropped(author: AuthorId, { head }: Extract<Admission, { state: 'named' }>, log: AuthorLog, entries: readonly Entry[]): void {
    const { notes, now, view } = this.#context
    // what lies below the newest snapshot only the disk can tell: which of the records stay is looked up once it was read
    const stays = head !== null && (head.seq < log.chain.base || log.hashAt(head.seq) === head.hash)
    const from = stays ? head.seq + 1 : (log.chain.all[0]?.first ?? 0)
    if (log.headSeq < from) return
    const forget = notes.has(droppedNote(author)) ? null : oldestBeyond(notes)
    if (forget !== null) this.#context.note(forget, null)
    const gone = stays ? [] : entries
    this.#context.note(droppedNote(author), encodeDropped({ author, from, to: log.headSeq, count: gone.length, records: droppedRecords(gone, view.names()), at: now.wall }))
  }

  #listDropped(author: AuthorId, entries: readonly Entry[]): void {
    const { notes, view } = this.#context
    const noted = notes.get(droppedNote(author))
    if (noted === undefined) return
    const gone = entries.filter(({ id }) => view.record(id) === null)
    const value = encodeDropped({ ...decodeDropped(author, noted), count: gone.length, records: droppedRecords(gone, view.names()) })
    if (value !== noted) this.#context.note(droppedNote(author), value)
  }
}
