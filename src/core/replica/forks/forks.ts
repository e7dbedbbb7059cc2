import { equalBytes } from '../../encoding/bytes.js'
import { everyEpochOf, keyOf } from '../../replication/author.js'
import { decodeFrame } from '../../replication/frame.js'
import { accusedBy, checkForkProof, exclude, headersIn, makeForkProof, readHeader, type ForkProof, type ReadHeader } from '../../replication/fork.js'
import type { SignedHeader } from '../../replication/log.js'
import type { VerifiedFrame } from '../../replication/verification.js'
import type { Context } from '../context.js'
import type { Epochs } from '../own/epochs.js'
import { noteForkOrigin, type ForkOrigin } from './fork-origin.js'
import type { Intake } from '../reception/intake.js'
import type { Link } from '../links/link-state.js'
import type { Linkage } from '../links/linkage.js'
import type { Reads } from '../reads.js'
import type { Standing } from '../standing/standing.js'

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

  /** Another frame is held at this one's number, or may be, or beside it: what is held there makes the proof, in memory or on disk. */
  prove(frame: VerifiedFrame, link: Link | null): void {
    const { author, seq } = frame.header
    if (this.#meet(frame, this.#inMemory(frame), link)) return
    // the frame held at this number may itself be damaged on disk: then the ones beside it still tell
    const look = (from: number, next: readonly number[]): void => {
      this.#parts.reads.begin(author, from, { frames: 2, bytes: LOOK_BYTES }, bytes => {
        const held = bytes.flatMap(each => {
          const decoded = decodeFrame(each)
          return decoded.ok ? [decoded.value] : []
        })
        if (held.some(({ headerBytes }) => equalBytes(headerBytes, frame.headerBytes))) return
        const [then, ...rest] = next
        if (!this.#meet(frame, held, link) && then !== undefined) look(then, rest)
      })
    }
    look(seq, [seq + 1, ...(seq === 0 ? [] : [seq - 1])])
  }

  /** What a peer says is a proof. One that says nothing new costs nothing: its signatures are not looked at. */
  takeProof(bytes: Uint8Array, link: Link): void {
    const { standing, linkage } = this.#parts
    const { crypto, logs } = this.#context
    const headers = headersIn(crypto, bytes)
    const accused = headers.ok ? accusedBy(headers.value) : headers
    if (accused.ok && logs.isForked(accused.value)) return void link.knowsForked.add(accused.value)
    const key = accused.ok ? keyOf(accused.value) : null
    // keys cost nothing: a proof against one that the roster does not hold says nothing, and comes again once the roster holds it
    if (key !== null && !standing.isMember(key) && key !== this.#context.key) return linkage.countRefusal(link, 'FRAME_UNKNOWN_AUTHOR', 'a fork proof against a key that the roster does not hold', false)
    const checked = this.#check(bytes)
    if (checked.ok) {
      link.knowsForked.add(checked.value.author)
      return this.#void(checked.value, link, 'told')
    }
    const { code, message } = checked.failure
    linkage.countRefusal(link, code, message, true)
    // a thousand signatures to no end are not looked at a second time
    if (bytes.length > LOOK_BYTES && this.#context.links.has(link.id)) linkage.refuse(link, code, message)
  }

  /** What two branches that met here prove; checked like what is told, since one side may have been read from the own disk. */
  take(claimed: ForkProof, link: Link | null): void {
    const checked = this.#check(claimed.bytes)
    if (checked.ok) this.#void(checked.value, link, 'met')
  }

  #void(proven: ForkProof, link: Link | null, how: ForkOrigin['how']): void {
    const { commits, now, key } = this.#context
    const { intake, epochs } = this.#parts
    const proof = this.#againstKey(proven) ?? proven
    const { author } = proof
    const lost = keyOf(author) === key ? epochs.liveIn(author) : []
    if (!intake.voidFork(proof)) return
    for (const records of lost) epochs.rescue(records)
    commits.staged.proofs.push(proof)
    noteForkOrigin(this.#context, author, { at: now.wall, how, by: link?.peer?.key ?? null })
    this.#context.happened({ type: 'forked', author })
    this.#context.happened({ type: 'viewChanged' })
  }

  /** A proof shows that its epoch was opened, too: one epoch more than a key may open is a proof against the key. */
  #againstKey({ author, bytes }: ForkProof): ForkProof | null {
    const { crypto, logs } = this.#context
    const headers = headersIn(crypto, bytes)
    const first = headers.ok ? headers.value[0] : undefined
    return first === undefined || author === everyEpochOf(keyOf(author)) ? null : logs.proveKey(author, first)
  }

  /** @returns whether one of them and the frame exclude each other, which is then known to all. */
  #meet(frame: VerifiedFrame, held: readonly SignedHeader[], link: Link | null): boolean {
    const { crypto, logs } = this.#context
    const { author } = frame.header
    if (logs.isForked(author)) return true
    const met = readHeader(crypto, frame)
    if (!met.ok) return false
    const other = held.map(each => readHeader(crypto, each)).find((each): each is { ok: true; value: ReadHeader } => each.ok && exclude(each.value, met.value))
    if (other === undefined) return false
    const [before, after] = other.value.header.seq <= frame.header.seq ? [other.value, met.value] : [met.value, other.value]
    this.take(makeForkProof(author, before, after), link)
    return true
  }

  /** Headers of the same epoch that need no reading: the newest, and those on their way to the disk. */
  #inMemory({ header: { author } }: VerifiedFrame): readonly SignedHeader[] {
    const { logs, commits } = this.#context
    const newest = logs.get(author)?.headHeader
    return [...(newest === null || newest === undefined ? [] : [newest]), ...commits.pendingFrames(author)]
  }

  #check(bytes: Uint8Array): ReturnType<typeof checkForkProof> {
    return checkForkProof(this.#context.crypto, this.#context.mesh, bytes)
  }
}

/** Two frames of the usual size, or one snapshot part: what is looked at is only their headers. */
const LOOK_BYTES = 16 * 1024
