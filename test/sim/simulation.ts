import type { SimHost } from './host.js'
import { Nemesis } from './nemesis.js'
import { EVERYTHING, type Scenario } from './scenarios.js'
import { Workload } from './workload.js'
import { World, type Sabotage } from './world.js'

export interface Run {
  readonly seed: number
  readonly failures: readonly string[]
  readonly occurred: ReadonlySet<string>
  readonly story: readonly string[]
  /** A hash of everything that was sent and seen: equal for equal seeds. */
  readonly fingerprint: string
}

export interface Play {
  readonly scenario?: Scenario
  /** Keeps the story. */
  readonly record?: boolean
  readonly sabotage?: Sabotage | null
}

/** Once faults have stopped and all links are up, everybody is level within this (design.md, promise 4). */
const LEVEL_WITHIN_MS = 5_000
const LINKED_WITHIN_MS = 15_000

const layOut = (world: World, count: number): void => {
  const shape = world.random.pick(['full', 'full', 'line', 'ring', 'star'])
  world.neighbours = (one, other) => {
    const [left, right] = [world.hosts.indexOf(one), world.hosts.indexOf(other)]
    const apart = Math.abs(left - right)
    if (shape === 'line') return apart === 1
    if (shape === 'ring') return apart === 1 || apart === count - 1
    return shape === 'full' || left === 0 || right === 0
  }
}

const populate = (world: World, nemesis: Nemesis, count: number, chaosMs: number): void => {
  const { random, schedule } = world
  for (let index = 1; index < count; index++) {
    const host = world.host()
    host.clock.skewMs = random.pick([0, 0, random.int(400), -random.int(400_000), 3_600_000])
    const isLate = random.chance(0.25)
    const tryToJoin = (): void => {
      const members = nemesis.honest().filter(other => other.isUp && !other.isPaused && other !== host && other.isMember && other.replica.fenced === null)
      if (members.length === 0) return schedule.after(500, tryToJoin)
      if (isLate) world.occurred.add('late joiner')
      world.join(host, random.pick(members))
      schedule.after(3_000, () => {
        if (host.life === 0) tryToJoin()
      })
    }
    schedule.at(isLate ? chaosMs - random.int(2_000) : random.int(2_000), tryToJoin)
  }
}

const work = (world: World, nemesis: Nemesis, [least, most]: readonly [number, number], chaosMs: number): void => {
  const { random, schedule } = world
  const workload = new Workload(world)
  const anyUp = (): SimHost | null => {
    const up = nemesis.honest().filter(host => host.isUp && !host.isPaused)
    return up.length === 0 ? null : random.pick(up)
  }
  const writes = random.between(least, most)
  for (let index = 0; index < writes; index++) {
    schedule.at(random.int(chaosMs), () => {
      const host = anyUp()
      if (host !== null) workload.step(host)
    })
  }
  if (!random.chance(0.05)) return
  schedule.at(random.int(chaosMs), () => {
    const host = anyUp()
    if (host === null) return
    workload.bulk(host)
    host.feed({ type: 'compact' })
  })
}

/** Runs until every pair that should be linked is. */
const linkUp = (world: World, honest: readonly SimHost[]): void => {
  const { schedule } = world
  const linked = (): boolean => {
    if (!honest.every(host => host.isUp && (host.isMember || host.hasEnded))) return false
    return honest.every(one => honest.every(other => one === other || !world.neighbours(one, other) || world.isLinked(one, other)))
  }
  const deadline = schedule.now + LINKED_WITHIN_MS
  while (!linked() && schedule.now < deadline) schedule.runUntil(schedule.now + 50)
  if (!linked()) world.checks.fail('the hosts do not link up')
  world.note('all links are up')
}

/** One history from one seed. Safety phase: hosts join, write and fail. Liveness phase: the faults stop, and all must come to see the same. */
export const simulate = (seed: number, { scenario = EVERYTHING, record = false, sabotage = null }: Play = {}): Run => {
  const world = new World(seed, { record, sabotage })
  const { random, schedule } = world
  const nemesis = new Nemesis(world, scenario.weights(random), random.pick(scenario.mischief))
  const count = random.pick(scenario.hosts)
  const [founder] = world.hosts
  if (founder === undefined) throw new Error('a mesh without a founder')
  founder.start()
  world.keepDialling(founder)
  layOut(world, count)
  world.sharesInvitation = scenario.sharesInvitation ?? false
  const chaosMs = random.between(6_000, 20_000)
  if (random.chance(0.2)) world.slowNetworkMs = random.pick([1_500, 3_000])
  if (random.chance(0.2)) world.slowDiskMs = 400
  populate(world, nemesis, count, chaosMs)
  work(world, nemesis, scenario.writes, chaosMs)
  const faults = random.between(...scenario.faults)
  for (let index = 0; index < faults; index++) schedule.at(random.int(chaosMs), () => nemesis.step())

  schedule.runUntil(chaosMs)
  nemesis.stop()
  const honest = nemesis.honest()
  // whom nobody let in, or only somebody whose word has fallen, asks again
  const stands = (host: SimHost): boolean => host.isMember && founder.replica.acts.roster().admits(host.key).state !== 'unknown'
  for (const host of honest) if (host.life > 0 && !host.hasEnded && !stands(host)) world.joinAgain(host, founder)
  linkUp(world, honest)
  schedule.runUntil(schedule.now + LEVEL_WITHIN_MS)
  // notes about when peers were heard are written now and then
  for (let ms = 0; ms < 50 && honest.some(host => host.replica.isBusy); ms++) schedule.runUntil(schedule.now + 1)
  world.checks.finish(honest)
  const fingerprint = honest.map(host => `${host.replica.view.hash()} ${host.replica.digest()}`).join(' ')
  return { seed, failures: world.checks.failures, occurred: world.occurred, story: world.story, fingerprint: `${fingerprint} ${random.u32()}` }
}
