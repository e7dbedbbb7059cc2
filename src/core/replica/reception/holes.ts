import type { AuthorId } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import type { Context } from '../context.js'
import type { Forks } from '../forks/forks.js'
import type { Intake } from './intake.js'
import { idsIn, type Places } from '../own/places.js'
import type { Reads } from '../reads.js'
import type { Naming } from '../standing/naming.js'

export interface HolesParts {
  readonly intake: Intake
  readonly places: Places
  readonly reads: Reads
  readonly forks: Forks
  readonly naming: Naming
}

/** Frames on the own disk that lie behind a hole: they count once the hole is filled. */
export class Holes {
  readonly #context: Context
  readonly #intake: Intake
  readonly #places: Places
  readonly #reads: Reads
  readonly #forks: Forks
  readonly #naming: Naming
  /** Up to which number there are any. */
  readonly #lastBehind = new Map<AuthorId, number>()

  constructor(context: Context, { intake, places, reads, forks, naming }: HolesParts) {
    this.#context = context
    this.#intake = intake
    this.#places = places
    this.#reads = reads
    this.#forks = forks
    this.#naming = naming
  }

  /** A frame was found that does not follow what is held of its author. */
  found(author: AuthorId, seq: number): void {
    this.#lastBehind.set(author, seq)
  }

  /** The log of this author grew: what now follows on the own disk is read and counts from now on. */
  close(author: AuthorId): void {
    const last = this.#lastBehind.get(author)
    const head = this.#context.logs.headSeq(author)
    if (last === undefined) return
    if (head >= last) return void this.#lastBehind.delete(author)
    this.#reads.begin(author, head + 1, { frames: LIMITS.framesPerReply, bytes: LIMITS.framesPerReplyBytes }, frames => this.#refill(author, frames))
  }

  #refill(author: AuthorId, frames: readonly Uint8Array[]): void {
    const { commits, now, rereading } = this.#context
    // an act changed what counts of it meanwhile: it is being read to its end
    if (rereading.has(author)) return
    for (const bytes of frames) {
      const taken = this.#intake.restore(bytes, now)
      // what a peer gave for the hole may be of another branch than what lies behind it
      if (taken.type === 'forked') this.#forks.take(taken.proof, null)
      if (taken.type !== 'appended') continue
      this.#places.remember(taken.frames, idsIn(taken.change))
      for (const frame of taken.frames) commits.staged.frames.push({ frame, from: null })
      if (taken.change.type === 'unread') return this.#naming.reread(taken.author)
      this.#context.happened({ type: 'viewChanged' })
      if (bytes === frames.at(-1)) this.close(taken.author)
    }
  }
}
