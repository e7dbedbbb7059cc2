import { Adversary } from './adversary.js'
import type { SimHost } from './host.js'
import { ownRecordsOnDisk } from './replay.js'
import type { World } from './world.js'

/** What goes wrong, and when: partitions, stalls, broken channels, kills, clock jumps, losses on disk, and an adversary. */
export class Nemesis {
  readonly adversary: Adversary
  readonly #world: World
  readonly #mischief: number

  constructor(world: World) {
    this.#world = world
    this.adversary = new Adversary(world)
    const { random } = world
    this.#mischief = random.chance(0.5) ? random.pick([0.01, 0.05, 0.2]) : 0
    if (this.#mischief > 0) world.onTheWay = (channel, _from, bytes) => this.adversary.meddle(channel, bytes, this.#mischief)
  }

  /** Hosts that still belong to their owners. */
  honest(): SimHost[] {
    return this.#world.hosts.filter(host => host !== this.adversary.puppet)
  }

  step(): void {
    const { random } = this.#world
    switch (random.pick(['partition', 'partition', 'heal', 'heal', 'break', 'stall', 'stall', 'restart', 'restart', 'restart', 'compact', 'compact', 'clock', 'damage', 'copy'])) {
      case 'partition':
        return this.#partition()
      case 'heal':
        return this.#heal()
      case 'break': {
        const channels = this.#world.alive()
        if (channels.length > 0) this.#world.breakChannel(random.pick(channels))
        return
      }
      case 'stall': {
        const channels = this.#world.alive()
        if (channels.length === 0) return
        const end = random.pick(random.pick(channels).ends)
        this.#world.note(`nothing arrives at ${end.host.name} on link ${end.link}`)
        const channel = this.#world.channelOf(end)
        channel?.stall(end)
        this.#world.schedule.after(random.int(20_000), () => channel?.flow(end))
        return
      }
      case 'restart':
        return this.#restart(this.#anyUp(), 0)
      case 'compact': {
        const host = this.#anyUp()
        this.#world.note(`${host?.name} compacts`)
        host?.feed({ type: 'compact' })
        return
      }
      case 'clock': {
        const host = this.#anyUp()
        if (host === null || random.chance(0.5)) return
        host.skewMs = random.pick([0, -3_600_000, 600_000, 86_400_000, random.int(300_000)])
        this.#world.note(`the clock of ${host.name} is now off by ${host.skewMs} ms`)
        return
      }
      case 'damage':
        return random.chance(0.6) ? this.#restart(this.#anyUp(), random.between(1, 3)) : undefined
      case 'copy': {
        const host = this.#anyUp()
        if (host === null || random.chance(0.6)) return
        this.adversary.copyHome(host)
        if (random.chance(0.8)) host.write('shell', [{ kind: 'note', fields: { text: `«original of ${host.name}»` } }])
        return
      }
    }
  }

  /** The adversary has the key of a member, and uses it. */
  corrupt(): void {
    const { random, hosts } = this.#world
    const candidates = hosts.filter(host => host.isUp && host.isMember && host.replica.author !== null && host !== hosts[0])
    if (this.adversary.puppet !== null) this.adversary.speak()
    else if (hosts.length > 3 && candidates.length > 0) this.adversary.takeOver(random.pick(candidates))
  }

  /** Faults stop: everybody runs, everything flows, and channels that are broken or that somebody tampered with are given up. */
  stop(): void {
    const world = this.#world
    world.note('faults stop')
    world.onTheWay = (_channel, _from, bytes) => [bytes]
    world.reachable = (one, other) => one !== this.adversary.puppet && other !== this.adversary.puppet
    if (this.adversary.puppet !== null) world.neighbours = () => true
    world.slowNetworkMs = 40
    world.slowDiskMs = 8
    world.redialMs = 300
    world.needlessDials = 0
    for (const channel of world.channels) {
      for (const end of channel.ends) channel.flow(end)
      if (channel.broken || channel.tampered || channel.ends.some(end => !channel.isAlive(end))) channel.giveUp()
    }
    for (const host of this.honest()) {
      if (!host.isUp && host.life > 0) this.#start(host)
    }
  }

  #anyUp(): SimHost | null {
    const up = this.#world.hosts.filter(host => host.isUp)
    return up.length === 0 ? null : this.#world.random.pick(up)
  }

  #partition(): void {
    const world = this.#world
    const groups = new Map(world.hosts.map(host => [host, world.random.int(world.random.between(2, 3))]))
    world.note(() => `partition: ${[...groups].map(([host, group]) => `${host.name} in ${group}`).join(', ')}`)
    world.occurred.add('partition')
    world.reachable = (one, other) => groups.get(one) === groups.get(other)
    for (const channel of world.alive()) if (!world.reachable(channel.ends[0].host, channel.ends[1].host)) world.breakChannel(channel)
  }

  #heal(): void {
    this.#world.note('the partition heals')
    this.#world.reachable = () => true
  }

  #restart(host: SimHost | null, losses: number): void {
    const world = this.#world
    if (host === null) return
    host.kill()
    world.unplug(host)
    for (let loss = 0; loss < losses; loss++) this.#damage(host)
    world.schedule.after(world.random.int(5_000), () => {
      if (!host.isUp && host !== this.adversary.puppet) this.#start(host)
    })
  }

  #start(host: SimHost): void {
    this.#world.note(`${host.name} starts again`)
    host.start()
    this.#world.keepDialling(host)
  }

  /** One frame of one log is gone, and the store says so at the next start. */
  #damage(host: SimHost): void {
    const { random } = this.#world
    const author = random.pick([...host.disk.frames.keys(), null])
    const seqs = author === null ? [] : [...(host.disk.frames.get(author)?.keys() ?? [])]
    if (author === null || seqs.length === 0) return
    const seq = random.pick(seqs)
    this.#world.note(`frame ${seq} of ${author} is lost on the disk of ${host.name}`)
    this.#world.occurred.add('loss on disk')
    const before = ownRecordsOnDisk(this.#world, host)
    host.disk.lose(author, seq)
    const after = ownRecordsOnDisk(this.#world, host)
    for (const id of before) if (!after.has(id)) host.mayBeLost.add(id)
  }
}
