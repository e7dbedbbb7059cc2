import { Adversary } from './adversary.js'
import type { CrashPoint } from './crash.js'
import type { Disk } from './disk.js'
import { FAULTS, type FaultName, type FaultWeights } from './faults/faults.js'
import type { SimHost } from './host.js'
import type { World } from './world.js'

/** What goes wrong, and when it stops going wrong. */
export class Nemesis {
  readonly world: World
  readonly adversary: Adversary
  /** What somebody copied of a host's machine, and may lay back. */
  readonly backups = new Map<SimHost, { readonly disk: Disk; readonly witness: ReadonlyMap<string, number> }>()
  readonly #bag: readonly (readonly [FaultName, number])[]
  #isOver = false

  /** @param mischief share of messages that somebody on the way meddles with */
  constructor(world: World, weights: FaultWeights, mischief: number) {
    this.world = world
    this.adversary = new Adversary(world)
    this.#bag = Object.entries(weights).filter((entry): entry is [FaultName, number] => entry[0] in FAULTS && entry[1] > 0)
    if (mischief > 0) world.onTheWay = (channel, _from, bytes) => this.adversary.meddle(channel, bytes, mischief)
  }

  /** Hosts that still belong to their owners. */
  honest(): SimHost[] {
    return this.world.hosts.filter(host => host !== this.adversary.puppet && host.distort === null)
  }

  step(): void {
    if (this.#bag.length === 0) return
    FAULTS[this.world.random.weighted(this.#bag)](this)
  }

  /** Later, unless the faults have stopped by then. */
  later(ms: number, run: () => void): void {
    this.world.schedule.after(ms, () => {
      if (!this.#isOver) run()
    })
  }

  anyUp(): SimHost | null {
    const up = this.world.hosts.filter(host => host.isUp)
    return up.length === 0 ? null : this.world.random.pick(up)
  }

  restart(host: SimHost | null): void {
    if (host === null) return
    host.kill()
    this.world.unplug(host)
    this.startLater(host)
  }

  /** The host's process ends when its work comes to this point, and is started again some time later. */
  endAt(host: SimHost, point: CrashPoint): void {
    host.endAt(point, () => {
      this.world.unplug(host)
      this.startLater(host)
    })
  }

  startLater(host: SimHost): void {
    this.world.schedule.after(this.world.random.int(5_000), () => this.#start(host))
  }

  /** Faults stop: everybody runs, everything flows, and channels that are broken or that somebody tampered with are given up. */
  stop(): void {
    const { world } = this
    world.note('faults stop')
    this.#isOver = true
    world.onTheWay = (_channel, _from, bytes) => [bytes]
    world.reachable = (one, other) => one !== this.adversary.puppet && other !== this.adversary.puppet
    world.cut.clear()
    world.deaf.clear()
    // honest hosts are joined to each other without those that are not
    if (this.honest().length < world.hosts.length) world.neighbours = () => true
    world.slowNetworkMs = 40
    world.slowDiskMs = 8
    world.redialMs = 300
    world.needlessDials = 0
    for (const host of this.honest()) {
      host.spare()
      if (host.isUp && host.replica.fenced !== null) {
        host.kill()
        world.unplug(host)
      }
    }
    for (const channel of world.channels) {
      for (const end of channel.ends) {
        end.slowMs = 0
        channel.flow(end)
      }
      if (channel.broken || channel.tampered || channel.ends.some(end => !channel.isAlive(end))) channel.giveUp()
    }
    for (const host of this.honest()) this.#start(host)
  }

  #start(host: SimHost): void {
    if (host.isUp || host.life === 0 || host === this.adversary.puppet) return
    this.world.note(`${host.name} starts again`)
    host.start()
    this.world.keepDialling(host)
  }
}
