import type { AuthorId, MeshId } from '../core/brand.js'
import { decodeAct } from '../core/coordination/membership/act.js'
import type { Crypto } from '../core/crypto.js'
import type { ErrorCode } from '../core/errors.js'
import type { Failure } from '../core/result.js'
import { checkForkProof } from '../core/replication/fork.js'
import { decodeFrame, type FrameHeader } from '../core/replication/frame.js'
import { AuthorLog } from '../core/replication/log.js'
import { countRuns, type Runs } from '../core/replication/runs.js'
import { verifyFrame, type VerifiedFrame } from '../core/replication/verification.js'
import type { Stored, StoredFrame } from '../ports/store.js'

/** One thing in the store that is not what it should be. */
export interface Finding {
  readonly code: ErrorCode
  /** In words, without the author's name. */
  readonly what: string
  readonly author: AuthorId | null
  readonly seq: number | null
}

/** One author's log as it lies in the store. */
export interface AuditedLog {
  readonly author: AuthorId
  readonly frames: number
  /** Lowest and highest number there. */
  readonly first: number
  readonly last: number
  /** How many frames of its history are not here: never fetched, or retired. No damage. */
  readonly lacking: number
  /** What the frames since its newest snapshot amount to, as far as they follow each other. */
  readonly records: number
  /** Number and hash of the last frame that counts. */
  readonly headSeq: number
  readonly headHash: string
  readonly voidSince: number | null
}

export interface StoreAudit {
  readonly logs: readonly AuditedLog[]
  readonly frames: number
  readonly acts: number
  readonly proofs: number
  readonly findings: readonly Finding[]
}

interface Context {
  readonly crypto: Crypto
  readonly mesh: MeshId
}

/** Walks one author's frames by number, checks each by itself and against the one before, and applies those that a start reads. */
class LogWalk {
  readonly author: AuthorId
  readonly #context: Context
  readonly #log: AuthorLog
  readonly #findings: Finding[]
  readonly #damaged = new Set<number>()
  #frames = 0
  #first: number | null = null
  #last = -1
  #start = 0
  #lacking = 0
  #before: { readonly seq: number; readonly hash: string } | null = null

  constructor(context: Context, author: AuthorId, findings: Finding[]) {
    this.#context = context
    this.author = author
    this.#findings = findings
    this.#log = new AuthorLog(context.crypto, context.mesh, author)
  }

  /** What the store says of it. */
  found(start: number, held: Runs): void {
    this.#start = start
    this.#lacking = (held.at(-1)?.last ?? -1) + 1 - countRuns(held)
  }

  damaged(seq: number): void {
    this.#damaged.add(seq)
    this.#last = Math.max(this.#last, seq)
  }

  take({ seq, bytes }: StoredFrame): void {
    this.#frames += 1
    this.#first ??= seq
    this.#last = Math.max(this.#last, seq)
    const decoded = decodeFrame(bytes)
    if (!decoded.ok) return this.#find(decoded.failure, seq)
    const { header } = decoded.value
    if (header.author !== this.author || header.seq !== seq) return this.#find({ code: 'FRAME_STORED_DAMAGED', message: `frame ${header.seq} of another place lies here` }, seq)
    const verified = verifyFrame(this.#context.crypto, this.#context.mesh, decoded.value)
    if (!verified.ok) return this.#find(verified.failure, seq)
    this.#checkPlace(header, verified.value)
  }

  done(): AuditedLog {
    const { headSeq, headHash, records, voidSince } = this.#log
    return { author: this.author, frames: this.#frames, first: this.#first ?? this.#last, last: this.#last, lacking: this.#lacking, records: records.size, headSeq, headHash, voidSince }
  }

  #checkPlace(header: FrameHeader, frame: VerifiedFrame): void {
    const { seq } = header
    const before = this.#before
    const from = before === null ? seq : before.seq + 1
    if (before?.seq === seq - 1 && header.prev !== before.hash) this.#find({ code: 'FRAME_STORED_DAMAGED', message: 'it does not follow the frame before' }, seq)
    else if (seq > from && seq > this.#start && !(header.kind === 'snapshot' && header.part === 0)) this.#missing(from, seq - 1)
    this.#before = { seq, hash: frame.hash }
    if (seq < this.#start) return
    const place = this.#log.place(frame, frame.hash, true)
    if (place === 'next') this.#log.append(frame)
    else if (place === 'jump') this.#log.jump(frame)
    else if (place === 'ahead') this.#log.keepAhead(frame)
  }

  #missing(from: number, to: number): void {
    const known = Array.from({ length: Math.min(to - from + 1, MOST_NAMED) }, (_, index) => from + index).every(seq => this.#damaged.has(seq))
    if (!known) this.#find({ code: 'FRAME_STORED_DAMAGED', message: `frames ${from} to ${to} are missing` }, from)
  }

  #find({ code, message }: Pick<Failure, 'code' | 'message'>, seq: number): void {
    this.damaged(seq)
    this.#findings.push({ code, what: message, author: this.author, seq })
  }
}

const MOST_NAMED = 1_000

/**
 * Checks everything that a store holds from its bytes alone: layout, place in the chain, payload hash and signature of every frame, every
 * act and every fork proof, and whatever the store itself reports as changed or missing. `breathe` is awaited now and then, so that a
 * daemon goes on answering.
 */
export const auditStore = async (context: Context, stored: AsyncIterable<Stored>, breathe: () => Promise<void>): Promise<StoreAudit> => {
  const findings: Finding[] = []
  const walks = new Map<AuthorId, LogWalk>()
  const walkOf = (author: AuthorId): LogWalk => {
    const walk = walks.get(author) ?? new LogWalk(context, author, findings)
    walks.set(author, walk)
    return walk
  }
  let acts = 0
  let proofs = 0
  let checked = 0
  for await (const thing of stored) {
    if (++checked % BREATHE_EVERY === 0) await breathe()
    if (thing.type === 'act') {
      acts += 1
      const decoded = decodeAct(thing.bytes, context)
      if (!decoded.ok) findings.push({ code: decoded.failure.code, what: `act ${thing.id.slice(0, 8)}: ${decoded.failure.message}`, author: null, seq: null })
      else if (decoded.value.id !== thing.id) findings.push({ code: 'ACT_MALFORMED', what: `act ${thing.id.slice(0, 8)} is another one`, author: null, seq: null })
    } else if (thing.type === 'proof') {
      proofs += 1
      const proof = checkForkProof(context.crypto, context.mesh, thing.bytes)
      if (!proof.ok) findings.push({ code: proof.failure.code, what: `fork proof: ${proof.failure.message}`, author: thing.author, seq: null })
    } else if (thing.type === 'log') walkOf(thing.author).found(thing.start, thing.held)
    else if (thing.type === 'frame') walkOf(thing.frame.author).take(thing.frame)
    else if (thing.type === 'damaged') {
      findings.push({ code: 'FRAME_STORED_DAMAGED', what: thing.what, author: thing.author ?? null, seq: thing.seq ?? null })
      if (thing.author !== undefined && thing.seq !== undefined) walkOf(thing.author).damaged(thing.seq)
    }
  }
  const logs = Array.from(walks.values(), walk => walk.done())
  return { logs, frames: logs.reduce((sum, log) => sum + log.frames, 0), acts, proofs, findings }
}

/** About 5 ms of signatures. */
const BREATHE_EVERY = 64
