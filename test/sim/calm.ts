import type { SimHost } from './host.js'
import { World } from './world.js'

/** A mesh without faults: so many hosts, each a member and linked with every other. `record`: keeps the story. */
export const calmMesh = (seed: number, count: number, record = false): World => {
  const world = new World(seed, { record })
  world.needlessDials = 0
  world.redialMs = 200
  const [founder] = world.hosts
  if (founder === undefined) throw new Error('a mesh without a founder')
  founder.start()
  world.keepDialling(founder)
  for (let index = 1; index < count; index++) world.join(world.host(), founder)
  runUntil(world, 60_000, () => allLinked(world, world.hosts), 50)
  return world
}

const allLinked = (world: World, hosts: readonly SimHost[]): boolean =>
  hosts.every(one => one.isUp && one.isMember && hosts.every(other => one === other || !world.canReach(one, other) || world.isLinked(one, other)))

/** Runs until it is so. @returns how long that took, in virtual milliseconds; throws where it takes longer than `most` */
export const runUntil = (world: World, most: number, isSo: () => boolean, stepMs = 10): number => {
  const from = world.schedule.now
  while (!isSo()) {
    if (world.schedule.now - from > most) throw new Error(`not so after ${most} ms`)
    world.schedule.runUntil(world.schedule.now + stepMs)
  }
  return world.schedule.now - from
}

export const areEqual = (hosts: readonly SimHost[]): boolean => {
  const [first, ...others] = hosts
  return first !== undefined && others.every(({ replica }) => replica.digest() === first.replica.digest() && replica.view.hash() === first.replica.view.hash())
}

/** Cuts the mesh into islands, until it is called with one. */
export const separate = (world: World, islandOf: (host: SimHost) => number): void => {
  world.reachable = (one, other) => islandOf(one) === islandOf(other)
  for (const channel of world.alive()) if (!world.reachable(channel.ends[0].host, channel.ends[1].host)) channel.break([0, 0])
}

/** Whether all that can reach each other are linked. */
export const isLinkedUp = (world: World): boolean => allLinked(world, world.hosts)
