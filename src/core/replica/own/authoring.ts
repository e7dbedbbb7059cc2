import type { RecordId } from '../../brand.js'
import { writeAct } from '../../coordination/membership/act.js'
import type { EndedHow } from '../../coordination/membership/member.js'
import { utf8Length } from '../../encoding/bytes.js'
import { LIMITS } from '../../limits.js'
import { failure } from '../../result.js'
import type { Context } from '../context.js'
import type { Epochs } from './epochs.js'
import type { RequestId, Written } from '../input.js'
import type { Inquiry } from './inquiry.js'
import type { Levelling } from '../levelling/levelling.js'
import type { Naming } from '../standing/naming.js'
import { ownHeads } from './own-heads.js'
import type { Standing } from '../standing/standing.js'
import { RecordWriting, type Writing } from './writing.js'

/**
 * Once so many bytes of records are formed, what still waits goes into the next commit: peers see the first of a burst while the rest is
 * made, and no other work waits for long.
 */
const FORMED_BYTES = 16 * 1024

const JOIN_ANEW = ['skein --home ANOTHER-FOLDER join TOKEN']
const WHAT_FELL_OFF = 'what it holds can still be read, and skein status lists what of its own counts no more'

/** Why this host writes nothing more, and what its owner can do. */
const ENDED: Readonly<Record<EndedHow, ReturnType<typeof failure>>> = {
  left: failure('HOST_LEFT', 'this host has left the mesh for good; what it holds can still be read', { next: JOIN_ANEW }),
  retired: failure('HOST_LEFT', `a member retired this ephemeral host: it writes nothing more; ${WHAT_FELL_OFF}`, { next: JOIN_ANEW }),
  revoked: failure('HOST_LEFT', `an operator revoked this host's key: it writes nothing more, and the key never comes back; ${WHAT_FELL_OFF}. Ask an operator for an invitation and join with a new home`, { next: ['skein status', ...JOIN_ANEW] }),
  rotated: failure('HOST_LEFT', `another key has taken the place of this one: this home is an older copy, or its new key file was lost, and it writes nothing more; ${WHAT_FELL_OFF}. Work goes on in the home with the new key`, { next: ['skein status', ...JOIN_ANEW] })
}

const KEY_SPENT = failure('KEY_SPENT', `this host's key has opened all the ${LIMITS.epochsPerKey} epochs that a key may: it can be read, and it writes on only with another key`, {
  next: ['skein rotate-key', 'skein leave --yes', 'skein join TOKEN']
})

/** What has ended was left out before this is said (rules C2): so much still stands. */
const LOG_FULL = failure('LOG_FULL', `as many of this host's records still count as a log may hold (${LIMITS.liveRecordsPerAuthor}, or ${LIMITS.documentBytesPerAuthor} bytes): what was begun can be ended, and nothing new is taken until some of it has been over for a while`, {
  details: { records: LIMITS.liveRecordsPerAuthor, bytes: LIMITS.documentBytesPerAuthor },
  next: ['skein pending --all', 'skein claims']
})

/** Kinds that end what another record began: for them some room is kept, so that nothing stays held only because a log is full. */
const ENDINGS: ReadonlySet<string> = new Set(['release', 'withdraw', 'ack', 'nack', 'accept', 'reject', 'answer', 'unblock', 'resolve'])
const FOR_ENDINGS = { records: LIMITS.endingRecords, bytes: LIMITS.endingBytes }
const NOTHING = { records: 0, bytes: 0 }

export interface AuthoringParts {
  readonly standing: Standing
  readonly epochs: Epochs
  readonly inquiry: Inquiry
  readonly levelling: Levelling
  readonly naming: Naming
}

/** What is written here: records for sessions, made into frames while no commit is under way, and acts. Each request is answered once. */
export class Authoring {
  readonly #context: Context
  readonly #parts: AuthoringParts
  readonly #writing: RecordWriting
  readonly #pending: (Writing & { readonly request: RequestId })[] = []

  constructor(context: Context, parts: AuthoringParts) {
    this.#context = context
    this.#parts = parts
    this.#writing = new RecordWriting(context)
  }

  get isPending(): boolean {
    return this.#pending.length > 0
  }

  write(writing: Writing & { readonly request: RequestId }): void {
    if (this.#context.commits.fenced !== null) return this.answerFenced(writing.request)
    this.#pending.push(writing)
  }

  submitAct(request: RequestId, bytes: Uint8Array): void {
    const { commits, acts } = this.#context
    const { standing, levelling, naming } = this.#parts
    if (commits.fenced !== null) return this.answerFenced(request)
    const added = acts.add(bytes)
    if (!added.ok) return this.#refuse(request, added)
    commits.staged.acts.push({ id: added.value.act.id, bytes, from: null })
    commits.dropActs(acts.settle())
    commits.staged.answers.push({ request, written: [] })
    standing.changed()
    naming.apply()
    levelling.reconsider()
  }

  /** The last thing that a host signs. Everything of its own that is on its way to the disk lies below the heads that it names. */
  retire(request: RequestId): void {
    const { commits, mesh, key, acts, logs, signer } = this.#context
    if (commits.fenced !== null) return this.answerFenced(request)
    const { ended } = this.#parts.standing
    if (ended !== null) return this.#refuse(request, ENDED[ended])
    if (this.isPending) this.#form()
    const content = { kind: 'retire', body: { key, heads: ownHeads(logs, key) } } as const
    const written = writeAct({ mesh, stamp: this.#context.stamp(), seen: acts.roster().newestActs(key), content }, signer)
    if (!written.ok) return this.#refuse(request, written)
    this.submitAct(request, written.value)
  }

  /** Makes frames of what waits, unless peers are still asked what they hold. */
  form(): void {
    if (!this.#parts.inquiry.isOpen && (this.isPending || this.#parts.epochs.isDue)) this.#form()
  }

  /** @returns the requests that still waited. */
  drop(): RequestId[] {
    return this.#pending.splice(0).map(({ request }) => request)
  }

  answerFenced(request: RequestId): void {
    const { code, reason } = this.#context.commits.fenced ?? { code: 'FENCED', reason: '' }
    this.#refuse(request, failure(code, `nothing is written any more: ${reason}`, { next: ['skein status'] }))
  }

  #form(): void {
    const { standing, epochs } = this.#parts
    const { own, commits, now, meshNow, rereading } = this.#context
    if (standing.ended !== null) return this.#refusePending(ENDED[standing.ended])
    // the act that had ended this key fell: first its own log is read again
    if (own.author !== null && rereading.has(own.author)) return
    if (epochs.isSpent) return this.#refusePending(KEY_SPENT)
    epochs.ready()
    if (epochs.defect !== null) return
    const records: (readonly [RecordId, string])[] = []
    let bytes = 0
    let taken = 0
    for (const writing of this.#pending) {
      if (bytes >= FORMED_BYTES) break
      taken += 1
      const formed = this.#writing.form(writing, now.wall, meshNow)
      const more = formed.ok ? formed.value.reduce((sum, { text }) => sum + utf8Length(text), 0) : 0
      const kept = writing.drafts.every(({ kind }) => ENDINGS.has(kind)) ? NOTHING : FOR_ENDINGS
      const asked = { records: records.length + (formed.ok ? formed.value.length : 0), bytes: bytes + more }
      const full = formed.ok && !own.hasRoomFor(asked, kept) && !(epochs.makeRoom() && own.hasRoomFor(asked, kept))
      if (!formed.ok || full) {
        this.#refuse(writing.request, formed.ok ? LOG_FULL : formed)
        continue
      }
      bytes += more
      for (const { id, text } of formed.value) records.push([id, text])
      this.#show(formed.value)
      commits.staged.answers.push({ request: writing.request, written: formed.value })
    }
    this.#pending.splice(0, taken)
    if (records.length > 0) epochs.write(records)
  }

  /** A host that has left, or whose key is spent, writes nothing more: others would not take it. */
  #refusePending(why: ReturnType<typeof failure>): void {
    for (const request of this.drop()) this.#refuse(request, why)
  }

  /** What the next records of the same commit must be able to see. */
  #show(written: readonly Written[]): void {
    const { own, view, key } = this.#context
    if (own.author === null) throw new Error('no epoch is open')
    view.changeAuthor(own.author, key, { set: written.map(({ id, text }) => [id, text] as const), removed: [] })
    this.#context.happened({ type: 'viewChanged' })
  }

  #refuse(request: RequestId, outcome: ReturnType<typeof failure>): void {
    this.#context.emit({ type: 'answer', request, outcome })
  }
}
