import type { AuthorId } from '../../brand.js'
import type { ErrorCode } from '../../errors.js'
import { authorParts, isAuthorId, keyOf } from '../../replication/author.js'
import { decodeFrame } from '../../replication/frame.js'
import { checkForkProof } from '../../replication/fork.js'
import type { Acquaintance } from '../links/acquaintance.js'
import type { Context } from '../context.js'
import type { Doubts } from '../own/doubts.js'
import type { Epochs } from '../own/epochs.js'
import type { Forks } from '../forks/forks.js'
import type { Holes } from './holes.js'
import type { Input } from '../input.js'
import type { Intake, Taken } from './intake.js'
import type { Naming } from '../standing/naming.js'
import { idsIn, type Places } from '../own/places.js'
import type { Standing } from '../standing/standing.js'

/** Something that the store should hold and does not, as found at start. */
export interface Damage {
  readonly what: string
  readonly author: AuthorId | null
  readonly seq: number | null
}

export type StoredInput = Extract<Input, { type: 'noteLoaded' | 'witnessLoaded' | 'placeLoaded' | 'storeRemade' | 'actLoaded' | 'proofLoaded' | 'logLoaded' | 'frameLoaded' | 'damageLoaded' }>

export interface RestoringParts {
  readonly intake: Intake
  readonly standing: Standing
  readonly acquaintance: Acquaintance
  readonly places: Places
  readonly holes: Holes
  readonly epochs: Epochs
  readonly doubts: Doubts
  readonly naming: Naming
  readonly forks: Forks
}

/** What counts for nothing on every host that holds the same acts and proofs is no damage where it lies. */
const COUNTS_NOWHERE: ReadonlySet<ErrorCode> = new Set(['FRAME_FORKED', 'FRAME_UNKNOWN_AUTHOR', 'FRAME_PAST_NAMED_HEAD'])

/** What the store gives back at start, and what it does not. */
export class Restoring {
  readonly damage: Damage[] = []
  readonly #context: Context
  readonly #parts: RestoringParts
  /** The newest part of each snapshot that a log begins with and that is not whole yet. */
  readonly #begun = new Map<AuthorId, Uint8Array>()
  /** Something was lost on disk and nobody knows what: it may have been the own log. */
  #nameless = false

  constructor(context: Context, parts: RestoringParts) {
    this.#context = context
    this.#parts = parts
  }

  take(input: StoredInput): void {
    switch (input.type) {
      case 'noteLoaded':
        this.#context.notes.set(input.key, input.value)
        this.#parts.doubts.restore(input.key, input.value)
        return this.#parts.acquaintance.restore(input.key, input.value)
      case 'witnessLoaded':
        return this.#parts.doubts.witnessed(input.epoch, input.seq)
      case 'placeLoaded':
        return this.#parts.doubts.placed(input.facts)
      case 'storeRemade':
        return this.#parts.doubts.remade()
      case 'actLoaded':
        return this.#takeAct(input.bytes)
      case 'proofLoaded':
        return this.#takeProof(input.bytes)
      case 'logLoaded':
        return this.#context.logs.found(input.author, input)
      case 'frameLoaded':
        return this.#takeFrame(input.bytes)
      case 'damageLoaded':
        this.damage.push({ what: input.what, author: input.author !== null && isAuthorId(input.author) ? input.author : null, seq: input.seq })
        this.#nameless ||= input.author === null
    }
  }

  /** Everything was given. Goes on with the own epoch that was written on last; where there is doubt about it, the first writing opens a new one. */
  finish(epochNonce: Uint8Array): void {
    const { own } = this.#context
    const { standing, epochs, doubts } = this.#parts
    standing.show()
    this.#parts.naming.restored()
    this.#settle()
    own.start(epochNonce)
    const present = doubts.present(epochs.all())
    const counter = present === null ? 0 : authorParts(present.author).epoch.counter
    const isVoid = present !== null && present.voidSince !== null
    if (isVoid || this.#mayHaveLost(counter)) doubts.raise('damaged', 'the store no longer holds the whole of this host\'s log: its files were damaged')
    doubts.judge(present)
    doubts.judgeClock(0)
    if (present !== null && doubts.pending === null) own.resume(present.author)
  }

  /** Where the newest snapshot cannot be read, what was held before it counts until a peer gives it back. */
  #settle(): void {
    const { logs } = this.#context
    for (const [author, bytes] of this.#begun) this.#behindHole(author, bytes)
    for (const [author, { held }] of logs.unread()) {
      const last = held.at(-1)?.last
      if (last === undefined || logs.isForked(author) || this.#parts.standing.admissionOf(author).state !== 'member') continue
      this.#parts.holes.found(author, last)
      this.#parts.holes.close(author)
    }
  }

  /** Whether any of the own epoch of this counter, or of a later one, may be gone. */
  #mayHaveLost(counter: number): boolean {
    const { key } = this.#context
    return this.#nameless || this.damage.some(({ author }) => author !== null && keyOf(author) === key && authorParts(author).epoch.counter >= counter)
  }

  #takeAct(bytes: Uint8Array): void {
    const added = this.#context.acts.add(bytes)
    if (!added.ok) this.damage.push({ what: `act: ${added.failure.message}`, author: null, seq: null })
  }

  #takeProof(bytes: Uint8Array): void {
    const { crypto, mesh, logs } = this.#context
    const checked = checkForkProof(crypto, mesh, bytes)
    if (checked.ok) logs.fork(checked.value.author, checked.value.bytes)
  }

  #takeFrame(bytes: Uint8Array): void {
    const { standing, intake } = this.#parts
    standing.show()
    const taken = intake.restore(bytes, this.#context.now)
    if (taken.type === 'appended') this.#appended(taken)
    else if (taken.type === 'ahead') this.#begun.set(taken.author, bytes)
    else if (taken.type !== 'seen' && taken.type !== 'below') this.#misplaced(taken, bytes)
  }

  #appended({ author, frames, change }: Extract<Taken, { type: 'appended' }>): void {
    const { key, clock, logs, now } = this.#context
    const { acquaintance, places, doubts } = this.#parts
    this.#begun.delete(author)
    for (const { header } of frames) {
      if (keyOf(header.author) !== key) acquaintance.hear(keyOf(header.author), Math.min(now.wall, header.stamp.wall - header.offsetMs))
      else if (doubts.mayBePresent(header.author)) clock.restore(header.stamp)
      logs.get(header.author)?.stored(header.seq)
    }
    places.remember(frames, idsIn(change))
  }

  #misplaced(taken: Exclude<Taken, { type: 'appended' | 'seen' | 'ahead' | 'below' }>, bytes: Uint8Array): void {
    // a jump over a hole may have left one branch for another, whose frames meet once the hole is filled
    if (taken.type === 'forked') this.#parts.forks.take(taken.proof, null)
    if (taken.type === 'forked' && this.#context.logs.isForked(taken.proof.author)) return
    if (taken.type === 'gap') return this.#behindHole(taken.author, bytes)
    if (taken.type === 'refused' && COUNTS_NOWHERE.has(taken.code)) return
    this.#damaged(taken.type === 'refused' ? taken.text : `a frame that does not follow the one before (${taken.type})`, bytes)
  }

  /** What lacks before it is mostly known as damaged already. */
  #behindHole(author: AuthorId, bytes: Uint8Array): void {
    const decoded = decodeFrame(bytes)
    if (decoded.ok) this.#parts.holes.found(author, decoded.value.header.seq)
    if (!this.damage.some(damage => damage.author === author)) this.#damaged('a frame with something missing before it', bytes)
  }

  #damaged(what: string, bytes: Uint8Array): void {
    const decoded = decodeFrame(bytes)
    const { author, seq } = decoded.ok ? decoded.value.header : { author: null, seq: null }
    this.damage.push({ what, author, seq })
  }
}
