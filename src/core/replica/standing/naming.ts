import type { AuthorId, Hash } from '../../brand.js'
import type { Entry } from '../../coordination/records/entry.js'
import { LIMITS } from '../../limits.js'
import { keyOf } from '../../replication/author.js'
import { decodeFrame } from '../../replication/frame.js'
import type { Admission } from '../../replication/log-book.js'
import type { AuthorLog } from '../../replication/log.js'
import { runAt } from '../../replication/runs.js'
import { frameHash } from '../../replication/verification.js'
import type { Context } from '../context.js'
import { decodeDropped, droppedNote, droppedRecords, encodeDropped, oldestBeyond } from './dropped.js'
import type { Intake } from '../reception/intake.js'
import type { Levelling } from '../levelling/levelling.js'
import { idsIn, type Places } from '../own/places.js'
import type { Reads } from '../reads.js'
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
  /** What counted of it in the view before. */
  readonly entries: readonly Entry[]
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
  /** What each log that is held was last made to fit. */
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
    for (const author of this.#authors()) {
      const is = this.#parts.standing.admissionOf(author)
      this.#applied.set(author, is)
      if (is.state !== 'named') continue
      if (is.head === null) this.#context.giveUp(author)
      else if (logs.get(author)?.endsIn(is.head) === true) this.#retire(author, is.head.seq + 1)
      else if (runAt(logs.onDisk(author), is.head.seq) !== null) this.#reread(author, logs.get(author), is)
    }
  }

  /** The roster may have changed. */
  apply(): void {
    const held = new Set(this.#authors())
    // of whom nothing is held, whatever comes later begins anew
    for (const author of this.#applied.keys()) if (!held.has(author)) this.#applied.delete(author)
    for (const author of held) this.#applyTo(author)
  }

  /** Of these something is held, in memory or on disk. */
  #authors(): AuthorId[] {
    const { logs } = this.#context
    return [...Array.from(logs.logs(), ({ author }) => author), ...Array.from(logs.unread(), ([author]) => author)]
  }

  /** Begins to read what waits for it: once nothing of that author is on its way to the disk. */
  proceed(): void {
    for (const [author, rereading] of this.#rereadings) {
      if (rereading.isReading || this.#context.commits.isWriting(author)) continue
      rereading.isReading = true
      const admission = this.#parts.standing.admissionOf(author)
      if (admission.state === 'named' && admission.head !== null) this.#readDown(author, rereading, { before: admission.head.seq + 1, hash: admission.head.hash }, [])
      else this.#readOn(author, rereading, this.#context.logs.startOnDisk(author))
    }
  }

  #applyTo(author: AuthorId): void {
    const { logs, view } = this.#context
    const is = this.#parts.standing.admissionOf(author)
    const known = this.#applied.get(author)
    const was = known ?? MEMBER
    if (is.state === 'unknown' || (known !== undefined && isSame(known, is))) return
    this.#applied.set(author, is)
    const log = logs.get(author)
    // it may have begun below a named head, and nothing of it was shown
    if (known === undefined && is.state === 'member' && log !== null) return logs.isForked(author) ? undefined : view.replaceAuthor(author, keyOf(author), log.records)
    logs.changed()
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
    if (is.state === 'named' && is.head === null) return this.#context.giveUp(author)
    this.#rereadings.set(author, { entries, isReading: false })
    rereading.add(author)
  }

  /**
   * The chain that ends in the named head, from its newest whole snapshot on: read downwards, each frame held against the hash that the one above it
   * names, so that what lies on the disk of other branches is never taken for it.
   */
  #readDown(author: AuthorId, rereading: Rereading, above: { readonly before: number; readonly hash: Hash }, chain: readonly Uint8Array[]): void {
    const { crypto } = this.#context
    const last = above.before + chain.length - 1
    this.#parts.reads.beginBefore(author, above.before, CHUNK, read => {
      if (this.#rereadings.get(author) !== rereading) return
      let { before, hash } = above
      const found = [...chain]
      for (const bytes of read.toReversed()) {
        const decoded = decodeFrame(bytes)
        if (!decoded.ok || frameHash(crypto, decoded.value.headerBytes) !== hash) return this.#finish(author, rereading)
        const { seq, prev, kind, part, parts } = decoded.value.header
        found.unshift(bytes)
        before = seq
        hash = prev
        if (seq > 0 && (kind !== 'snapshot' || part > 0 || seq + parts - 1 > last)) continue
        this.#take(author, found)
        return this.#finish(author, rereading)
      }
      if (read.length === 0) return this.#finish(author, rereading)
      this.#readDown(author, rereading, { before, hash }, found)
    })
  }

  /** What a start would read: from where the log begins on the disk to its end. */
  #readOn(author: AuthorId, rereading: Rereading, from: number): void {
    this.#parts.reads.begin(author, from, CHUNK, read => {
      if (this.#rereadings.get(author) !== rereading) return
      this.#take(author, read)
      const next = read.length > 0 ? from + read.length : this.#context.logs.onDisk(author).find(({ first }) => first > from)?.first
      if (next === undefined) return this.#finish(author, rereading)
      this.#readOn(author, rereading, next)
    })
  }

  #take(author: AuthorId, frames: readonly Uint8Array[]): void {
    const { logs, now } = this.#context
    const { intake, places } = this.#parts
    for (const bytes of frames) {
      const taken = intake.restore(bytes, now)
      if (taken.type !== 'appended') continue
      places.remember(taken.frames, idsIn(taken.change))
      for (const { header } of taken.frames) logs.get(author)?.stored(header.seq)
    }
  }

  #finish(author: AuthorId, { entries }: Rereading): void {
    const { logs, notes, rereading } = this.#context
    const { standing, levelling } = this.#parts
    this.#rereadings.delete(author)
    rereading.delete(author)
    logs.changed()
    const admission = standing.admissionOf(author)
    if (admission.state === 'named') {
      this.#listDropped(author, entries)
      if (admission.head !== null && logs.get(author)?.endsIn(admission.head) === true) this.#retire(author, admission.head.seq + 1)
      else this.#context.giveUp(author)
    } else if (notes.has(droppedNote(author))) this.#context.note(droppedNote(author), null)
    this.#context.happened({ type: 'viewChanged' })
    levelling.reconsider()
  }

  /** Takes off the disk what lies behind this number, unless it has to be kept. */
  #retire(author: AuthorId, from: number): void {
    const { commits, logs } = this.#context
    const start = logs.get(author)?.takeStart() ?? null
    if (start !== null) commits.staged.starts.set(author, start)
    if (this.#context.keepsFallen(author) || logs.get(author)?.chain.beyond.length === 0) return
    commits.staged.retired.push({ author, from, until: Number.MAX_SAFE_INTEGER })
    logs.retired(author, from)
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
