import type { Nemesis } from '../nemesis.js'
import type { SimHost } from '../host.js'

/** One thing that goes wrong, once. */
export type Fault = (nemesis: Nemesis) => void

const partition: Fault = ({ world }) => {
  const groups = new Map(world.hosts.map(host => [host, world.random.int(world.random.between(2, 3))]))
  world.note(() => `partition: ${[...groups].map(([host, group]) => `${host.name} in ${group}`).join(', ')}`)
  world.occurred.add('partition')
  world.reachable = (one, other) => groups.get(one) === groups.get(other)
  for (const channel of world.alive()) if (!world.reachable(channel.ends[0].host, channel.ends[1].host)) world.breakChannel(channel)
}

const heal: Fault = ({ world }) => {
  world.note('the partition heals')
  world.reachable = () => true
  for (const pair of world.deaf) world.deaf.delete(pair)
  for (const channel of world.alive()) for (const end of channel.ends) channel.flow(end)
}

/** One host hears nothing of another, or of anybody, while all that it says arrives. */
const deafness: Fault = nemesis => {
  const { world } = nemesis
  const host = nemesis.anyUp()
  if (host === null) return
  const others = world.hosts.filter(other => other !== host)
  const unheard = world.random.chance(0.5) ? others : [world.random.pick(others)]
  world.note(`${host.name} hears nothing of ${unheard.map(({ name }) => name).join(', ')}`)
  world.occurred.add('one-way partition')
  for (const other of unheard) world.deaf.add(`${host.name} ${other.name}`)
}

const breakLink: Fault = ({ world }) => {
  const channels = world.alive()
  if (channels.length > 0) world.breakChannel(world.random.pick(channels))
}

/** Nobody is told: the ends find out by the silence. */
const halfOpen: Fault = ({ world }) => {
  const channels = world.alive()
  if (channels.length === 0) return
  world.occurred.add('half-open link')
  world.random.pick(channels).break([null, null])
}

const stall: Fault = nemesis => {
  const { world } = nemesis
  const channels = world.alive()
  if (channels.length === 0) return
  const channel = world.random.pick(channels)
  const end = world.random.pick(channel.ends)
  world.note(`nothing arrives at ${end.host.name} on link ${end.link}`)
  channel.stall(end)
  world.schedule.after(world.random.int(20_000), () => channel.flow(end))
}

const slow: Fault = ({ world }) => {
  const channels = world.alive()
  if (channels.length === 0) return
  const end = world.random.pick(world.random.pick(channels).ends)
  end.slowMs = world.random.between(200, 3_000)
  world.note(`what ${end.host.name} hears on link ${end.link} takes ${end.slowMs} ms`)
}

const pair = (nemesis: Nemesis): readonly [SimHost, SimHost] | null => {
  const { random, hosts } = nemesis.world
  const one = nemesis.anyUp()
  if (one === null || hosts.length < 2) return null
  return [one, random.pick(hosts.filter(other => other !== one))]
}

/** Up and down every 200 ms for some seconds. */
const flap: Fault = nemesis => {
  const { world } = nemesis
  const hosts = pair(nemesis)
  if (hosts === null) return
  const [one, other] = hosts
  world.note(`the line between ${one.name} and ${other.name} flaps`)
  world.occurred.add('flapping link')
  const key = `${one.name} ${other.name}`
  const turns = world.random.between(5, 25)
  for (let turn = 0; turn < turns; turn++) {
    nemesis.later(turn * 200, () => {
      if (turn % 2 === 1 || turn === turns - 1) return void world.cut.delete(key)
      world.cut.add(key)
      for (const channel of world.alive()) if (channel.between(one, other)) world.breakChannel(channel)
    })
  }
}

/** Links are clogged one after the other, and let go in another order. */
const swizzle: Fault = nemesis => {
  const { world } = nemesis
  const { random } = world
  const clogged = world.alive().filter(() => random.chance(0.6))
  if (clogged.length === 0) return
  world.occurred.add('swizzled links')
  world.note(`${clogged.length} links are clogged in turn`)
  for (const channel of clogged) {
    const from = random.int(2_000)
    const until = from + random.between(500, 8_000)
    nemesis.later(from, () => {
      for (const end of channel.ends) channel.stall(end)
    })
    world.schedule.after(until, () => {
      for (const end of channel.ends) channel.flow(end)
    })
  }
}

/** Two dials at one peer at once, from one side or from both. */
const doubleDial: Fault = nemesis => {
  const { world } = nemesis
  const hosts = pair(nemesis)
  if (hosts === null) return
  const [one, other] = hosts
  if (!other.isUp || !one.isMember || !other.isMember || !world.canReach(one, other)) return
  world.dial(one, other)
  if (world.random.chance(0.5)) world.dial(other, one)
  else {
    world.occurred.add('two dials of one side')
    world.dial(one, other)
  }
}

export const NETWORK_FAULTS = { partition, heal, deafness, breakLink, halfOpen, stall, slow, flap, swizzle, doubleDial }
