import type { AuthorId } from '../brand.js'
import type { ErrorCode } from '../errors.js'
import { authorParts, isAuthorId, keyOf } from '../replication/author.js'
import { decodeFrame } from '../replication/frame.js'
import { checkForkProof } from '../replication/fork.js'
import type { Acquaintance } from './acquaintance.js'
import type { Context } from './context.js'
import type { Doubts } from './doubts.js'
import type { Epochs } from './epochs.js'
import type { Holes } from './holes.js'
import type { Input } from './input.js'
import type { Intake, Taken } from './intake.js'
import type { Naming } from './naming.js'
import { idsIn, type Places } from './places.js'
import type { Standing } from './standing.js'

/** Something that the store should hold and does not, as found at start. */
export interface Damage {
  readonly what: string
  readonly author: AuthorId | null
  readonly seq: number | null
}

export type StoredInput = Extract<Input, { type: 'noteLoaded' | 'witnessLoaded' | 'placeLoaded' | 'actLoaded' | 'proofLoaded' | 'frameLoaded' | 'damageLoaded' }>

export interface RestoringParts {
  readonly intake: Intake
  readonly standing: Standing
  readonly acquaintance: Acquaintance
  readonly places: Places
  readonly holes: Holes
  readonly epochs: Epochs
  readonly doubts: Doubts
  readonly naming: Naming
}

/** What counts for nothing on every host that holds the same acts and proofs is no damage where it lies. */
const COUNTS_NOWHERE: ReadonlySet<ErrorCode> = new Set(['FRAME_FORKED', 'FRAME_UNKNOWN_AUTHOR', 'FRAME_PAST_NAMED_HEAD'])

/** What the store gives back at start, and what it does not. */
export class Restoring {
  readonly damage: Damage[] = []
  readonly #context: Context
  readonly #parts: RestoringParts
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
      case 'actLoaded':
        return this.#takeAct(input.bytes)
      case 'proofLoaded':
        return this.#takeProof(input.bytes)
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
    own.start(epochNonce)
    const present = doubts.present(epochs.all())
    const counter = present === null ? 0 : authorParts(present.author).epoch.counter
    const isVoid = present !== null && present.voidSince !== null
    if (isVoid || this.#mayHaveLost(counter)) doubts.raise('damaged', 'the store no longer holds the whole of this host\'s log: its files were damaged')
    doubts.judge(present)
    if (present !== null && doubts.pending === null) own.resume(present.author)
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
    const { standing, intake, naming } = this.#parts
    standing.show()
    naming.found(bytes)
    const taken = intake.restore(bytes, this.#context.now)
    if (taken.type === 'appended') this.#appended(taken)
    else if (taken.type !== 'seen') this.#misplaced(taken, bytes)
  }

  #appended({ frames, change }: Extract<Taken, { type: 'appended' }>): void {
    const { key, clock, logs, now } = this.#context
    const { acquaintance, places } = this.#parts
    for (const { header } of frames) {
      if (keyOf(header.author) === key) clock.restore(header.stamp)
      else acquaintance.hear(keyOf(header.author), Math.min(now.wall, header.stamp.wall - header.offsetMs))
      logs.get(header.author)?.stored(header.seq)
    }
    places.remember(frames, idsIn(change))
  }

  #misplaced(taken: Exclude<Taken, { type: 'appended' | 'seen' }>, bytes: Uint8Array): void {
    const decoded = decodeFrame(bytes)
    const { author, seq } = decoded.ok ? decoded.value.header : { author: null, seq: null }
    const isBehindHole = taken.type === 'gap' || taken.type === 'ahead'
    if (isBehindHole && seq !== null) this.#parts.holes.found(taken.author, seq)
    if (taken.type === 'refused' && COUNTS_NOWHERE.has(taken.code)) return
    if (isBehindHole && this.damage.some(damage => damage.author === author)) return
    this.damage.push({ what: taken.type === 'refused' ? taken.text : `a frame that does not follow the one before (${taken.type})`, author, seq })
  }
}
