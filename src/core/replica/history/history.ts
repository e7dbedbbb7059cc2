import type { AuthorId, Hash, Millis } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import { makeForkProof } from '../../replication/fork.js'
import { decodeFrame, type Frame } from '../../replication/frame.js'
import type { SignedHeader } from '../../replication/log.js'
import type { Message } from '../../replication/message.js'
import type { Run } from '../../replication/runs.js'
import { frameHash, verifyFrame, type VerifiedFrame } from '../../replication/verification.js'
import type { Context } from '../context.js'
import type { Forks } from '../forks/forks.js'
import type { LinkId } from '../input.js'
import type { Link } from '../links/link-state.js'
import type { Linkage } from '../links/linkage.js'
import type { Reads } from '../reads.js'
import type { Standing } from '../standing/standing.js'
import type { Wants } from '../levelling/wants.js'

/** A held frame by its header: the one before it is known by the hash that it names. */
interface Successor extends SignedHeader {
  readonly seq: number
  readonly prev: Hash
}

interface Ask {
  readonly author: AuthorId
  readonly hole: Run
  readonly successor: Successor
  readonly sinceMono: Millis
}

/** A peer that had nothing of an author is asked again after this, twice as long each time. */
interface Rest {
  readonly untilMono: Millis
  readonly ms: Millis
}

export interface HistoryParts {
  readonly standing: Standing
  readonly linkage: Linkage
  readonly wants: Wants
  readonly forks: Forks
  readonly reads: Reads
}

const ONE = { frames: 1, bytes: 1 }

const successorOf = (frame: Frame): Successor => ({
  seq: frame.header.seq,
  prev: frame.header.prev,
  headerBytes: frame.headerBytes.slice(),
  signature: frame.signature.slice()
})

/**
 * Fills in what lies below the snapshots that this host went on from: asked of peers backwards, each frame held against the hash that the one
 * after it names and against its own signature. Nothing of it is applied to any document. It waits for everything else: a link is asked only
 * while it is level and nothing live is awaited, for one author at a time, and what came is on disk before more is asked for.
 */
export class History {
  readonly #context: Context
  readonly #parts: HistoryParts
  /** Authors of whose log something below what is held may lack. */
  readonly #lacking = new Set<AuthorId>()
  /** Authors for whom a read, a request or a commit is under way. */
  readonly #busy = new Set<AuthorId>()
  /** Those among them whose frames are on their way to the disk. */
  readonly #committing = new Set<AuthorId>()
  readonly #asked = new Map<LinkId, Ask>()
  readonly #successors = new Map<AuthorId, Successor>()
  readonly #rests = new WeakMap<Link, Map<AuthorId, Rest>>()
  /** Links that have nothing to be asked for before this; forgotten when that may have changed. */
  #idle = new WeakMap<Link, Millis>()
  #hasRoom = true

  constructor(context: Context, parts: HistoryParts) {
    this.#context = context
    this.#parts = parts
  }

  /** Looks at every log: once at start, and at each beat, since a log may count again that did not. */
  look(): void {
    for (const { author } of this.#context.logs.logs()) this.changed(author)
  }

  /** A log leapt over a hole, or lost some of its past. */
  changed(author: AuthorId): void {
    if (this.#lacking.has(author) || (this.#context.logs.get(author)?.chain.lowest ?? 0) === 0) return
    this.#lacking.add(author)
    this.#idle = new WeakMap()
  }

  /** Whether the disk has room for what is only history. */
  setRoom(hasRoom: boolean): void {
    this.#hasRoom = hasRoom
  }

  /** Asks the links that have nothing better to do. */
  proceed(): void {
    if (this.#lacking.size === 0 || this.#context.commits.fenced !== null || !this.#hasRoom) return
    this.#endPatience()
    // an act may have taken away what was on its way to the disk
    for (const author of this.#committing) {
      if (this.#context.commits.isWriting(author)) continue
      this.#committing.delete(author)
      this.#free(author)
    }
    if (this.#parts.wants.isOpen) return
    for (const link of this.#context.openLinks()) {
      if (this.#asked.size >= LIMITS.historyLinks) return
      if (this.#asked.has(link.id) || !link.levelled || link.blocked || this.#context.now.mono < (this.#idle.get(link) ?? 0)) continue
      this.#askNext(link)
    }
  }

  take(link: Link, { author, before, frames }: Extract<Message, { type: 'past' }>): void {
    const ask = this.#asked.get(link.id)
    // who answers after patience ended is no liar
    if (ask === undefined || ask.author !== author || ask.successor.seq !== before) return
    this.#asked.delete(link.id)
    const stillLacks = this.#context.logs.get(author)?.chain.hole?.last === ask.hole.last
    const checked = stillLacks ? this.#check(ask, frames, link) : []
    if (checked.length > 0) {
      this.#committing.add(author)
      return void this.#context.commits.staged.past.push(...checked)
    }
    if (stillLacks) this.#rest(link, author)
    this.#free(author)
  }

  /** Frames of the past are on disk. */
  committed(past: readonly VerifiedFrame[]): void {
    const lowestOf = new Map<AuthorId, VerifiedFrame>()
    for (const frame of past) {
      const { author, seq } = frame.header
      this.#context.logs.get(author)?.chain.filled({ first: seq, last: seq })
      if (seq < (lowestOf.get(author)?.header.seq ?? Number.POSITIVE_INFINITY)) lowestOf.set(author, frame)
    }
    for (const [author, frame] of lowestOf) {
      this.#committing.delete(author)
      this.#join(author, successorOf(frame))
    }
  }

  /** The next author that this peer may have something of. */
  #askNext(link: Link): void {
    const { logs, now } = this.#context
    const rests = this.#rests.get(link)
    let idleUntil = Number.POSITIVE_INFINITY
    for (const author of this.#lacking) {
      const hole = logs.get(author)?.chain.hole ?? null
      if (hole === null) {
        this.#complete(author)
        continue
      }
      if (this.#busy.has(author) || !this.#parts.standing.keepsHistory(author)) continue
      const rest = rests?.get(author)
      if (rest === undefined || now.mono >= rest.untilMono) return this.#begin(link, author, hole)
      idleUntil = Math.min(idleUntil, rest.untilMono)
    }
    this.#idle.set(link, idleUntil)
  }

  #begin(link: Link, author: AuthorId, hole: Run): void {
    this.#busy.add(author)
    const successor = this.#successors.get(author)
    if (successor?.seq === hole.last + 1) return this.#ask(link, { author, hole, successor, sinceMono: this.#context.now.mono })
    this.#parts.reads.begin(author, hole.last + 1, ONE, ([bytes]) => {
      const decoded = bytes === undefined ? null : decodeFrame(bytes)
      if (decoded?.ok === true) this.#successors.set(author, successorOf(decoded.value))
      // on its way to the disk, or not to be read: nothing can be held against it now
      else this.#rest(link, author)
      this.#free(author)
    })
  }

  #ask(link: Link, ask: Ask): void {
    this.#asked.set(link.id, ask)
    this.#context.send(link, { type: 'wantPast', author: ask.author, from: ask.hole.first, before: ask.successor.seq })
  }

  /** The frames that belong below the successor, newest first, until one does not. */
  #check({ author, hole, successor: held }: Ask, frames: readonly Uint8Array[], link: Link): VerifiedFrame[] {
    const { crypto, mesh } = this.#context
    const { linkage } = this.#parts
    const checked: VerifiedFrame[] = []
    let successor = held
    for (const bytes of frames.slice(-LIMITS.framesPerReply).toReversed()) {
      const decoded = decodeFrame(bytes)
      if (!decoded.ok) {
        linkage.countRefusal(link, decoded.failure.code, decoded.failure.message, true)
        break
      }
      const { header } = decoded.value
      if (header.author !== author || header.seq !== successor.seq - 1 || header.seq < hole.first) {
        linkage.countRefusal(link, 'FRAME_MALFORMED', 'history that was not asked for', true)
        break
      }
      const verified = verifyFrame(crypto, mesh, decoded.value)
      if (!verified.ok) {
        linkage.countRefusal(link, verified.failure.code, verified.failure.message, true)
        break
      }
      if (verified.value.hash !== successor.prev) {
        this.#foundFork(author, verified.value, successor, link)
        break
      }
      checked.push(verified.value)
      successor = successorOf(verified.value)
    }
    return checked
  }

  /** Two neighbours of which the second does not name the first: of an author with a named head that says nothing (rules B4). */
  #foundFork(author: AuthorId, one: SignedHeader, successor: Successor, link: Link | null): void {
    if (this.#parts.standing.admissionOf(author).state === 'member') this.#parts.forks.take(makeForkProof(author, one, successor), link)
  }

  /** What was filled in reaches down to this frame: what lies below it on the own disk must be what it names. */
  #join(author: AuthorId, lowest: Successor): void {
    this.#successors.set(author, lowest)
    const log = this.#context.logs.get(author)
    if (log === null || !log.chain.holds(lowest.seq - 1)) return this.#free(author)
    this.#parts.reads.begin(author, lowest.seq - 1, ONE, ([bytes]) => {
      const decoded = bytes === undefined ? null : decodeFrame(bytes)
      const held = decoded?.ok === true ? decoded.value : null
      if (held === null || frameHash(this.#context.crypto, held.headerBytes) !== lowest.prev) {
        if (held !== null) this.#foundFork(author, held, lowest, null)
        log.chain.lost({ first: held === null ? lowest.seq - 1 : 0, last: lowest.seq - 1 })
      }
      this.#free(author)
    })
  }

  #free(author: AuthorId): void {
    this.#busy.delete(author)
    this.#idle = new WeakMap()
    if ((this.#context.logs.get(author)?.chain.lowest ?? 0) === 0) this.#complete(author)
  }

  #complete(author: AuthorId): void {
    this.#successors.delete(author)
    if (this.#lacking.delete(author) && this.#lacking.size === 0) this.#context.happened({ type: 'historyWhole' })
  }

  #rest(link: Link, author: AuthorId): void {
    const rests = this.#rests.get(link) ?? new Map<AuthorId, Rest>()
    this.#rests.set(link, rests)
    const ms = Math.min((rests.get(author)?.ms ?? LIMITS.historyRestMs / 2) * 2, LIMITS.historyRestMaxMs)
    rests.set(author, { untilMono: this.#context.now.mono + ms, ms })
  }

  /** A link that is gone, or that says nothing for too long, leaves its author to others. */
  #endPatience(): void {
    const { links, now } = this.#context
    for (const [id, { author, sinceMono }] of this.#asked) {
      const link = links.get(id)
      if (link !== undefined && now.mono - sinceMono < LIMITS.historyPatienceMs) continue
      if (link !== undefined) this.#rest(link, author)
      this.#asked.delete(id)
      this.#free(author)
    }
  }
}
