import type { AuthorId, HostKey, SessionName } from '../core/brand.js'
import type { Strictness } from '../core/coordination/claims/claim.js'
import { fromHex } from '../core/encoding/bytes.js'
import { LIMITS } from '../core/limits.js'
import { epochTextOf, keyOf } from '../core/replication/author.js'
import { failure, success, type Result } from '../core/result.js'
import type { Effect, ReplicaEvent } from '../core/replica/effect.js'
import type { Draft, Input, LinkId, RequestId, Written } from '../core/replica/input.js'
import type { Replica } from '../core/replica/replica.js'
import type { Clock } from '../ports/clock.js'
import type { Random } from '../ports/random.js'
import type { PlaceFacts } from '../ports/place.js'
import { StoreFailure } from '../ports/store.js'
import type { FrameStore, ReadLimit, Stored, StoredFrame } from '../ports/store.js'
import type { Connection } from '../ports/transport.js'
import type { Witness } from '../ports/witness.js'

export interface RuntimeParts {
  readonly replica: Replica
  readonly store: FrameStore
  readonly clock: Clock
  readonly random: Random
  readonly witness: Witness
}

type Listener = (event: ReplicaEvent) => void

/** Above this a link's queue counts as blocked: pushes wait, and pull catches up when it has drained. */
const BLOCKED_BYTES = LIMITS.sendQueueBytes / 4

/** Runs a replica's effects through the ports and feeds what becomes of them back as inputs. It decides nothing. */
export class Runtime {
  readonly replica: Replica
  readonly #store: FrameStore
  readonly #clock: Clock
  readonly #random: Random
  readonly #witness: Witness
  readonly #connections = new Map<LinkId, Connection>()
  readonly #blocked = new Set<LinkId>()
  readonly #answers = new Map<RequestId, (outcome: Result<readonly Written[]>) => void>()
  readonly #listeners = new Set<Listener>()
  readonly #work = new Set<Promise<void>>()
  #nextLink = 1
  #nextRequest = 1
  #cancelWake: (() => void) | null = null
  #stopped = false

  constructor({ replica, store, clock, random, witness }: RuntimeParts) {
    this.replica = replica
    this.#store = store
    this.#clock = clock
    this.#random = random
    this.#witness = witness
  }

  /** Hands everything that is stored to the replica, and what is known of it elsewhere, then starts it. A store that fails while it is read is closed, and its failure given. */
  async load({ place, remade }: { readonly place: PlaceFacts; readonly remade: boolean }): Promise<Result<true>> {
    for (const [epoch, seq] of await this.#witness.read()) this.#feed({ type: 'witnessLoaded', epoch, seq })
    this.#feed({ type: 'placeLoaded', facts: place })
    if (remade) this.#feed({ type: 'storeRemade' })
    try {
      for await (const stored of this.#store.scan('present')) this.#feed(storedInput(stored))
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error
      await this.#store.close()
      return failure(error.code, error.message)
    }
    const { fence } = this.#store
    // before anything is written: what is found now is shown, and nothing of it is mended here
    if (fence !== null) this.#feed({ type: 'storeFailed', code: fence.code, reason: fence.message })
    this.#feed({ type: 'started', epochNonce: this.#random.bytes(8) })
    const { author, logs } = this.replica
    if (author !== null) this.#witness.note(epochTextOf(author), logs.headSeq(author))
    return success(true)
  }

  /** Why this machine remembers nothing of the own log outside the home; null while it does. */
  get witnessFailure(): string | null {
    return this.#witness.failure
  }

  /** Bytes free on the disk where the store lies; null where that cannot be told. */
  freeBytes(): Promise<number | null> {
    return this.#store.freeBytes()
  }

  /** Everything that lies in the store now, read again: for `verify`. What is written meanwhile may or may not be in it. */
  scanStored(): AsyncIterable<Stored> {
    return this.#store.scan('whole')
  }

  /** Frames of one author from the disk, in rising order: from this number on, or those that end before it. `StoreFailure` where it fails. */
  readFrames(author: AuthorId, from: number, limit: ReadLimit, backwards = false): Promise<StoredFrame[]> {
    return backwards ? this.#store.framesBefore(author, from, limit) : this.#store.frames(author, from, limit)
  }

  /** Writes records for a session; resolves when they are on disk, or with what stood in the way. */
  write(session: SessionName, drafts: readonly Draft[], options: { readonly strict?: Strictness } = {}): Promise<Result<readonly Written[]>> {
    return this.#ask(request => ({ type: 'write', request, session, drafts, strict: options.strict ?? false }))
  }

  submitAct(bytes: Uint8Array): Promise<Result<readonly Written[]>> {
    return this.#ask(request => ({ type: 'act', request, bytes }))
  }

  /** This host leaves the mesh for good; resolves when its last act is on disk. */
  retire(): Promise<Result<readonly Written[]>> {
    return this.#ask(request => ({ type: 'retire', request }))
  }

  /** Keeps a host-local fact; on disk soon, at the latest when the runtime stops. */
  note(key: string, value: string | null): void {
    this.#feed({ type: 'note', key, value })
  }

  feed(input: Input): void {
    this.#feed(input)
  }

  on(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Resolves with the first event that passes, or null after `ms`. */
  async waitFor(passes: (event: ReplicaEvent) => boolean, ms: number): Promise<ReplicaEvent | null> {
    return new Promise(resolve => {
      const end = (event: ReplicaEvent | null): void => {
        stopListening()
        cancel()
        resolve(event)
      }
      const stopListening = this.on(event => passes(event) && end(event))
      const cancel = this.#clock.after(ms, () => end(null))
    })
  }

  /** Takes over a channel that was opened; the replica greets the peer on it. */
  attach(connection: Connection, pin: HostKey | null): LinkId {
    const link = this.#nextLink++
    if (this.#stopped) {
      connection.close('this host is stopping')
      return link
    }
    this.#connections.set(link, connection)
    connection.start({
      message: bytes => this.#feed({ type: 'linkMessage', link, bytes }),
      drained: () => {
        this.#blocked.delete(link)
        this.#feed({ type: 'linkDrained', link })
      },
      closed: reason => {
        this.#connections.delete(link)
        this.#blocked.delete(link)
        this.#feed({ type: 'linkClosed', link, reason })
      }
    })
    const { direction: side, remote, posture, binding, certificateKey } = connection
    this.#feed({ type: 'linkOpened', link, side, remote, posture, binding, certificateKey, pin, nonce: this.#random.bytes(32) })
    return link
  }

  /** The posture as the channel states it now. */
  postureOf(link: LinkId): string | null {
    return this.#connections.get(link)?.posture ?? null
  }

  queuedBytes(link: LinkId): number {
    return this.#connections.get(link)?.queuedBytes() ?? 0
  }

  /** Says goodbye, lets what is under way reach the disk, closes every channel and the store. */
  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#feed({ type: 'leaving' })
    await this.settled()
    this.#stopped = true
    this.#cancelWake?.()
    for (const connection of this.#connections.values()) connection.close('this host goes away for now')
    await this.#witness.close()
    await this.#store.close()
  }

  /** Resolves when nothing waits for the disk any more. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work)
  }

  async #ask(input: (request: RequestId) => Input): Promise<Result<readonly Written[]>> {
    const request = this.#nextRequest++
    return new Promise(resolve => {
      this.#answers.set(request, resolve)
      this.#feed(input(request))
    })
  }

  #feed(input: Input): void {
    if (this.#stopped) return
    for (const effect of this.#handle(input)) this.#run(effect)
  }

  /** What a peer sends must not stop this host, not even by a defect of ours: its link ends, and the defect is told. */
  #handle(input: Input): Effect[] {
    try {
      return this.replica.handle(input, this.#clock.now())
    } catch (error) {
      if (input.type !== 'linkMessage') throw error
      const text = `a defect met while reading a message: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
      for (const listener of this.#listeners) listener({ type: 'refused', code: 'BUG', text, from: this.#connections.get(input.link)?.remote ?? 'a link' })
      this.#connections.get(input.link)?.close('BUG: a defect met while reading a message')
      return []
    }
  }

  #run(effect: Effect): void {
    switch (effect.type) {
      case 'commit':
        return this.#track(this.#commit(effect))
      case 'send':
        return this.#send(effect.link, effect.bytes)
      case 'close':
        this.#connections.get(effect.link)?.close(`${effect.code}: ${effect.text}`)
        return
      case 'authenticated':
        this.#connections.get(effect.link)?.authenticated()
        return
      case 'read':
        return this.#track(this.#read(effect))
      case 'answer': {
        const answer = this.#answers.get(effect.request)
        this.#answers.delete(effect.request)
        answer?.(effect.outcome)
        return
      }
      case 'wake':
        this.#cancelWake?.()
        this.#cancelWake = this.#clock.after(Math.max(0, effect.atMono - this.#clock.now().mono), () => this.#feed({ type: 'woken' }))
        return
      case 'happened':
        for (const listener of this.#listeners) listener(effect.event)
    }
  }

  #track(work: Promise<void>): void {
    this.#work.add(work)
    void work.finally(() => this.#work.delete(work))
  }

  async #commit({ id, batch }: Extract<Effect, { type: 'commit' }>): Promise<void> {
    try {
      await this.#store.commit(batch)
      for (const { author, seq } of batch.frames) if (keyOf(author) === this.replica.key) this.#witness.note(epochTextOf(author), seq)
    } catch (error) {
      const code = error instanceof StoreFailure ? error.code : 'FENCED'
      return this.#feed({ type: 'storeFailed', code, reason: error instanceof Error ? error.message : String(error) })
    }
    this.#feed({ type: 'committed', batch: id })
  }

  async #read({ read, author, from, backwards, limit }: Extract<Effect, { type: 'read' }>): Promise<void> {
    let frames: Uint8Array[] = []
    try {
      const read = await (backwards ? this.#store.framesBefore(author, from, limit) : this.#store.frames(author, from, limit))
      frames = read.map(frame => frame.bytes)
    } catch (error) {
      this.replica.damage.push({ what: `frames ${backwards ? 'before' : 'from'} ${from} cannot be read: ${error instanceof Error ? error.message : String(error)}`, author, seq: from })
    }
    this.#feed({ type: 'framesRead', read, frames })
  }

  #send(link: LinkId, bytes: Uint8Array): void {
    const connection = this.#connections.get(link)
    if (connection === undefined) return
    connection.send(bytes)
    const queued = connection.queuedBytes()
    if (queued > LIMITS.slowPeerBytes) return connection.close(`SLOW_PEER: ${queued} bytes wait for a peer that does not take them`)
    if (queued <= BLOCKED_BYTES || this.#blocked.has(link)) return
    this.#blocked.add(link)
    this.#feed({ type: 'linkBlocked', link })
  }
}

const storedInput = (stored: Stored): Input => {
  switch (stored.type) {
    case 'note':
      return { type: 'noteLoaded', key: stored.key, value: stored.value }
    case 'act':
      return { type: 'actLoaded', bytes: stored.bytes }
    case 'proof':
      return { type: 'proofLoaded', bytes: stored.bytes }
    case 'log':
      return { type: 'logLoaded', author: stored.author, start: stored.start, held: stored.held }
    case 'frame':
      return { type: 'frameLoaded', bytes: stored.frame.bytes }
    case 'damaged':
      return { type: 'damageLoaded', what: stored.what, author: stored.author ?? null, seq: stored.seq ?? null }
  }
}

export const pinBytes = (pin: HostKey | null): Uint8Array | null => (pin === null ? null : fromHex(pin))
