import type { AuthorId, Millis } from '../../brand.js'
import { authorNamed, authorParts, isAuthorId, keyOf } from '../../replication/author.js'
import type { AuthorLog } from '../../replication/log.js'
import { LIMITS } from '../../limits.js'
import type { Context } from '../context.js'

/**
 * Why a host is not sure of its own log.
 * `behind`: its witness knows newer numbers · `lost`: the store holds nothing of a log that there was · `moved`: the store lies elsewhere
 * than where it was written · `damaged`: part of it is gone · `peer`: a peer holds a newer own frame · `forked`: two own histories ·
 * `clock`: its stamps were far ahead of the time.
 */
export type DoubtCause = 'behind' | 'lost' | 'moved' | 'damaged' | 'peer' | 'forked' | 'clock'

export interface Doubt {
  readonly cause: DoubtCause
  /** For the owner: what was found, and what it may mean. */
  readonly text: string
  /** Own wall time at which it was found. */
  readonly wall: Millis
  /** The epoch that was opened for it; null until something is written. */
  readonly epoch: number | null
}

/** The epoch written on. One that a peer gave back may have the same counter, and a number in it may have been lost with the store. */
const PRESENT = 'own/epoch'
const PLACE = 'own/place'
const DOUBT = 'own/doubt'

const CAUSES: ReadonlySet<string> = new Set<DoubtCause>(['behind', 'lost', 'moved', 'damaged', 'peer', 'forked', 'clock'])

const readDoubt = (text: string): Doubt | null => {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || !('cause' in value) || !('text' in value) || !('wall' in value) || !('epoch' in value)) return null
  const { cause, text: words, wall, epoch } = value
  if (typeof cause !== 'string' || !CAUSES.has(cause) || typeof words !== 'string' || typeof wall !== 'number') return null
  return { cause: cause as DoubtCause, text: words, wall, epoch: typeof epoch === 'number' ? epoch : null }
}

const readPlace = (text: string): ReadonlyMap<string, string> => {
  const value: unknown = JSON.parse(text)
  return new Map(Array.isArray(value) ? value.filter(Array.isArray).map(([fact, found]) => [String(fact), String(found)]) : [])
}

const writePlace = (facts: ReadonlyMap<string, string>): string => JSON.stringify([...facts].sort(([left], [right]) => (left < right ? -1 : 1)))

const COPIED = 'a copy, an image or a restored backup?'

/**
 * What a host has against its own store (rules C7): it is held against the witness outside the home, against the place where it was last
 * written, and against what peers show. While there is doubt the next writing opens a new epoch, so that no number is ever given twice.
 * A doubt is kept with whatever is committed next: until then what raised it is still there to be found at the next start.
 */
export class Doubts {
  readonly #context: Context
  readonly #witnessed = new Map<AuthorId, number>()
  #present: AuthorId | null = null
  #noted: ReadonlyMap<string, string> = new Map()
  #place: ReadonlyMap<string, string> = new Map()
  #last: Doubt | null = null
  #isRemade = false
  #aheadSinceMono: Millis | null = null

  constructor(context: Context) {
    this.#context = context
  }

  /** The newest doubt, settled or not. */
  get last(): Doubt | null {
    return this.#last
  }

  /** Nothing may be written in the present epoch. */
  get pending(): Doubt | null {
    return this.#last?.epoch === null ? this.#last : null
  }

  /** The highest counter that an own epoch had, as far as is known outside the store. */
  get highestCounter(): number {
    return Math.max(0, ...Array.from(this.#witnessed.keys(), author => authorParts(author).epoch.counter))
  }

  restore(key: string, value: string): void {
    // of a key that another took the place of nothing is written on
    if (key === PRESENT) this.#present = isAuthorId(value) && keyOf(value) === this.#context.key ? value : null
    else if (key === PLACE) this.#noted = readPlace(value)
    else if (key === DOUBT) this.#last = readDoubt(value)
  }

  /** @param epoch as 24 hex digits; anything else is nobody's witness. */
  witnessed(epoch: string, seq: number): void {
    const author = authorNamed(this.#context.key, epoch)
    if (isAuthorId(author)) this.#witnessed.set(author, seq)
  }

  placed(facts: ReadonlyMap<string, string>): void {
    this.#place = facts
  }

  /** The store was gone altogether. */
  remade(): void {
    this.#isRemade = true
  }

  /** Which of the own logs (newest first) was written on last; null where the store holds none. */
  present(own: readonly AuthorLog[]): AuthorLog | null {
    const held = own.filter(log => log.headSeq >= 0)
    return (this.#present === null ? held[0] : held.find(log => log.author === this.#present)) ?? null
  }

  /** Whether this own epoch could be the one written on: a stamp of another one binds nobody (rules F3). */
  mayBePresent(author: AuthorId): boolean {
    return this.#present === null || this.#present === author
  }

  /** Everything stored was given, and `present` would be written on. */
  judge(present: AuthorLog | null): void {
    const moved = this.#moved()
    if (moved !== null) this.raise('moved', moved)
    if (present === null) return this.#judgeEmpty()
    const known = this.#witnessed.get(present.author) ?? -1
    if (known > present.headSeq) this.raise('behind', `this home's store is older than what it had written (frame ${known} of epoch ${authorParts(present.author).epoch.counter} is known to this machine, ${present.headSeq} is the last in the store): ${COPIED}`)
  }

  /**
   * A log whose stamps run over five minutes ahead of the time would stay there: it begins anew with a clock that tells the time (rules F3).
   * @param patienceMs a lead counts only after so long: a clock that jumps to and fro does not cost an epoch each time.
   */
  judgeClock(patienceMs: Millis): void {
    const { clock, now, meshNow } = this.#context
    const aheadMs = clock.last.wall - Math.max(now.wall, meshNow)
    if (aheadMs <= LIMITS.clockAheadMs) {
      this.#aheadSinceMono = null
      return
    }
    this.#aheadSinceMono ??= now.mono
    if (now.mono - this.#aheadSinceMono < patienceMs) return
    this.#aheadSinceMono = null
    this.raise('clock', `the newest record of this host is stamped ${Math.round(aheadMs / 60_000)} min after the present time of this machine: was its clock ahead, or set back?`)
    clock.restart()
  }

  /** From now on, until an epoch is opened for it, nothing is written in the present one. */
  raise(cause: DoubtCause, text: string): void {
    if (this.pending !== null) return
    this.#last = { cause, text, wall: this.#context.now.wall, epoch: null }
    this.#context.happened({ type: 'doubted', cause, text })
  }

  /** Something is put on disk: what is known by now of place and doubt goes with it. */
  keep(): void {
    const { notes } = this.#context
    const facts = writePlace(new Map([...this.#noted, ...this.#place]))
    if (this.#place.size > 0 && notes.get(PLACE) !== facts) this.#context.note(PLACE, facts)
    if (this.#last === null) return
    const doubt = JSON.stringify(this.#last)
    if (notes.get(DOUBT) !== doubt) this.#context.note(DOUBT, doubt)
  }

  /** A new epoch was opened, and is what is written on from now on. */
  opened(author: AuthorId): void {
    this.#context.note(PRESENT, author)
    if (this.pending !== null) this.#last = { ...this.pending, epoch: authorParts(author).epoch.counter }
  }

  #judgeEmpty(): void {
    const { logs } = this.#context
    // it forked, or an act took it out of the mesh
    if (this.#present !== null && (logs.isForked(this.#present) || logs.onDisk(this.#present).length > 0)) return
    const [epoch, seq] = [...this.#witnessed].sort(([left], [right]) => (left < right ? 1 : -1))[0] ?? [this.#present, null]
    if (epoch === null && !this.#isRemade) return
    if (epoch === null) return this.raise('lost', 'this home had no store any more, and an empty one was made: was it deleted?')
    const counter = authorParts(epoch).epoch.counter
    const known = seq === null ? `epoch ${counter}` : `frame ${seq} of epoch ${counter} is known to this machine`
    this.raise('lost', `this home's store holds nothing of what this host had written (${known}): was it deleted?`)
  }

  #moved(): string | null {
    const differ = [...this.#place].filter(([fact, value]) => (this.#noted.get(fact) ?? value) !== value).map(([fact]) => fact)
    if (differ.length === 0) return null
    if (differ.includes('machine')) return `this home's store was written on another machine: ${COPIED}`
    return `the files of this home's store were put there from elsewhere since it was last written (${differ.join(', ')} of its sentinel changed): ${COPIED}`
  }
}

