import type { SimHost } from './host.js'
import type { World } from './world.js'

export interface ChannelEnd {
  readonly host: SimHost
  readonly link: number
  /** The life of the host in which it was opened: a channel does not outlive its process. */
  readonly life: number
  /** False once this end has closed, or was told that the channel is gone. */
  open: boolean
  /** When the last message on its way to this end arrives: order holds within a channel. */
  arrivesAt: number
  /** What waits while the way to this end is stalled; null while it flows. */
  waiting: Uint8Array[] | null
  /** Bytes on their way to this end, or waiting. */
  queued: number
  /** Whether the sender was told that the network takes less than it sends. */
  blocked: boolean
  /** Milliseconds that every message to this end takes at least. */
  slowMs: number
}

/** Beyond this a sender is told that its link is blocked. Small, so that it happens. */
const BLOCKED_BYTES = 4_096

/**
 * One channel between two hosts, as TCP gives it: ordered, whole messages, until it breaks at some message. Ends learn of a break at
 * different times, or only by silence.
 */
export class Channel {
  readonly ends: readonly [ChannelEnd, ChannelEnd]
  broken = false
  /** Somebody on the way changed, dropped or repeated something. */
  tampered = false
  readonly #world: World

  constructor(world: World, dialler: SimHost, acceptor: SimHost) {
    this.#world = world
    const end = (host: SimHost): ChannelEnd => ({ host, link: world.nextLink++, life: host.life, open: true, arrivesAt: 0, waiting: null, queued: 0, blocked: false, slowMs: 0 })
    this.ends = [end(dialler), end(acceptor)]
  }

  other(end: ChannelEnd): ChannelEnd {
    return end === this.ends[0] ? this.ends[1] : this.ends[0]
  }

  between(left: SimHost, right: SimHost): boolean {
    const [one, two] = this.ends
    return (one.host === left && two.host === right) || (one.host === right && two.host === left)
  }

  isAlive(end: ChannelEnd): boolean {
    return end.open && end.host.isUp && end.host.life === end.life
  }

  send(from: ChannelEnd, bytes: Uint8Array): void {
    if (this.broken) return
    const to = this.other(from)
    for (const message of this.#world.onTheWay(this, from, bytes)) this.#take(to, message)
  }

  /** Somebody speaks in the name of this end's peer. */
  inject(to: ChannelEnd, bytes: Uint8Array): void {
    this.#take(to, bytes)
  }

  stall(end: ChannelEnd): void {
    end.waiting ??= []
  }

  flow(end: ChannelEnd): void {
    const waited = end.waiting ?? []
    end.waiting = null
    for (const message of waited) this.#deliverLater(end, message)
  }

  /** What is on its way is lost. `noticed`: how long after each end learns of it; null never. */
  break(noticed: readonly [number | null, number | null]): void {
    if (this.broken) return
    this.broken = true
    for (const [index, end] of this.ends.entries()) {
      const ms = noticed[index] ?? null
      if (ms !== null) this.#world.schedule.after(ms, () => this.#tell(end))
    }
  }

  /** Both ends learn, if they have not, that the channel is gone. */
  giveUp(): void {
    this.broken = true
    for (const end of this.ends) this.#tell(end)
  }

  /** This end's replica has closed it; the other learns of it behind what was sent before. */
  closeFrom(end: ChannelEnd): void {
    if (!end.open) return
    end.open = false
    const other = this.other(end)
    const at = Math.max(other.arrivesAt, this.#world.schedule.now + this.#world.delayMs())
    this.#world.schedule.at(at, () => {
      this.broken = true
      this.#tell(other)
    })
  }

  #tell(end: ChannelEnd): void {
    if (!this.isAlive(end)) return
    end.open = false
    end.host.feed({ type: 'linkClosed', link: end.link, reason: 'the channel broke' })
  }

  #take(to: ChannelEnd, bytes: Uint8Array): void {
    if (this.#world.isDeaf(to.host, this.other(to).host)) this.stall(to)
    to.queued += bytes.length
    if (to.queued > BLOCKED_BYTES && !to.blocked) {
      to.blocked = true
      this.#tellSender(to, 'linkBlocked')
    }
    if (to.waiting !== null) to.waiting.push(bytes)
    else this.#deliverLater(to, bytes)
  }

  #deliverLater(to: ChannelEnd, bytes: Uint8Array): void {
    const { schedule } = this.#world
    to.arrivesAt = Math.max(to.arrivesAt, schedule.now + this.#world.delayMs() + to.slowMs)
    schedule.at(to.arrivesAt, () => this.#deliver(to, bytes))
  }

  #deliver(to: ChannelEnd, bytes: Uint8Array): void {
    to.queued -= bytes.length
    if (to.blocked && to.queued === 0) {
      to.blocked = false
      this.#tellSender(to, 'linkDrained')
    }
    if (!this.broken && this.isAlive(to)) to.host.feed({ type: 'linkMessage', link: to.link, bytes })
  }

  #tellSender(to: ChannelEnd, type: 'linkBlocked' | 'linkDrained'): void {
    const from = this.other(to)
    this.#world.occurred.add(type === 'linkBlocked' ? 'link blocked' : 'link drained')
    this.#world.schedule.after(0, () => {
      if (this.isAlive(from) && !this.broken) from.host.feed({ type, link: from.link })
    })
  }
}
