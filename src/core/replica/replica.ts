import type { AuthorId, Hash, HostId, HostKey, MeshId, Millis, Now, RecordId } from '../brand.js'
import { ActSet } from '../coordination/membership/acts.js'
import { writeAct, type ActStamp } from '../coordination/membership/act.js'
import type { NamedHead } from '../coordination/membership/body.js'
import type { JoiningProof } from '../coordination/membership/joining.js'
import { View } from '../coordination/view.js'
import type { Crypto, Signer } from '../crypto.js'
import { hostIdOf } from '../domain.js'
import { toHex, utf8Length } from '../encoding/bytes.js'
import { ERRORS, type ErrorCode } from '../errors.js'
import { LIMITS } from '../limits.js'
import { failure, success } from '../result.js'
import { authorParts, epochTextOf, isAuthorId, keyOf } from '../replication/author.js'
import { ownOffset } from '../replication/clock-offset.js'
import { checkForkProof, type ForkProof } from '../replication/fork.js'
import { decodeFrame } from '../replication/frame.js'
import { HybridClock } from '../replication/hybrid-clock.js'
import type { LogChange } from '../replication/log.js'
import { LogBook, type Admission } from '../replication/log-book.js'
import { decodeMessage, encodeMessage, type Message } from '../replication/message.js'
import { OwnLog } from '../replication/own-log.js'
import type { VerifiedFrame } from '../replication/verification.js'
import { Commits } from './commits.js'
import type { Context } from './context.js'
import type { Effect } from './effect.js'
import { Exchange, holdersOf } from './exchange.js'
import { Greeting, overdueMono } from './greeting.js'
import { Intake, type Taken } from './intake.js'
import type { Input, LinkId, RequestId, Written } from './input.js'
import { newLink, raise, type Link } from './link-state.js'
import { Refusals } from './refusals.js'
import { RecordWriting, type Writing } from './writing.js'

export interface ReplicaOptions {
  readonly crypto: Crypto
  readonly mesh: MeshId
  /** The host key: signs frames, witnesses and handshakes. */
  readonly signer: Signer
}

/** Something that the store should hold and does not, as found at start. */
export interface Damage {
  readonly what: string
  readonly author: AuthorId | null
  readonly seq: number | null
}

/**
 * One host's whole state, and every rule by which it changes: `handle(input, now)` gives what is to be done, in order, and does nothing by
 * itself. The runtime (host/) and the simulator (test/sim) drive the same class.
 */
export class Replica {
  readonly mesh: MeshId
  readonly key: HostKey
  readonly hostId: HostId
  readonly acts: ActSet
  readonly view: View
  readonly logs: LogBook
  readonly refusals = new Refusals()
  readonly notes = new Map<string, string>()
  readonly damage: Damage[] = []

  readonly #crypto: Crypto
  readonly #signer: Signer
  readonly #clock = new HybridClock()
  readonly #commits = new Commits()
  readonly #links = new Map<LinkId, Link>()
  readonly #own: OwnLog
  readonly #intake: Intake
  readonly #writing: RecordWriting
  readonly #greeting: Greeting
  readonly #exchange: Exchange
  readonly #pending: (Writing & { readonly request: RequestId })[] = []
  readonly #conflicts = new Map<number, VerifiedFrame>()
  /** Authors of whom there are frames on disk behind a hole, up to which number: they count once the hole is filled. */
  readonly #behindHole = new Map<AuthorId, number>()
  readonly #refills = new Set<number>()
  /** Records of own epochs that a fork took from view, to be published again in the present one (rules C4). */
  readonly #rescued = new Map<RecordId, string>()
  readonly #heard = new Map<HostKey, Millis>()
  /** Where each own record stands in the own log, so that delivery can be told from heads. */
  readonly #placeOf = new Map<RecordId, { readonly author: AuthorId; readonly seq: number }>()
  #effects: Effect[] = []
  #now: Now = { wall: 0, mono: 0 }
  #joining: { readonly proof: JoiningProof; readonly inviter: HostKey } | null = null
  #doubt: string | null = null
  /** Something was lost on disk and nobody knows what: it may have been the own log. */
  #nameless = false
  #started = false
  #nextBeatMono: Millis = 0
  #nextRead = -1
  #heardNotedMono: Millis = 0
  #rosterShown: unknown = null

  constructor({ crypto, mesh, signer }: ReplicaOptions) {
    this.#crypto = crypto
    this.#signer = signer
    this.mesh = mesh
    this.key = toHex(signer.publicKey) as HostKey
    this.hostId = hostIdOf(crypto, this.key)
    this.acts = new ActSet(crypto, mesh)
    this.view = new View({ crypto, mesh })
    this.logs = new LogBook(crypto, mesh)
    this.#own = new OwnLog({ crypto, mesh, key: this.key, signer, logs: this.logs, clock: this.#clock })
    this.#intake = new Intake({ crypto, mesh, logs: this.logs, view: this.view, clock: this.#clock, admission: author => this.#admission(author) })
    this.#writing = new RecordWriting({ crypto, mesh, key: this.key, hostId: this.hostId, view: this.view, clock: this.#clock })
    const context = this.#context()
    this.#greeting = new Greeting(context, link => this.#openLink(link), () => this.#stamp())
    this.#exchange = new Exchange(context)
  }

  // ---- what can be asked

  get author(): AuthorId | null {
    return this.#own.author
  }

  get fenced(): string | null {
    return this.#commits.fenced
  }

  get links(): Iterable<Link> {
    return this.#links.values()
  }

  /** Own clock minus mesh time, from the clocks of the linked peers. */
  get offsetMs(): Millis {
    const offsets: Millis[] = []
    for (const link of this.#links.values()) if (link.phase === 'open' && link.offsetMs !== null) offsets.push(link.offsetMs)
    return ownOffset(offsets)
  }

  /** Whether anything waits for the disk. */
  get isBusy(): boolean {
    return this.#commits.isBusy || this.#pending.length > 0
  }

  /** Whether frames were asked for that have not come. */
  get isWanting(): boolean {
    return this.#exchange.wants.isOpen
  }

  meshTime(wall: Millis): Millis {
    return wall - this.offsetMs
  }

  digest(): Hash {
    return this.logs.digest(key => this.#isMember(key), this.acts.digest())
  }

  /** When something signed by this host was last known to be current, in the own wall time; null when never. */
  heardFrom(key: HostKey): Millis | null {
    return this.#heard.get(key) ?? null
  }

  /** This host has left the mesh for good: what it wrote until then stays, and it writes nothing more. */
  get hasLeft(): boolean {
    return this.acts.roster().admits(this.key).state === 'left'
  }

  /** Since when a peer is away by its own word, in the own wall time; null when it is not, or was heard again. */
  awaySince(key: HostKey): Millis | null {
    const noted = this.notes.get(AWAY_NOTE + key)
    return noted === undefined ? null : Number(noted)
  }

  /** Whether a linked peer has said that it holds this record's frame on disk. */
  isAtPeer(peer: HostKey, record: RecordId): boolean {
    const place = this.#placeOf.get(record)
    if (place === undefined) return false
    const noted = this.notes.get(`at/${peer}`)?.split(' ')
    if (noted !== undefined && noted[0] === place.author && Number(noted[1]) >= place.seq) return true
    return holdersOf(this.#links.values(), place.author, place.seq).includes(peer)
  }

  // ---- the one way in

  handle(input: Input, now: Now): Effect[] {
    this.#now = now
    this.#effects = []
    this.#take(input)
    if (this.#started) this.#flush()
    return this.#effects
  }

  #take(input: Input): void {
    switch (input.type) {
      case 'noteLoaded':
        return this.#loadNote(input.key, input.value)
      case 'actLoaded': {
        const added = this.acts.add(input.bytes)
        if (!added.ok) this.damage.push({ what: `act: ${added.failure.message}`, author: null, seq: null })
        return
      }
      case 'proofLoaded': {
        const checked = checkForkProof(this.#crypto, this.mesh, input.bytes)
        if (checked.ok) this.logs.fork(checked.value.author, checked.value.bytes)
        return
      }
      case 'frameLoaded':
        return this.#loadFrame(input.bytes)
      case 'damageLoaded':
        this.damage.push({ what: input.what, author: input.author !== null && isAuthorId(input.author) ? input.author : null, seq: input.seq })
        this.#nameless ||= input.author === null
        return
      case 'started':
        return this.#start(input.epochNonce)
      case 'write':
        return this.#write(input)
      case 'act':
        return this.#submitAct(input.request, input.bytes)
      case 'note':
        return this.#note(input.key, input.value)
      case 'committed':
        return this.#committed(input.batch)
      case 'commitFailed':
        return this.#fence(input.reason)
      case 'framesRead':
        return this.#framesRead(input.read, input.frames)
      case 'compact':
        if (this.#own.author !== null && !this.#mustRenew) this.#stageOwn(this.#own.compact(this.#now.wall, this.offsetMs))
        return
      case 'joining':
        this.#joining = { proof: input.proof, inviter: input.inviter }
        return
      case 'leaving':
        for (const link of this.#links.values()) if (link.phase === 'open') this.#exchange.sayStatus(link, true)
        this.#notePeers()
        return
      case 'retire':
        return this.#retire(input.request)
      case 'compare':
        return this.#exchange.compare()
      case 'woken':
        return this.#wake()
      case 'linkOpened':
      case 'linkMessage':
      case 'linkBlocked':
      case 'linkDrained':
      case 'linkClosed':
        return this.#takeLinkInput(input)
    }
  }

  // ---- start

  #loadNote(key: string, value: string): void {
    this.notes.set(key, value)
    if (key.startsWith('heard/')) this.#heard.set(key.slice('heard/'.length) as HostKey, Number(value))
  }

  #loadFrame(bytes: Uint8Array): void {
    this.#showRoster()
    const taken = this.#intake.restore(bytes, this.#now)
    if (taken.type === 'appended') {
      for (const { header } of taken.frames) {
        if (keyOf(header.author) === this.key) this.#clock.restore(header.stamp)
        else this.#hear(keyOf(header.author), Math.min(this.#now.wall, header.stamp.wall - header.offsetMs))
        this.logs.get(header.author)?.stored(header.seq)
      }
      this.#rememberPlace(taken.frames, idsIn(taken.change))
      return
    }
    if (taken.type === 'seen') return
    const header = decodeFrame(bytes)
    const { author, seq } = header.ok ? header.value.header : { author: null, seq: null }
    if ((taken.type === 'gap' || taken.type === 'ahead') && seq !== null) this.#behindHole.set(taken.author, seq)
    if (taken.type === 'refused' && (taken.code === 'FRAME_FORKED' || taken.code === 'FRAME_UNKNOWN_AUTHOR' || taken.code === 'FRAME_PAST_NAMED_HEAD')) return
    if ((taken.type === 'gap' || taken.type === 'ahead') && this.damage.some(damage => damage.author === author)) return
    this.damage.push({ what: taken.type === 'refused' ? taken.text : `a frame that does not follow the one before (${taken.type})`, author, seq })
  }

  /** Goes on with the newest own epoch that is whole; opens a new one where there is none, or where there is doubt about it. */
  #start(nonce: Uint8Array): void {
    this.#started = true
    this.#showRoster()
    this.#own.start(nonce)
    const newest = [...this.logs.logs()].filter(log => keyOf(log.author) === this.key).sort((left, right) => authorParts(right.author).epoch.counter - authorParts(left.author).epoch.counter)[0]
    const counter = newest === undefined ? 0 : authorParts(newest.author).epoch.counter
    const isLost = this.#nameless || this.damage.some(({ author }) => author !== null && keyOf(author) === this.key && authorParts(author).epoch.counter >= counter)
    if (isLost || (newest !== undefined && newest.voidSince !== null)) this.#doubt = 'the store no longer holds the whole of the own log'
    else if (newest !== undefined) this.#own.resume(newest.author)
    this.#nextBeatMono = this.#now.mono + LIMITS.beatMs
  }

  // ---- writing

  #write(input: Extract<Input, { type: 'write' }>): void {
    if (this.#commits.fenced !== null) return this.#answerFenced(input.request)
    this.#pending.push(input)
  }

  /** The last thing that a host signs. Everything of its own that is on its way to the disk lies below the heads that it names. */
  #retire(request: RequestId): void {
    if (this.#commits.fenced !== null) return this.#answerFenced(request)
    if (this.hasLeft) return this.#emit({ type: 'answer', request, outcome: LEFT })
    if (this.#pending.length > 0) this.#formPending()
    const heads = this.#ownHeads()
    const written = writeAct({ mesh: this.mesh, stamp: this.#stamp(), seen: this.acts.roster().newestActs(this.key), content: { kind: 'retire', body: { key: this.key, heads } } }, this.#signer)
    if (!written.ok) return this.#emit({ type: 'answer', request, outcome: written })
    this.#submitAct(request, written.value)
  }

  /** The newest epochs that hold anything, as many as an act can name. */
  #ownHeads(): NamedHead[] {
    const own = [...this.logs.logs()].filter(log => keyOf(log.author) === this.key && log.headSeq >= 0 && !this.logs.isForked(log.author))
    own.sort((left, right) => authorParts(right.author).epoch.counter - authorParts(left.author).epoch.counter)
    return own.slice(0, LIMITS.retiredEpochs).map(log => ({ epoch: epochTextOf(log.author), seq: log.headSeq, hash: log.headHash }))
  }

  #answerFenced(request: RequestId): void {
    this.#emit({ type: 'answer', request, outcome: failure('FENCED', `nothing is written any more: ${this.#commits.fenced ?? ''}`, { next: ['skein status'] }) })
  }

  #submitAct(request: RequestId, bytes: Uint8Array): void {
    if (this.#commits.fenced !== null) return this.#answerFenced(request)
    const added = this.acts.add(bytes)
    if (!added.ok) return this.#emit({ type: 'answer', request, outcome: added })
    this.#commits.staged.acts.push({ id: added.value.act.id, bytes, from: null })
    this.#commits.staged.answers.push({ request, written: [] })
    this.#rosterMayHaveChanged()
  }

  #note(key: string, value: string | null): void {
    if (value === null) this.notes.delete(key)
    else this.notes.set(key, value)
    this.#commits.staged.notes.set(key, value)
  }

  /** Makes frames of what waits and begins a commit, unless one is under way. */
  #flush(): void {
    if (this.#commits.fenced !== null) this.#commits.discard()
    if (this.#commits.isBusy || this.#commits.fenced !== null) return this.#scheduleWake()
    if (this.#pending.length > 0 || this.#rescued.size > 0 || this.#mustRenew) this.#formPending()
    const commit = this.#commits.begin()
    if (commit !== null) this.#emit({ type: 'commit', ...commit })
    this.#scheduleWake()
  }

  /** The epoch written on so far can no longer be trusted, or counts nowhere. */
  get #mustRenew(): boolean {
    return this.#own.author !== null && (this.#doubt !== null || this.logs.isForked(this.#own.author))
  }

  #formPending(): void {
    if (this.hasLeft) return this.#refusePending()
    this.#readyEpoch()
    const records: (readonly [RecordId, string])[] = []
    let bytes = 0
    let taken = 0
    const { wall } = this.#now
    for (const writing of this.#pending) {
      if (bytes >= FORMED_BYTES) break
      taken += 1
      const formed = this.#writing.form(writing, wall, this.meshTime(wall))
      const more = formed.ok ? formed.value.reduce((sum, { text }) => sum + utf8Length(text), 0) : 0
      const full = formed.ok && !this.#own.hasRoomFor({ records: records.length + formed.value.length, bytes: bytes + more })
      if (!formed.ok || full) {
        const outcome = formed.ok ? failure('LOG_FULL', `this host's log holds as many records as one may (${LIMITS.liveRecordsPerAuthor}, or ${LIMITS.documentBytesPerAuthor} bytes)`) : formed
        this.#emit({ type: 'answer', request: writing.request, outcome })
        continue
      }
      bytes += more
      for (const { id, text } of formed.value) records.push([id, text])
      this.#showOwn(formed.value)
      this.#commits.staged.answers.push({ request: writing.request, written: formed.value })
    }
    this.#pending.splice(0, taken)
    if (records.length === 0) return
    const { frames, changes } = this.#own.write(records, wall, this.offsetMs)
    this.#stageOwn(frames, changes.set.keys())
  }

  /** A host that has left writes nothing more: others would not take it. */
  #refusePending(): void {
    this.#rescued.clear()
    this.#doubt = null
    for (const { request } of this.#pending.splice(0)) this.#emit({ type: 'answer', request, outcome: LEFT })
  }

  /** What the next records of the same commit must be able to see. */
  #showOwn(written: readonly Written[]): void {
    const author = this.#own.author
    if (author === null) throw new Error('no epoch is open')
    this.view.changeAuthor(author, this.key, { set: written.map(({ id, text }) => [id, text] as const), removed: [] })
    this.#emit({ type: 'happened', event: { type: 'viewChanged' } })
  }

  /**
   * A host in doubt about its own past, or whose epoch forked, writes on in a new epoch; what others hold of the old one they give back.
   * What counted in an own epoch until it was shown to have forked is published again, in the same commit as the proof (rules C4).
   */
  #readyEpoch(): void {
    const current = this.#own.author
    const forked = current !== null && this.logs.isForked(current)
    if (current !== null && !forked && this.#doubt === null) {
      if (this.#own.needsCompaction) this.#stageOwn(this.#own.compact(this.#now.wall, this.offsetMs))
      return this.#publishRescued()
    }
    const why = this.#doubt ?? (forked ? 'the own log was shown to have forked' : 'the first one')
    this.#doubt = null
    this.#stageOwn(this.#own.openEpoch(new Map(), this.#now.wall, this.offsetMs))
    const author = this.#own.author
    if (author === null) return
    this.#emit({ type: 'happened', event: { type: 'epochOpened', author, why } })
    this.#publishRescued()
  }

  #publishRescued(): void {
    const author = this.#own.author
    const records: (readonly [RecordId, string])[] = []
    let bytes = 0
    for (const record of this.#rescued) {
      const more = utf8Length(record[1])
      if (this.#own.log?.records.has(record[0]) === true || !this.#own.hasRoomFor({ records: records.length + 1, bytes: bytes + more })) continue
      bytes += more
      records.push(record)
    }
    this.#rescued.clear()
    if (author === null || records.length === 0) return
    const { frames, changes } = this.#own.write(records, this.#now.wall, this.offsetMs)
    this.#intake.show(author, { type: 'changed', changes })
    this.#stageOwn(frames, changes.set.keys())
  }

  /** @param ids the records that these frames bring: they are at a peer once it has the last frame */
  #stageOwn(frames: readonly VerifiedFrame[], ids: Iterable<RecordId> = []): void {
    this.logs.changed()
    for (const frame of frames) this.#commits.staged.frames.push({ frame, from: null })
    this.#rememberPlace(frames, ids)
  }

  #rememberPlace(frames: readonly VerifiedFrame[], ids: Iterable<RecordId>): void {
    const last = frames.at(-1)
    if (last === undefined || keyOf(last.header.author) !== this.key) return
    const { author, seq } = last.header
    for (const id of ids) if (!this.#placeOf.has(id)) this.#placeOf.set(id, { author, seq })
  }

  // ---- commits

  #committed(batch: number): void {
    const done = this.#commits.finish(batch)
    for (const { frame } of done.frames) this.logs.get(frame.header.author)?.stored(frame.header.seq)
    for (const { request, written } of done.answers) this.#emit({ type: 'answer', request, outcome: success(written) })
    this.#exchange.publishActs(done.acts)
    this.#exchange.publishProofs(done.proofs.map(({ bytes }) => bytes))
    for (const { frame, from } of done.frames) this.#exchange.publish(frame, from)
    for (const id of done.admissions) {
      const link = this.#links.get(id)
      if (link !== undefined) this.#greeting.admitted(link)
    }
    this.#exchange.settle()
  }

  /** The first storage error ends all writing: reads go on, nothing more is acknowledged. */
  #fence(reason: string): void {
    const lost = [...this.#commits.fence(reason), ...this.#pending.splice(0).map(({ request }) => request)]
    this.#emit({ type: 'happened', event: { type: 'fenced', reason } })
    for (const request of lost) this.#answerFenced(request)
  }

  // ---- what comes in from peers

  #takeFrame(bytes: Uint8Array, link: Link, pulled: boolean): void {
    const before = this.view.count
    const taken = this.#intake.take(bytes, pulled, this.#now)
    link.received += Math.max(0, this.view.count - before)
    switch (taken.type) {
      case 'appended':
        return this.#appended(taken, link)
      case 'seen':
        raise(link.known, taken.author, taken.seq)
        raise(link.confirmed, taken.author, taken.seq)
        return
      case 'ahead':
        return
      case 'gap':
        return this.#exchange.wants.ask(link, taken.author, this.logs.headSeq(taken.author) + 1)
      case 'conflict':
        return this.#readConflict(taken.frame)
      case 'forked':
        return this.#fork(taken.proof)
      case 'refused': {
        this.#countRefusal(link, taken.code, taken.text, taken.blame)
        const header = decodeFrame(bytes)
        if (taken.blame && header.ok && !pulled && this.#isMember(keyOf(header.value.header.author))) {
          this.#exchange.wants.ask(link, header.value.header.author, this.logs.headSeq(header.value.header.author) + 1)
        }
      }
    }
  }

  #appended({ author, frames, change }: Extract<Taken, { type: 'appended' }>, link: Link): void {
    for (const frame of frames) {
      const { stamp, offsetMs } = frame.header
      this.#commits.staged.frames.push({ frame, from: link.id })
      this.#hearOf(keyOf(author), Math.min(this.#now.wall, stamp.wall - offsetMs + this.offsetMs))
    }
    this.#rememberPlace(frames, idsIn(change))
    if (change.type === 'void' || (change.type === 'replaced' && change.fault !== null)) this.#countRefusal(link, 'FRAME_VOID', `frame ${this.logs.headSeq(author)} of ${author.slice(0, 12)}: ${change.fault}`, false)
    this.#readBehindHole(author)
    if (author === this.#own.author) this.#doubt = 'a peer holds a newer frame under the own signature'
    this.#emit({ type: 'happened', event: { type: 'viewChanged' } })
  }

  #readConflict(frame: VerifiedFrame): void {
    const read = this.#nextRead--
    this.#conflicts.set(read, frame)
    this.#emit({ type: 'read', read, author: frame.header.author, from: frame.header.seq, limit: { frames: 1, bytes: 1 } })
  }

  /** A hole was filled: what lies behind it on the own disk is read and counts from now on. */
  #readBehindHole(author: AuthorId): void {
    const last = this.#behindHole.get(author)
    const head = this.logs.headSeq(author)
    if (last === undefined) return
    if (head >= last) return void this.#behindHole.delete(author)
    const read = this.#nextRead--
    this.#refills.add(read)
    this.#emit({ type: 'read', read, author, from: head + 1, limit: { frames: LIMITS.framesPerReply, bytes: LIMITS.framesPerReplyBytes } })
  }

  #refill(frames: readonly Uint8Array[]): void {
    for (const bytes of frames) {
      const taken = this.#intake.restore(bytes, this.#now)
      if (taken.type !== 'appended') continue
      this.#rememberPlace(taken.frames, idsIn(taken.change))
      for (const frame of taken.frames) this.#commits.staged.frames.push({ frame, from: null })
      this.#emit({ type: 'happened', event: { type: 'viewChanged' } })
      if (bytes === frames.at(-1)) this.#readBehindHole(taken.author)
    }
  }

  #framesRead(read: number, frames: readonly Uint8Array[]): void {
    if (this.#exchange.framesRead(read, frames)) return
    if (this.#refills.delete(read)) return this.#refill(frames)
    const frame = this.#conflicts.get(read)
    this.#conflicts.delete(read)
    const held = frames[0] === undefined ? null : decodeFrame(frames[0])
    if (frame === undefined || held === null || !held.ok) return
    const proof = checkForkProof(this.#crypto, this.mesh, this.#intake.proveConflict(frame, held.value).bytes)
    if (proof.ok) this.#fork(proof.value)
  }

  #takeProof(bytes: Uint8Array, link: Link): void {
    const checked = checkForkProof(this.#crypto, this.mesh, bytes)
    if (!checked.ok) return this.#countRefusal(link, checked.failure.code, checked.failure.message, true)
    this.#fork(checked.value)
  }

  #fork(proof: ForkProof): void {
    const records = keyOf(proof.author) === this.key ? this.logs.get(proof.author)?.records : undefined
    if (!this.#intake.voidFork(proof)) return
    for (const [id, text] of records ?? []) this.#rescued.set(id, text)
    this.#commits.staged.proofs.push(proof)
    this.#emit({ type: 'happened', event: { type: 'forked', author: proof.author } })
    this.#emit({ type: 'happened', event: { type: 'viewChanged' } })
  }

  #takeActs(acts: readonly Uint8Array[], link: Link | null): boolean {
    let isNew = false
    for (const bytes of acts) {
      const added = this.acts.add(bytes)
      if (!added.ok) this.#countRefusal(link, added.failure.code, added.failure.message, true)
      else if (added.value.isNew) {
        isNew = true
        this.#commits.staged.acts.push({ id: added.value.act.id, bytes, from: link?.id ?? null })
      }
    }
    if (isNew) this.#rosterMayHaveChanged()
    return isNew
  }

  // ---- roster

  #isMember(key: HostKey): boolean {
    const { state } = this.acts.roster().admits(key)
    return state === 'member' || state === 'left'
  }

  #admission(author: AuthorId): Admission {
    const admitted = this.acts.roster().admits(keyOf(author))
    // what a newcomer writes before it is let in counts once it is
    if (admitted.state === 'member' || (admitted.state !== 'left' && keyOf(author) === this.key)) return { state: 'member' }
    if (admitted.state !== 'left') return { state: 'unknown' }
    const epoch = epochTextOf(author)
    return { state: 'left', upTo: admitted.heads.find(head => head.epoch === epoch)?.seq ?? -1 }
  }

  #showRoster(): void {
    if (this.#rosterShown === this.acts.roster()) return
    this.#rosterShown = this.acts.roster()
    this.logs.changed()
    this.view.setRoster(this.acts.roster().members)
  }

  #rosterMayHaveChanged(): void {
    this.#showRoster()
    this.#emit({ type: 'happened', event: { type: 'rosterChanged' } })
    this.#exchange.reconsider()
  }

  // ---- links

  #takeLinkInput(input: Extract<Input, { type: 'linkOpened' | 'linkMessage' | 'linkBlocked' | 'linkDrained' | 'linkClosed' }>): void {
    if (input.type === 'linkOpened') {
      const link = newLink({ ...input, id: input.link, openedMono: this.#now.mono })
      this.#links.set(link.id, link)
      return this.#greeting.begin(link)
    }
    const link = this.#links.get(input.link)
    if (link === undefined) return
    if (input.type === 'linkMessage') return this.#takeMessage(link, input.bytes)
    if (input.type === 'linkClosed') return this.#unlink(link, 'LINK_CLOSED', input.reason, true)
    link.blocked = input.type === 'linkBlocked'
    if (input.type === 'linkDrained' && link.phase === 'open') this.#exchange.sayStatus(link)
  }

  #takeMessage(link: Link, bytes: Uint8Array): void {
    const decoded = decodeMessage(bytes)
    if (!decoded.ok) {
      if (link.phase === 'open') this.#countRefusal(link, 'MESSAGE_MALFORMED', decoded.failure.message, false)
      return this.#refuseLink(link, 'MESSAGE_MALFORMED', decoded.failure.message)
    }
    link.lastHeardMono = this.#now.mono
    if (decoded.value.type === 'refuse') {
      const code = decoded.value.code in ERRORS ? (decoded.value.code as ErrorCode) : 'LINK_CLOSED'
      return this.#unlink(link, code, decoded.value.text, true)
    }
    if (link.phase !== 'open') return this.#greeting.take(link, decoded.value)
    if (link.peer !== null) this.#hear(link.peer.key, this.#now.wall)
    this.#exchange.take(link, decoded.value)
    if (link.peer !== null && decoded.value.type === 'status') this.#noteAway(link.peer.key, decoded.value.final)
  }

  /**
   * Two links to one peer settle on one: that of the lower key's dialling. Of two that one side dialled the acceptor keeps the newer; only
   * it decides, since the two ends may see them open in another order.
   */
  #openLink(link: Link): void {
    if (link.peer === null) throw new Error('a link without a peer')
    const { key } = link.peer
    for (const other of this.#links.values()) {
      if (other === link || other.phase !== 'open' || other.peer?.key !== key) continue
      if (other.side === 'dialled' && link.side === 'dialled') continue
      const keepNew = other.side === link.side || (link.side === 'dialled') === this.key < key
      this.#refuseLink(keepNew ? other : link, 'LINK_DUPLICATE', 'one link between two hosts is enough')
      if (!keepNew) return
    }
    link.phase = 'open'
    this.#hear(key, this.#now.wall)
    this.#noteAway(key, false)
    this.#emit({ type: 'authenticated', link: link.id, key })
    this.#emit({ type: 'happened', event: { type: 'linked', link: link.id, key, remote: link.remote, posture: link.posture, side: link.side } })
    this.#exchange.begin(link)
  }

  /** One that never came to be is counted, so that a person sees who was turned away, and why. */
  #refuseLink(link: Link, code: ErrorCode, text: string): void {
    if (link.phase !== 'open' && code !== 'LINK_DUPLICATE') this.#countRefusal(link, code, text, false)
    this.#send(link, { type: 'refuse', code, text })
    this.#emit({ type: 'close', link: link.id, code, text })
    this.#unlink(link, code, text, false)
  }

  #unlink(link: Link, code: ErrorCode, text: string, byPeer: boolean): void {
    if (!this.#links.delete(link.id)) return
    if (byPeer && code !== 'LINK_CLOSED') this.#emit({ type: 'close', link: link.id, code, text })
    this.#exchange.forget(link)
    this.#notePeer(link)
    this.#emit({ type: 'happened', event: { type: 'unlinked', link: link.id, key: link.peer?.key ?? null, code, text, byPeer } })
  }

  #countRefusal(link: Link | null, code: ErrorCode, text: string, blame: boolean): void {
    const from = originOf(link)
    this.refusals.add(code, text, from, this.#now.wall)
    this.#emit({ type: 'happened', event: { type: 'refused', code, text, from } })
    if (link === null || !blame) return
    link.badFrames += 1
    if (link.badFrames > LIMITS.badFramesPerLink) this.#refuseLink(link, code, `more than ${LIMITS.badFramesPerLink} times bytes that no honest member sends`)
  }

  #send(link: Link, message: Message): void {
    this.#emit({ type: 'send', link: link.id, bytes: encodeMessage(message) })
  }

  // ---- time

  #wake(): void {
    const { mono } = this.#now
    for (const link of this.#links.values()) {
      if (link.phase !== 'open' && mono >= overdueMono(link)) this.#refuseLink(link, 'HANDSHAKE_TIMEOUT', 'the peer did not prove itself in time')
      else if (link.phase === 'open' && mono - link.lastHeardMono > LIMITS.silentMs) this.#refuseLink(link, 'LINK_SILENT', `nothing heard for ${Math.round((mono - link.lastHeardMono) / 1000)} s`)
    }
    this.#exchange.wants.wake()
    if (this.#exchange.haveDueMono !== null && mono >= this.#exchange.haveDueMono) this.#exchange.sayHave()
    if (mono < this.#nextBeatMono) return
    this.#nextBeatMono = mono + LIMITS.beatMs
    for (const link of this.#links.values()) {
      link.answeredPair = null
      if (link.phase === 'open') this.#exchange.sayStatus(link)
    }
    if (mono - this.#heardNotedMono < HEARD_NOTE_MS) return
    this.#heardNotedMono = mono
    this.#notePeers()
  }

  #scheduleWake(): void {
    const due = [this.#exchange.haveDueMono ?? Number.POSITIVE_INFINITY, this.#exchange.wants.dueMono ?? Number.POSITIVE_INFINITY]
    for (const link of this.#links.values()) due.push(link.phase === 'open' ? this.#nextBeatMono : overdueMono(link))
    const atMono = Math.min(...due)
    if (Number.isFinite(atMono)) this.#emit({ type: 'wake', atMono })
  }

  #hear(key: HostKey, wall: Millis): void {
    if (key !== this.key && wall > (this.#heard.get(key) ?? 0)) this.#heard.set(key, wall)
  }

  /** Something signed by a host at this time came, by whatever way: it is at work again if that was after its goodbye. */
  #hearOf(key: HostKey, wall: Millis): void {
    this.#hear(key, wall)
    if (wall > (this.awaySince(key) ?? wall)) this.#noteAway(key, false)
  }

  /** A goodbye outlives its link: *away* is told apart from *unreachable* until the peer is heard again. */
  #noteAway(key: HostKey, away: boolean): void {
    if (away) this.#note(AWAY_NOTE + key, String(this.#now.wall))
    else if (this.notes.has(AWAY_NOTE + key)) this.#note(AWAY_NOTE + key, null)
  }

  /** `heard` outlives this run, also of those who were only heard through others; and what each peer is known to hold of the own log. */
  #notePeers(): void {
    for (const key of this.#heard.keys()) if (this.#isMember(key)) this.#noteHeard(key)
    for (const link of this.#links.values()) this.#notePeer(link)
  }

  #noteHeard(key: HostKey): void {
    const heard = this.#heard.get(key)
    if (heard !== undefined && this.#commits.fenced === null && this.notes.get(`heard/${key}`) !== String(heard)) this.#note(`heard/${key}`, String(heard))
  }

  #notePeer(link: Link): void {
    if (link.peer === null || this.#commits.fenced !== null || !this.#isMember(link.peer.key)) return
    const { key } = link.peer
    this.#noteHeard(key)
    const own = this.#own.author
    const confirmed = own === null ? undefined : link.confirmed.get(own)
    if (own !== null && confirmed !== undefined && this.notes.get(`at/${key}`) !== `${own} ${confirmed}`) this.#note(`at/${key}`, `${own} ${confirmed}`)
  }

  #stamp(): ActStamp {
    return this.#clock.tick(this.#now.wall)
  }

  /** A stamp for an act that is signed outside this replica. */
  stampFor(wall: Millis): ActStamp {
    return this.#clock.tick(wall)
  }

  #emit(effect: Effect): void {
    this.#effects.push(effect)
  }

  #context(): Context {
    const nowOf = (): Now => this.#now
    const meshTimeOf = (): Millis => this.meshTime(this.#now.wall)
    const joiningOf = (): Context['joining'] => this.#joining
    return {
      crypto: this.#crypto,
      mesh: this.mesh,
      key: this.key,
      signer: this.#signer,
      acts: this.acts,
      logs: this.logs,
      view: this.view,
      commits: this.#commits,
      links: this.#links,
      get now() {
        return nowOf()
      },
      get meshNow() {
        return meshTimeOf()
      },
      get joining() {
        return joiningOf()
      },
      emit: effect => this.#emit(effect),
      send: (link, message) => this.#send(link, message),
      refuseLink: (link, code, text) => this.#refuseLink(link, code, text),
      countRefusal: (link, code, text, blame) => this.#countRefusal(link, code, text, blame),
      takeActs: (acts, link) => this.#takeActs(acts, link),
      takeFrame: (bytes, link, pulled) => this.#takeFrame(bytes, link, pulled),
      takeProof: (bytes, link) => this.#takeProof(bytes, link),
      isMember: key => this.#isMember(key),
      digest: () => this.digest()
    }
  }
}

/** Once so many bytes of records are formed, what still waits goes into the next commit: peers see the first of a burst while the rest is made, and no other work waits for long. */
const FORMED_BYTES = 16 * 1024

/** A key counts only once it was proven; of a stranger its address, whatever port it came from. */
const originOf = (link: Link | null): string => {
  if (link === null) return 'this host'
  return link.phase === 'open' && link.peer !== null ? link.peer.key : link.side === 'accepted' ? link.remote.replace(/:\d+$/, '') : link.remote
}

const AWAY_NOTE = 'away/'

const LEFT = failure('HOST_LEFT', 'this host has left the mesh for good; what it holds can still be read', { next: ['skein --home ANOTHER-FOLDER join TOKEN'] })

/** How often `heard` is put on disk while links are open. */
const HEARD_NOTE_MS = 30_000

/** The records that a frame brought. */
const idsIn = (change: LogChange): Iterable<RecordId> => {
  if (change.type === 'changed') return change.changes.set.keys()
  return change.type === 'replaced' ? change.records.keys() : []
}
