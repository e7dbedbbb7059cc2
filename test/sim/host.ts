import type { HostKey, RecordId, SessionName } from '../../src/core/brand.js'
import type { JoiningProof } from '../../src/core/coordination/membership/joining.js'
import type { Signer } from '../../src/core/crypto.js'
import type { Effect } from '../../src/core/replica/effect.js'
import type { Draft, Input } from '../../src/core/replica/input.js'
import { Replica } from '../../src/core/replica/replica.js'
import type { ChannelEnd } from './channel.js'
import { Disk } from './disk.js'
import type { World } from './world.js'

type Commit = Extract<Effect, { type: 'commit' }>

/** One simulated host: a replica, its disk, its clocks, and a runtime that carries out effects in virtual time. */
export class SimHost {
  readonly key: HostKey
  disk = new Disk()
  replica: Replica
  isUp = false
  /** How often it was started. */
  life = 0
  readonly ends = new Map<number, ChannelEnd>()
  /** Records whose writing was answered with success. */
  readonly answered = new Set<RecordId>()
  /** Records that a loss on disk may have taken. */
  readonly mayBeLost = new Set<RecordId>()
  /** What it presents until it is a member. */
  invitation: { readonly proof: JoiningProof; readonly through: SimHost } | null = null
  skewMs = 0
  readonly #monoBaseMs: number
  #wakeAt: number | null = null
  #underWay: Commit | null = null
  #nextRequest = 1
  readonly #acts = new Map<number, () => void>()

  constructor(
    readonly world: World,
    readonly name: string,
    readonly signer: Signer
  ) {
    this.#monoBaseMs = world.random.int(1e9)
    this.replica = this.#fresh()
    this.key = this.replica.key
  }

  get wall(): number {
    return this.world.wallMs + this.skewMs
  }

  get isMember(): boolean {
    return this.replica.acts.roster().admits(this.key).state === 'member'
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
    this.world.sabotage?.start?.(this)
    for (const input of this.disk.inputs()) this.feed(input)
    this.feed({ type: 'started', epochNonce: this.world.random.bytes(8) })
    if (this.invitation !== null) this.feed({ type: 'joining', proof: this.invitation.proof, inviter: this.invitation.through.key })
    this.world.checks.started(this)
  }

  /** The process ends here and now. Of a commit under way the disk has all or nothing, and nobody was told. */
  kill(): void {
    if (!this.isUp) return
    const lost = this.#underWay
    if (lost !== null) {
      this.world.note(`${this.name} is killed while a commit is under way`)
      this.world.occurred.add('killed between commit and answer')
      if (this.world.random.chance(0.5)) this.#onDisk(lost)
    } else this.world.note(`${this.name} is killed`)
    this.isUp = false
    this.ends.clear()
  }

  feed(input: Input): void {
    if (!this.isUp) return
    const { world } = this
    world.checks.isTaking(this, input)
    const effects = this.replica.handle(input, { wall: this.wall, mono: this.#monoBaseMs + world.schedule.now })
    for (const effect of effects) if (this.isUp) this.#run(effect)
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

  transmit(link: number, bytes: Uint8Array): void {
    this.world.checks.sending(this, link, bytes)
    const end = this.ends.get(link)
    if (end !== undefined) this.world.channelOf(end)?.send(end, bytes)
  }

  #onDisk({ batch }: Commit): void {
    this.world.checks.written(this, batch)
    if (this.world.sabotage?.disk?.(this, batch) !== true) this.disk.write(batch)
  }

  #run(effect: Effect): void {
    const { world } = this
    switch (effect.type) {
      case 'commit': {
        const { life } = this
        this.#underWay = effect
        world.checks.committing(this, effect.batch)
        world.sabotage?.commit?.(this, effect)
        world.schedule.after(world.commitMs(), () => {
          if (!this.isUp || this.life !== life) return
          this.#onDisk(effect)
          this.#underWay = null
          this.feed({ type: 'committed', batch: effect.id })
        })
        return
      }
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
        const { read, author, from, limit } = effect
        world.schedule.after(1, () => {
          if (this.life === life) this.feed({ type: 'framesRead', read, frames: this.disk.read(author, from, limit) })
        })
        return
      }
      case 'answer':
        this.#acts.get(effect.request)?.()
        if (effect.outcome.ok) for (const { id } of effect.outcome.value) this.answered.add(id)
        else if (effect.outcome.failure.code !== 'CLAIM_HELD') world.checks.fail(`${this.name}: a write was refused: ${effect.outcome.failure.code} ${effect.outcome.failure.message}`)
        return
      case 'wake': {
        const at = Math.max(world.schedule.now, effect.atMono - this.#monoBaseMs)
        if (this.#wakeAt === at) return
        this.#wakeAt = at
        const { life } = this
        world.schedule.at(at, () => {
          if (this.life !== life || this.#wakeAt !== at) return
          this.#wakeAt = null
          this.feed({ type: 'woken' })
        })
        return
      }
      case 'authenticated':
        return
      case 'happened':
        world.checks.happened(this, effect.event)
    }
  }
}
