import type { AuthorId, MeshId, Now, RecordId } from '../../brand.js'
import type { View } from '../../coordination/view.js'
import type { Crypto } from '../../crypto.js'
import type { ErrorCode } from '../../errors.js'
import type { Failure, Result } from '../../result.js'
import { keyOf } from '../../replication/author.js'
import { decodeFrame, type Frame } from '../../replication/frame.js'
import { makeForkProof, type ForkProof } from '../../replication/fork.js'
import type { HybridClock } from '../../replication/hybrid-clock.js'
import type { Admission, LastHead, LogBook } from '../../replication/log-book.js'
import type { AuthorLog, LogChange, Place } from '../../replication/log.js'
import { Rates } from './rates.js'
import { frameHash, trustStoredFrame, verifyFrame, type VerifiedFrame } from '../../replication/verification.js'

export interface IntakeParts {
  readonly crypto: Crypto
  readonly mesh: MeshId
  readonly logs: LogBook
  readonly view: View
  readonly clock: HybridClock
  /** What the roster says of an author. */
  admission(author: AuthorId): Admission
  /** Authors whose logs are being read anew from the own disk. */
  readonly rereading: ReadonlySet<AuthorId>
  /** Whether what comes next of an author was asked for and is on its way: until then what lies beyond is not even looked at (hazard H7). */
  isAwaited(author: AuthorId): boolean
}

export type Taken =
  /** The log grew by these frames: one, or a snapshot of several parts that was kept aside until it was whole. `before`: what a snapshot took the place of. */
  | { readonly type: 'appended'; readonly author: AuthorId; readonly frames: readonly VerifiedFrame[]; readonly change: LogChange; readonly before: ReadonlyMap<RecordId, string> }
  /** A part of a snapshot beyond a hole, kept until the snapshot is whole. */
  | { readonly type: 'ahead'; readonly author: AuthorId; readonly seq: number }
  | { readonly type: 'seen'; readonly author: AuthorId; readonly seq: number }
  /** More than its author may have taken in at a time: left for a later beat. */
  | { readonly type: 'delayed'; readonly author: AuthorId }
  /** Something before it is missing: ask from there. */
  | { readonly type: 'gap'; readonly author: AuthorId }
  /** Another frame is held at this number; the held header has to be read to prove it. */
  | { readonly type: 'conflict'; readonly frame: VerifiedFrame }
  /** It lies below what is held in memory; whether another is on disk at its number, or beside it, has to be read. */
  | { readonly type: 'below'; readonly frame: VerifiedFrame }
  | { readonly type: 'forked'; readonly proof: ForkProof }
  /** Of a log that is being brought to the head that an act names: it comes again when it is asked for. */
  | { readonly type: 'untimely' }
  /** Of the log that an act names another branch is held: it gives way, and the whole is asked for. */
  | { readonly type: 'displaced'; readonly frame: VerifiedFrame }
  /** `blame`: no honest member could have sent these bytes (rules G3). */
  | { readonly type: 'refused'; readonly code: ErrorCode; readonly text: string; readonly blame: boolean }

/** How a frame comes: asked for, from the own store, and whether its author is over its rate. */
interface Coming {
  readonly pulled: boolean
  readonly stored: boolean
  readonly isOver: boolean
}

const refused = ({ code, message }: Failure, blame: boolean): Taken => ({ type: 'refused', code, text: message, blame })

const OFF_CHAIN = refused({ code: 'FRAME_PAST_NAMED_HEAD', message: 'it lies off the chain that the mesh keeps of its author' }, false)

const notAdmitted = (admission: Admission, seq: number): Failure | null => {
  if (admission.state === 'unknown') return { code: 'FRAME_UNKNOWN_AUTHOR', message: 'the roster does not hold its author' }
  if (admission.state === 'named' && seq > (admission.head?.seq ?? -1)) return { code: 'FRAME_PAST_NAMED_HEAD', message: 'it lies behind the head that the mesh keeps of its author' }
  return null
}

/**
 * Where authority over a foreign frame is decided, in one order for every path it may come by:
 * size and layout → member? → forked? → place in the chain (next · jump · seen · gap · conflict) → its author's rate → signature over the received bytes →
 * append: decode, inspect, apply to its author's document → the view. Putting it on disk and passing it on come after, in the replica.
 */
export class Intake {
  readonly #parts: IntakeParts
  readonly #rates = new Rates()

  constructor(parts: IntakeParts) {
    this.#parts = parts
  }

  /** A frame from a link or a carrier; `pulled`: it was asked for. */
  take(bytes: Uint8Array, pulled: boolean, now: Now): Taken {
    const decoded = decodeFrame(bytes)
    if (!decoded.ok) return refused(decoded.failure, true)
    if (this.#parts.rereading.has(decoded.value.header.author)) return { type: 'untimely' }
    const key = keyOf(decoded.value.header.author)
    const isOver = this.#rates.isOver(key, now.mono)
    const taken = this.#decide(decoded.value, { pulled, stored: false, isOver }, now, frame => verifyFrame(this.#parts.crypto, this.#parts.mesh, frame))
    if (taken.type === 'appended') for (const frame of taken.frames) this.#rates.count(key, frame.bytes.length, now.mono)
    return taken
  }

  /** A frame from the own store, at start. */
  restore(bytes: Uint8Array, now: Now): Taken {
    const decoded = decodeFrame(bytes)
    return decoded.ok ? this.#decide(decoded.value, { pulled: true, stored: true, isOver: false }, now, frame => trustStoredFrame(this.#parts.crypto, this.#parts.mesh, frame)) : refused(decoded.failure, false)
  }

  /** From now on nothing of this epoch counts, or of any that this key opened, here as on every host that holds a proof. */
  voidFork(proof: ForkProof): boolean {
    const { logs, view, admission } = this.#parts
    const key = keyOf(proof.author)
    if (!logs.fork(proof.author, proof.bytes)) return false
    for (const author of logs.isSpent(key) ? logs.epochsOf(key) : [proof.author]) if (admission(author).state !== 'named') view.dropAuthor(author)
    return true
  }

  /** Brings the view up to date with what a log became, the own one included. */
  show(author: AuthorId, change: LogChange): void {
    const key = keyOf(author)
    if (change.type === 'changed') this.#parts.view.changeAuthor(author, key, change.changes)
    else if (change.type === 'replaced') this.#parts.view.replaceAuthor(author, key, change.records)
  }

  #decide(frame: Frame, { pulled, stored, isOver }: Coming, now: Now, verify: (frame: Frame) => Result<VerifiedFrame>): Taken {
    const { crypto, logs } = this.#parts
    const { author, seq } = frame.header
    const admission = this.#parts.admission(author)
    const refusal = notAdmitted(admission, seq)
    if (refusal !== null) return refused(refusal, false)
    if (admission.state === 'named' && admission.head !== null) return this.#decideNamed(frame, admission.head, { pulled, stored, isOver }, now, verify)
    // what was held when a fork was proven is kept, so that its owner can collect it (rules C4)
    if (logs.isForked(author) && !stored) return { type: 'refused', code: 'FRAME_FORKED', text: 'its author forked; a proof is held', blame: false }
    const log = logs.get(author)
    const place: Place = log === null ? this.#placeOfFirst(frame, pulled) : log.place(frame, frameHash(crypto, frame.headerBytes), pulled)
    if (place === 'seen') return { type: 'seen', author, seq }
    if (place === 'gap' && this.#parts.isAwaited(author)) return { type: 'gap', author }
    if (isOver && place !== 'conflict' && place !== 'misfit') return { type: 'delayed', author }
    // also where it has no place yet: a frame whose number or epoch was changed on the way is refused and counted, not just asked for again
    const verified = verify(frame)
    if (!verified.ok) return refused(verified.failure, true)
    if (place === 'below') return { type: 'below', frame: verified.value }
    const tooMany = log === null ? logs.proveKey(author, verified.value) : null
    if (tooMany !== null) return { type: 'forked', proof: tooMany }
    if (place === 'gap') return { type: 'gap', author }
    if (place === 'conflict') return { type: 'conflict', frame: verified.value }
    if (place === 'misfit') return this.#misfit(verified.value)
    return this.#append(verified.value, place, now)
  }

  /**
   * A frame at or below the head that an act names (rules B4). It pins one chain, and which of two branches that is only the end tells: until it is
   * held, what is held gives way to what was asked for and does not fit to it. No proof of a fork says anything here.
   */
  #decideNamed(frame: Frame, head: LastHead, { pulled, stored, isOver }: Coming, now: Now, verify: (frame: Frame) => Result<VerifiedFrame>): Taken {
    const { crypto, logs } = this.#parts
    const { author, seq } = frame.header
    const hash = frameHash(crypto, frame.headerBytes)
    const log = logs.get(author)
    if (log?.endsIn(head) === true) return seq < log.chain.base || log.hashAt(seq) === hash ? { type: 'seen', author, seq } : OFF_CHAIN
    if (!pulled) return { type: 'untimely' }
    if (seq === head.seq && hash !== head.hash) return OFF_CHAIN
    const place = log === null ? this.#placeOfFirst(frame, true) : log.place(frame, hash, true)
    if (place === 'seen' || place === 'below') return { type: 'seen', author, seq }
    if (isOver) return { type: 'delayed', author }
    const verified = verify(frame)
    if (!verified.ok) return refused(verified.failure, true)
    if (place === 'gap') return { type: 'gap', author }
    if (place !== 'conflict' && place !== 'misfit') return this.#append(verified.value, place, now)
    if (log === null) return this.#misfit(verified.value)
    return stored ? OFF_CHAIN : { type: 'displaced', frame: verified.value }
  }

  #placeOfFirst(frame: Frame, pulled: boolean): Place {
    const { seq, kind, part, parts } = frame.header
    if (seq === 0) return kind === 'snapshot' && part === 0 ? 'next' : 'misfit'
    if (kind !== 'snapshot' || part > 0 || !pulled) return 'gap'
    return parts === 1 ? 'jump' : 'ahead'
  }

  #misfit(frame: VerifiedFrame): Taken {
    const held = this.#parts.logs.get(frame.header.author)?.headHeader ?? null
    if (held !== null) return { type: 'forked', proof: makeForkProof(frame.header.author, held, frame) }
    return { type: 'refused', code: 'FRAME_MALFORMED', text: 'a log that does not begin with a snapshot', blame: true }
  }

  /** Of an author with a named head nothing is shown before the chain that ends in it is held. */
  #showTaken(log: AuthorLog, change: LogChange): void {
    const admission = this.#parts.admission(log.author)
    if (admission.state !== 'named') return this.#parts.logs.isForked(log.author) ? undefined : this.show(log.author, change)
    if (log.endsIn(admission.head)) this.#parts.view.replaceAuthor(log.author, keyOf(log.author), log.records)
  }

  #append(frame: VerifiedFrame, place: Place, now: Now): Taken {
    const { logs, clock } = this.#parts
    const { author, seq, stamp } = frame.header
    const log = logs.open(author)
    if (frame.header.kind === 'snapshot' && frame.header.parts > 1) logs.boundUnfinished(author)
    if (place === 'ahead') {
      log.keepAhead(frame)
      return { type: 'ahead', author, seq }
    }
    const before = log.records
    const { frames, change } = place === 'jump' ? log.jump(frame) : { frames: [frame], change: log.append(frame) }
    logs.changed()
    clock.witness(stamp, now.wall)
    this.#showTaken(log, change)
    return { type: 'appended', author, frames, change, before }
  }
}

