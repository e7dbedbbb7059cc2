import { keyOf } from '../replication/author.js'
import { decodeFrame } from '../replication/frame.js'
import { checkForkProof, type ForkProof } from '../replication/fork.js'
import type { VerifiedFrame } from '../replication/verification.js'
import type { Context } from './context.js'
import type { Epochs } from './epochs.js'
import type { Intake } from './intake.js'
import type { Link } from './link-state.js'
import type { Linkage } from './linkage.js'
import type { Reads } from './reads.js'
import type { Standing } from './standing.js'

export interface ForksParts {
  readonly intake: Intake
  readonly standing: Standing
  readonly linkage: Linkage
  readonly epochs: Epochs
  readonly reads: Reads
}

/** Two frames under one signature at one number: found, proven, and from then on nothing of that epoch counts. */
export class Forks {
  readonly #context: Context
  readonly #parts: ForksParts

  constructor(context: Context, parts: ForksParts) {
    this.#context = context
    this.#parts = parts
  }

  /** Another frame is held at this one's number: its header is on disk, and the two together are the proof. */
  prove(frame: VerifiedFrame): void {
    const { author, seq } = frame.header
    this.#parts.reads.begin(author, seq, { frames: 1, bytes: 1 }, ([first]) => {
      const held = first === undefined ? null : decodeFrame(first)
      if (held === null || !held.ok) return
      const proof = this.#check(this.#parts.intake.proveConflict(frame, held.value).bytes)
      if (proof.ok) this.take(proof.value)
    })
  }

  takeProof(bytes: Uint8Array, link: Link): void {
    const { standing, linkage } = this.#parts
    const checked = this.#check(bytes)
    if (!checked.ok) return linkage.countRefusal(link, checked.failure.code, checked.failure.message, true)
    const key = keyOf(checked.value.author)
    // keys cost nothing: a proof against one that the roster does not hold says nothing, and comes again once the roster holds it
    if (!standing.isMember(key) && key !== this.#context.key) return linkage.countRefusal(link, 'FRAME_UNKNOWN_AUTHOR', 'a fork proof against a key that the roster does not hold', false)
    this.take(checked.value)
  }

  take(proof: ForkProof): void {
    const { logs, key, commits } = this.#context
    const { author } = proof
    const lost = keyOf(author) === key ? logs.get(author)?.records : undefined
    if (!this.#parts.intake.voidFork(proof)) return
    if (lost !== undefined) this.#parts.epochs.rescue(lost)
    commits.staged.proofs.push(proof)
    this.#context.happened({ type: 'forked', author })
    this.#context.happened({ type: 'viewChanged' })
  }

  #check(bytes: Uint8Array): ReturnType<typeof checkForkProof> {
    return checkForkProof(this.#context.crypto, this.#context.mesh, bytes)
  }
}
