import type { AuthorId, Millis } from '../core/brand.js'
import { compareEntries, entryOf, type Entry } from '../core/coordination/records/entry.js'
import { kindSpec } from '../core/coordination/records/kinds.js'
import { recordNaming } from '../core/coordination/records/record.js'
import type { ViewMember } from '../core/coordination/view.js'
import type { Crypto } from '../core/crypto.js'
import { LIMITS } from '../core/limits.js'
import type { Replica } from '../core/replica/replica.js'
import { keyOf } from '../core/replication/author.js'
import { decodeFrame, type FrameHeader } from '../core/replication/frame.js'
import { textsIn } from '../core/replication/inspection.js'
import { AuthorLog } from '../core/replication/log.js'
import { countRuns, withinRuns, type Runs } from '../core/replication/runs.js'
import { trustStoredFrame } from '../core/replication/verification.js'
import type { Runtime } from './runtime.js'

export interface HistoryParts {
  readonly crypto: Crypto
  readonly replica: Replica
  readonly runtime: Pick<Runtime, 'readFrames'>
}

/** Mesh time, both ends included. */
export interface Span {
  readonly since?: Millis | undefined
  readonly until?: Millis | undefined
}

export type Direction = 'newest first' | 'oldest first'

/** Mesh time at which a frame was signed, as its author states it. */
export const frameTime = ({ stamp, offsetMs }: FrameHeader): Millis => stamp.wall - offsetMs

const PIECE = { frames: LIMITS.historyReadFrames, bytes: LIMITS.historyReadBytes }

/**
 * What one author wrote before its newest snapshot, read from the disk in pieces, from either end. A frame's stamp never lies before that of
 * the frame below it, so a time is found by halving. Of what was in a snapshot only the lowest one held is read: all others repeat frames.
 */
export class AuthorPast {
  readonly author: AuthorId
  readonly #parts: HistoryParts
  readonly #member: ViewMember
  readonly #nameOf: (text: string) => string
  /** The numbers held below the newest snapshot, and the part of them, by place, that is still to be read. */
  readonly #held: Runs
  #from: number
  #to: number
  /** Nothing that is still to come lies beyond this time, in the direction of reading. */
  #edge: Millis

  constructor(parts: HistoryParts, log: AuthorLog, member: ViewMember) {
    this.author = log.author
    this.#parts = parts
    this.#member = member
    this.#nameOf = recordNaming(parts.crypto, parts.replica.mesh, keyOf(log.author))
    this.#held = withinRuns(log.onDisk.held, 0, log.snapshotStart)
    this.#from = 0
    this.#to = countRuns(this.#held)
    this.#edge = Number.NaN
  }

  get isDone(): boolean {
    return this.#from >= this.#to
  }

  get edge(): Millis {
    return this.#edge
  }

  /** Finds where to begin. */
  async open(direction: Direction, { since, until }: Span): Promise<void> {
    const count = this.#to
    if (since !== undefined) this.#from = await this.#firstAt(since - LIMITS.historySlackMs, 0, count)
    if (until !== undefined) this.#to = await this.#firstAt(until + LIMITS.historySlackMs + 1, this.#from, count)
    this.#edge = direction === 'newest first' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  }

  /** The records of the next piece, in no order. */
  async read(direction: Direction): Promise<Entry[]> {
    return direction === 'newest first' ? this.#readBack() : this.#readOn()
  }

  async #readBack(): Promise<Entry[]> {
    const frames = await this.#parts.runtime.readFrames(this.author, this.#numberAt(this.#to - 1) + 1, PIECE, true)
    const wanted = frames.slice(-(this.#to - this.#from))
    this.#to -= Math.max(1, wanted.length)
    const { entries, first } = await this.#decode(wanted.map(({ bytes }) => bytes))
    if (first !== null) this.#edge = frameTime(first) + LIMITS.historySlackMs
    return entries
  }

  async #readOn(): Promise<Entry[]> {
    const frames = await this.#parts.runtime.readFrames(this.author, this.#numberAt(this.#from), PIECE)
    const wanted = frames.slice(0, this.#to - this.#from)
    this.#from += Math.max(1, wanted.length)
    const { entries, last } = await this.#decode(wanted.map(({ bytes }) => bytes))
    if (last !== null) this.#edge = frameTime(last) - LIMITS.historySlackMs
    return entries
  }

  async #decode(frames: readonly Uint8Array[]): Promise<{ entries: Entry[]; first: FrameHeader | null; last: FrameHeader | null }> {
    const entries: Entry[] = []
    let first: FrameHeader | null = null
    let last: FrameHeader | null = null
    for (const bytes of frames) {
      const decoded = decodeFrame(bytes)
      if (!decoded.ok) continue
      const { header, payload } = decoded.value
      first ??= header
      last = header
      const texts = header.kind === 'update' ? textsIn(payload) : this.#isBottom(header) ? await this.#snapshotAt(header.seq) : null
      for (const [key, text] of texts ?? []) {
        const entry = this.#entry(key, text)
        if (entry !== null) entries.push(entry)
      }
    }
    return { entries, first, last }
  }

  /** Null for what stands in the view, where it is told from, and for what would not count there. */
  #entry(key: string, text: string): Entry | null {
    const id = this.#nameOf(text) as Entry['id']
    if (id !== key || this.#parts.replica.view.record(id) !== null) return null
    const entry = entryOf(id, this.#member.hostId, keyOf(this.author), text)
    const isCounted = this.#member.role !== 'viewer' || (entry.parsed.type === 'valid' && kindSpec(entry.parsed.record.kind)?.byViewers === true)
    return isCounted ? entry : null
  }

  #isBottom({ kind, part, seq }: FrameHeader): boolean {
    return kind === 'snapshot' && part === 0 && seq > 0 && this.#held.some(({ first }) => first === seq)
  }

  async #snapshotAt(seq: number): Promise<ReadonlyMap<string, string>> {
    return (await replayed(this.#parts, this.author, seq, seq + LIMITS.snapshotParts, header => header.kind === 'snapshot' && header.seq - header.part === seq)).records
  }

  /** The place, from `from` on and below `to`, of the first frame signed at this time or later. */
  async #firstAt(time: Millis, from: number, to: number): Promise<number> {
    let [low, high] = [from, to]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const header = await this.headerAt(this.#numberAt(middle))
      if (header !== null && frameTime(header) >= time) high = middle
      else low = middle + 1
    }
    return low
  }

  async headerAt(seq: number): Promise<FrameHeader | null> {
    const [frame] = await this.#parts.runtime.readFrames(this.author, seq, { frames: 1, bytes: 1 })
    const decoded = frame === undefined ? null : decodeFrame(frame.bytes)
    return decoded?.ok === true && decoded.value.header.seq === seq ? decoded.value.header : null
  }

  #numberAt(place: number): number {
    let left = place
    for (const { first, last } of this.#held) {
      if (left <= last - first) return first + left
      left -= last - first + 1
    }
    return -1
  }

  /** Number of the last frame signed at this time or before, and where the snapshot below it begins; null where that is not held. */
  async stateAt(time: Millis): Promise<{ readonly from: number; readonly until: number } | null> {
    const place = await this.#firstAt(time + 1, 0, countRuns(this.#held))
    if (place === 0) return null
    const until = this.#numberAt(place - 1) + 1
    for (let before = until; before > 0; ) {
      const frames = await this.#parts.runtime.readFrames(this.author, before, PIECE, true)
      for (const { seq, bytes } of frames.toReversed()) {
        const decoded = decodeFrame(bytes)
        if (decoded.ok && decoded.value.header.kind === 'snapshot' && decoded.value.header.part === 0) return { from: seq, until }
      }
      if (frames.length === 0) return null
      before -= frames.length
    }
    return null
  }
}

/** An author's document as its frames from a snapshot on and below a number make it. */
export const replayed = async ({ crypto, replica, runtime }: HistoryParts, author: AuthorId, from: number, until: number, passes: (header: FrameHeader) => boolean = () => true): Promise<AuthorLog> => {
  const log = new AuthorLog(crypto, replica.mesh, author)
  for (let next = from; next < until; ) {
    const frames = await runtime.readFrames(author, next, PIECE)
    for (const { seq, bytes } of frames) {
      const decoded = decodeFrame(bytes)
      const verified = decoded.ok && seq < until && passes(decoded.value.header) ? trustStoredFrame(crypto, replica.mesh, decoded.value) : null
      if (verified?.ok !== true) return log
      if (seq === from) log.chain.leapTo(from)
      log.append(verified.value)
    }
    if (frames.length === 0) return log
    next += frames.length
  }
  return log
}

/** In the order of telling, or against it. */
export const inDirection = (direction: Direction): ((left: Entry, right: Entry) => number) => (direction === 'oldest first' ? compareEntries : (left, right) => compareEntries(right, left))
