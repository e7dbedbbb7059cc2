import type { HostKey, RecordId, SessionName } from '../../src/core/brand.js'
import type { JoiningProof } from '../../src/core/coordination/membership/joining.js'
import type { Signer } from '../../src/core/crypto.js'
import type { Effect } from '../../src/core/replica/effect.js'
import type { Draft, Input } from '../../src/core/replica/input.js'
import { Replica } from '../../src/core/replica/replica.js'
import { epochTextOf, keyOf } from '../../src/core/replication/author.js'
import type { ChannelEnd } from './channel.js'
import { SimClock } from './clock.js'
import { endsInCommit, isOnDisk, type CrashPoint } from './crash.js'
import { Disk } from './disk.js'
import type { World } from './world.js'

type Commit = Extract<Effect, { type: 'commit' }>

const PUSH = 10

/** One simulated host: a replica, its disk, its clocks, and a runtime that carries out effects in virtual time. */
export class SimHost {
  readonly key: HostKey
  readonly clock: SimClock
  disk = new Disk()
  /** What the machine remembers outside the home: the highest number of each own epoch that was on disk (rules C7). */
  witness = new Map<string, number>()
  /** What tells this place from others: it changes when the files are put there anew. */
  place = 0
  replica: Replica
  isUp = false
  /** How often it was started. */
  life = 0
  readonly ends = new Map<number, ChannelEnd>()
  /** Records whose writing was answered with success. */
  readonly answered = new Set<RecordId>()
  /** Records that a loss on disk may have taken. */
  readonly mayBeLost = new Set<RecordId>()
  /** Its whole machine was, once: nothing on it can tell, and a number may be given twice, which ends as a proven fork. */
  isRolledBack = false
  /** How often something of its disk was lost or replaced. */
  losses = 0
  /** What it presents until it is a member. */
  invitation: { readonly proof: JoiningProof; readonly through: SimHost } | null = null
  /** Said to every peer in place of what the replica wants said: a member that lies. */
  distort: ((bytes: Uint8Array) => readonly Uint8Array[]) | null = null
  #wakeAt: number | null = null
  #underWay: Commit | null = null
  #nextRequest = 1
  /** Where its process is to end next, and what is to happen then. */
  #crash: { readonly point: CrashPoint; readonly ended: () => void } | null = null
  /** What came while the process stood still; null while it runs. */
  #missed: Input[] | null = null
  readonly #acts = new Map<number, () => void>()

  constructor(
    readonly world: World,
    readonly name: string,
    readonly signer: Signer
  ) {
    this.clock = new SimClock(world.schedule, world.random.int(1e9))
    this.replica = this.#fresh()
    this.key = this.replica.key
  }

  get wall(): number {
    return this.clock.wall
  }

  get isMember(): boolean {
    return this.replica.acts.roster().admits(this.key).state === 'member'
  }

  /** Its key has ended: it left, or was revoked. */
  get hasEnded(): boolean {
    return this.replica.acts.roster().admits(this.key).state === 'named'
  }

  get isPaused(): boolean {
    return this.#missed !== null
  }

  #fresh(): Replica {
    const replica = new Replica({ crypto: this.world.keys.crypto, mesh: this.world.mesh, signer: this.signer })
    this.world.sabotage?.replica?.(replica, this)
    return replica
  }

  start(): void {
    this.isUp = true
    this.life += 1
    this.replica = this.#fresh()
    this.#wakeAt = null
    this.#underWay = null
    this.#missed = null
    this.world.sabotage?.start?.(this)
    for (const input of this.#found()) {
      this.feed(input)
      if (input.type === 'frameLoaded') this.#mayEndAt('while the store is read')
      if (!this.isUp) return
    }
    if (this.disk.isFull) {
      this.world.occurred.add('disk full at start')
      this.feed({ type: 'storeFailed', code: 'DISK_FULL', reason: 'opened for reading alone' })
    }
    this.feed({ type: 'started', epochNonce: this.world.random.bytes(8) })
    if (this.invitation !== null) this.feed({ type: 'joining', proof: this.invitation.proof, inviter: this.invitation.through.key })
    this.world.checks.started(this)
  }

  *#found(): Generator<Input> {
    for (const [epoch, seq] of this.witness) yield { type: 'witnessLoaded', epoch, seq }
    yield { type: 'placeLoaded', facts: new Map([['inode', `${this.name} ${this.place}`]]) }
    yield* this.disk.inputs()
  }

  /** The process ends here and now. Of a commit under way the disk has all or nothing, and nobody was told. */
  kill(keeps: boolean | null = null): void {
    if (!this.isUp) return
    const lost = this.#underWay
    if (lost !== null) {
      this.world.note(`${this.name} is killed while a commit is under way`)
      this.world.occurred.add('killed between commit and answer')
      if (!this.disk.isFull && (keeps ?? this.world.random.chance(0.5))) this.#onDisk(lost)
    } else this.world.note(`${this.name} is killed`)
    this.isUp = false
    this.#missed = null
    this.ends.clear()
  }

  /** The process ends when its work comes to this point. */
  endAt(point: CrashPoint, ended: () => void): void {
    this.#crash = { point, ended }
  }

  /** Nothing is to befall it any more. */
  spare(): void {
    this.#crash = null
    this.disk.isFull = false
    this.disk.failsNext = false
    this.resume()
  }

  /** The process stands still for a while. `asleep`: the machine sleeps, and its monotonic clock with it. */
  pause(ms: number, asleep: boolean): void {
    if (!this.isUp || this.#missed !== null) return
    const missed: Input[] = []
    this.#missed = missed
    this.world.schedule.after(ms, () => {
      if (this.#missed !== missed) return
      if (asleep) this.clock.slept(ms)
      this.resume()
    })
  }

  resume(): void {
    const missed = this.#missed ?? []
    this.#missed = null
    for (const input of missed) this.feed(input)
  }

  feed(input: Input): void {
    if (!this.isUp) return
    if (this.#missed !== null) return void this.#missed.push(input)
    const { world } = this
    world.checks.isTaking(this, input)
    const effects = this.replica.handle(input, this.clock.now)
    let pushed = 0
    for (const effect of effects) {
      if (effect.type === 'send' && effect.bytes[0] === PUSH && input.type === 'committed') {
        this.#mayEndAt(pushed === 0 ? 'after a write is answered, before it is sent' : 'in the middle of sending')
        pushed += 1
      }
      if (this.isUp) this.#run(effect)
    }
  }

  write(session: string, drafts: readonly Draft[], strict = false): void {
    this.feed({ type: 'write', request: this.#nextRequest++, session: session as SessionName, drafts, strict })
  }

  /** @param done called once the act is on disk, if it ever is */
  submitAct(bytes: Uint8Array, done: () => void): void {
    const request = this.#nextRequest++
    this.#acts.set(request, done)
    this.feed({ type: 'act', request, bytes })
  }

  /** Goodbye for ever. */
  leave(): void {
    this.feed({ type: 'retire', request: this.#nextRequest++ })
  }

  transmit(link: number, bytes: Uint8Array): void {
    if (this.distort === null) this.world.checks.sending(this, link, bytes)
    const end = this.ends.get(link)
    if (end === undefined) return
    for (const message of this.distort?.(bytes) ?? [bytes]) this.world.channelOf(end)?.send(end, message)
  }

  #mayEndAt(point: CrashPoint): void {
    if (this.#crash?.point === point && this.isUp) this.#end()
  }

  #end(): void {
    const crash = this.#crash
    if (crash === null) return
    this.#crash = null
    this.world.note(`${this.name} ends ${crash.point}`)
    this.world.occurred.add(`ended ${crash.point}`)
    this.kill(isOnDisk(crash.point))
    crash.ended()
  }

  #onDisk({ batch }: Commit): void {
    this.world.checks.written(this, batch)
    if (this.world.sabotage?.disk?.(this, batch) !== true) this.disk.write(batch)
  }

  #commit(effect: Commit): void {
    const { world, life } = this
    this.#underWay = effect
    world.checks.committing(this, effect.batch)
    world.sabotage?.commit?.(this, effect)
    world.schedule.after(world.commitMs(), () => {
      if (!this.isUp || this.life !== life) return
      if (this.#crash !== null && endsInCommit(this.#crash.point, effect.batch, this.key)) return this.#end()
      const written = this.disk.ends(world.random)
      if (written === null || written.stays) this.#onDisk(effect)
      this.#underWay = null
      if (written === null) {
        for (const { author, seq } of effect.batch.frames) if (keyOf(author) === this.key) this.witness.set(epochTextOf(author), seq)
        return this.feed({ type: 'committed', batch: effect.id })
      }
      world.note(`${this.name}: ${written.reason}`)
      world.occurred.add('storage error')
      this.feed({ type: 'storeFailed', code: written.code, reason: written.reason })
    })
  }

  #run(effect: Effect): void {
    const { world } = this
    switch (effect.type) {
      case 'commit':
        return this.#commit(effect)
      case 'send':
        return this.transmit(effect.link, effect.bytes)
      case 'close': {
        const end = this.ends.get(effect.link)
        if (end === undefined) return
        world.note(`${this.name} closes link ${effect.link}: ${effect.code} ${effect.text}`)
        world.channelOf(end)?.closeFrom(end)
        return
      }
      case 'read': {
        const { life } = this
        const { read, author, from, backwards, limit } = effect
        world.schedule.after(1, () => {
          if (this.life === life) this.feed({ type: 'framesRead', read, frames: this.disk.read(author, from, backwards, limit) })
        })
        return
      }
      case 'answer':
        if (effect.outcome.ok) this.#acts.get(effect.request)?.()
        return world.checks.answered(this, effect.outcome)
      case 'wake':
        return this.#wakeLater(effect.atMono)
      case 'authenticated':
        return
      case 'happened':
        world.checks.happened(this, effect.event)
    }
  }

  #wakeLater(atMono: number): void {
    const { schedule } = this.world
    const at = Math.max(schedule.now, schedule.now + atMono - this.clock.mono)
    if (this.#wakeAt === at) return
    this.#wakeAt = at
    const { life } = this
    schedule.at(at, () => {
      if (this.life !== life || this.#wakeAt !== at) return
      this.#wakeAt = null
      if (this.clock.mono < atMono) this.#wakeLater(atMono)
      else this.feed({ type: 'woken' })
    })
  }
}
