import type { AuthorId } from '../../brand.js'
import type { Entry } from '../../coordination/records/entry.js'
import { keyOf } from '../../replication/author.js'
import { decodeFrame } from '../../replication/frame.js'
import type { Admission, LastHead } from '../../replication/log-book.js'
import { AuthorLog } from '../../replication/log.js'
import { runAt } from '../../replication/runs.js'
import { trustStoredFrame } from '../../replication/verification.js'
import type { Context } from '../context.js'
import { decodeDropped, droppedNote, droppedRecords, encodeDropped, oldestBeyond } from './dropped.js'
import type { Epochs } from '../own/epochs.js'
import type { Fallen } from './fallen.js'
import { takeAside } from '../forks/branch.js'
import type { Forks } from '../forks/forks.js'
import type { Intake } from '../reception/intake.js'
import type { Levelling } from '../levelling/levelling.js'
import { idsIn, type Places } from '../own/places.js'
import type { Reads } from '../reads.js'
import type { Standing } from './standing.js'
import { StoredChains } from './stored-chains.js'

export interface NamingParts {
  readonly standing: Standing
  readonly fallen: Fallen
  readonly epochs: Epochs
  readonly forks: Forks
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

const ALL = { first: 0, last: Number.MAX_SAFE_INTEGER - 1 }

/** Of an own epoch, that what it held was written again before another branch took its place. */
const securedNote = (author: AuthorId): string => `secured/${author}`

const MEMBER: Admission = { state: 'member' }

const isSame = (left: Admission, right: Admission): boolean => {
  if (left.state !== 'named' || right.state !== 'named') return left.state === right.state
  return left.head?.seq === right.head?.seq && left.head?.hash === right.head?.hash
}

/**
 * Brings the logs that are held to what the acts say of them (rules B4): an epoch that no act names is out whole, and of one that is named the chain
 * counts that ends in the named head. A log that went on past it, or that holds another branch, is read anew from the own disk; until that is done,
 * or a peer has given what leads to the head, nothing of it is shown. So view and digest depend on acts and frames alone, not on their order.
 *
 * An act may fall, with the operator that signed it: so what it takes out stays on the disk (`Fallen`), until a frame of another branch shows that it
 * has to give way. Of an own epoch it is first written again in a new one, which counts once the act has fallen.
 */
export class Naming {
  readonly #context: Context
  readonly #parts: NamingParts
  /** What each log that is held was last made to fit. */
  readonly #applied = new Map<AuthorId, Admission>()
  readonly #rereadings = new Map<AuthorId, Rereading>()
  readonly #chains: StoredChains

  constructor(context: Context, parts: NamingParts) {
    this.#context = context
    this.#parts = parts
    this.#chains = new StoredChains(context, parts.reads)
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
      if (is.head === null) logs.drop(author)
      else if (logs.get(author)?.endsIn(is.head) === true) this.#noteStart(author)
      else if (runAt(logs.onDisk(author), is.head.seq) !== null) this.#reread(author, logs.get(author), is)
    }
    for (const key of new Set(Array.from(this.#authors(), keyOf))) this.#parts.fallen.bound(key)
  }

  /** The roster may have changed. */
  apply(): void {
    const held = new Set(this.#authors())
    // of whom nothing is held, whatever comes later begins anew
    for (const author of this.#applied.keys()) if (!held.has(author)) this.#applied.delete(author)
    for (const author of held) this.#applyTo(author)
  }

  /** What counts of this author is to be read from the own disk again, once all of it is there. */
  reread(author: AuthorId): void {
    this.#reread(author, this.#context.logs.get(author), this.#parts.standing.admissionOf(author))
  }

  /** What is held of this author gives way to what is asked for: it does not lie on the chain that the act names. */
  displace(author: AuthorId): void {
    const { logs, commits } = this.#context
    const log = logs.get(author)
    if (log !== null) this.#secure(log)
    logs.drop(author)
    logs.retired(author, ALL)
    commits.retire(author)
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
      if (admission.state === 'named' && admission.head !== null) this.#readDown(author, rereading, admission.head)
      else this.#readAll(author, rereading, this.#context.logs.startOnDisk(author))
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
    if (is.state === 'named' && log !== null) {
      this.#noteDropped(author, is, log, entries)
      this.#parts.fallen.shorten(author, log.snapshotStart)
    }
    view.dropAuthor(author)
    logs.drop(author)
    this.#rereadings.delete(author)
    rereading.delete(author)
    this.#context.happened({ type: 'viewChanged' })
    if (is.state === 'named' && is.head === null) return this.#parts.fallen.bound(keyOf(author))
    this.#rereadings.set(author, { entries, isReading: false })
    rereading.add(author)
  }

  #readDown(author: AuthorId, rereading: Rereading, head: LastHead): void {
    this.#chains.down(author, head, chain => {
      if (this.#rereadings.get(author) !== rereading) return
      if (chain === null) return this.#isElsewhere(author, rereading)
      this.#take(author, chain)
      this.#finish(author, rereading)
    })
  }

  /**
   * The chain that is named does not lie on this disk. What does is held as far as the act lets it count, so that the first frame that does not fit to it
   * is known for another branch. An own branch may be written over from then on: it is first read beside everything that counts, to its end.
   */
  #isElsewhere(author: AuthorId, rereading: Rereading): void {
    const { logs, crypto, mesh, key, notes } = this.#context
    const admission = this.#parts.standing.admissionOf(author)
    const seq = admission.state === 'named' ? (admission.head?.seq ?? 0) : 0
    const held = logs.onDisk(author)
    const start = logs.startOnDisk(author)
    if (keyOf(author) !== key || notes.has(securedNote(author)) || (held.at(-1)?.last ?? -1) < seq) return this.#readAll(author, rereading, start <= seq ? start : (held[0]?.first ?? 0))
    const aside = new AuthorLog(crypto, mesh, author)
    const take = (bytes: Uint8Array): void => {
      const decoded = decodeFrame(bytes)
      const frame = decoded.ok ? trustStoredFrame(crypto, mesh, decoded.value) : decoded
      if (frame.ok) takeAside(aside, frame.value)
    }
    const end = (): void => {
      this.#secure(aside)
      this.#isElsewhere(author, rereading)
    }
    this.#chains.on(author, start, { isWanted: () => this.#rereadings.get(author) === rereading, take, end })
  }

  /** Of an own epoch: what was live on this disk goes into a new one, once. */
  #secure({ author, records }: AuthorLog): void {
    if (keyOf(author) !== this.#context.key || this.#context.notes.has(securedNote(author))) return
    this.#parts.epochs.secure(author, records)
    this.#context.note(securedNote(author), 'yes')
  }

  #readAll(author: AuthorId, rereading: Rereading, from: number): void {
    const take = (bytes: Uint8Array): void => this.#take(author, [bytes])
    this.#chains.on(author, from, { isWanted: () => this.#rereadings.get(author) === rereading, take, end: () => this.#finish(author, rereading) })
  }

  #take(author: AuthorId, frames: readonly Uint8Array[]): void {
    const { logs, now } = this.#context
    const { intake, places, forks } = this.#parts
    for (const bytes of frames) {
      const taken = intake.restore(bytes, now)
      // what the act let stay may be of another branch than what lies behind it
      if (taken.type === 'forked') forks.take(taken.proof, null)
      if (taken.type !== 'appended') continue
      places.remember(taken.frames, idsIn(taken.change))
      for (const { header } of taken.frames) logs.get(author)?.stored(header.seq)
    }
  }

  #finish(author: AuthorId, { entries }: Rereading): void {
    const { logs, notes, rereading } = this.#context
    const { standing, levelling, fallen } = this.#parts
    this.#rereadings.delete(author)
    rereading.delete(author)
    logs.changed()
    const admission = standing.admissionOf(author)
    if (admission.state === 'named') {
      this.#listDropped(author, entries)
      if (admission.head !== null && logs.get(author)?.endsIn(admission.head) === true) this.#noteStart(author)
      fallen.bound(keyOf(author))
    } else for (const key of [droppedNote(author), securedNote(author)]) if (notes.has(key)) this.#context.note(key, null)
    this.#context.happened({ type: 'viewChanged' })
    levelling.reconsider()
  }

  /** From where the log is read at the next start. */
  #noteStart(author: AuthorId): void {
    const { commits, logs } = this.#context
    const start = logs.get(author)?.takeStart() ?? null
    if (start !== null) commits.staged.starts.set(author, start)
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
