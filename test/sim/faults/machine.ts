import { EPOCH_MS } from '../clock.js'
import { CRASH_POINTS } from '../crash.js'
import type { SimHost } from '../host.js'
import { ownRecordsOnDisk } from '../replay.js'
import type { World } from '../world.js'
import type { Fault } from './network.js'

const YEAR_MS = 365 * 86_400_000

const restart: Fault = nemesis => nemesis.restart(nemesis.anyUp())

/** The process ends at a named point of its work, and is started again some time later. */
const crash: Fault = nemesis => {
  const host = nemesis.anyUp()
  if (host === null) return
  const { world } = nemesis
  const point = world.random.pick(CRASH_POINTS)
  nemesis.endAt(host, point)
  // these points are reached only where somebody brings them about
  if (point === 'while a snapshot is written') host.feed({ type: 'compact' })
  if (point === 'while the store is read') nemesis.restart(host)
}

/** Stopped and let go again, or put to sleep with its monotonic clock. */
const pause: Fault = nemesis => {
  const host = nemesis.anyUp()
  if (host === null) return
  const { world } = nemesis
  const isAsleep = world.random.chance(0.5)
  const ms = world.random.pick([500, 5_000, 30_000])
  world.note(`${host.name} ${isAsleep ? 'sleeps' : 'stands still'} for ${ms} ms`)
  world.occurred.add(isAsleep ? 'machine asleep' : 'process stopped')
  host.pause(ms, isAsleep)
}

/** No room for anything: the first commit fences the host, which somebody starts again once there is room. */
const fullDisk: Fault = nemesis => {
  const host = nemesis.anyUp()
  if (host === null) return
  const { world } = nemesis
  world.note(`the disk of ${host.name} is full`)
  host.disk.isFull = true
  if (world.random.chance(0.2)) nemesis.restart(host)
  world.schedule.after(world.random.int(6_000), () => {
    host.disk.isFull = false
    if (host.isUp && host.replica.fenced !== null) nemesis.restart(host)
  })
}

const failingSync: Fault = nemesis => {
  const host = nemesis.anyUp()
  if (host === null) return
  const { world } = nemesis
  host.disk.failsNext = true
  nemesis.later(world.random.int(6_000), () => {
    if (host.isUp && host.replica.fenced !== null) nemesis.restart(host)
  })
}

/** Frames are gone when the host starts again, and the store says so. */
const damage: Fault = nemesis => {
  const host = nemesis.anyUp()
  const { world } = nemesis
  if (host === null) return
  nemesis.restart(host)
  const losses = world.random.between(1, 3)
  for (let loss = 0; loss < losses; loss++) loseFrame(world, host)
}

const loseFrame = (world: World, host: SimHost): void => {
  const { random } = world
  const author = random.pick([...host.disk.frames.keys(), null])
  const seqs = author === null ? [] : [...(host.disk.frames.get(author)?.keys() ?? [])]
  if (author === null || seqs.length === 0) return
  const seq = random.pick(seqs)
  world.note(`frame ${seq} of ${author} is lost on the disk of ${host.name}`)
  world.occurred.add('loss on disk')
  const before = ownRecordsOnDisk(world, host)
  host.disk.lose(author, seq)
  host.losses += 1
  const after = ownRecordsOnDisk(world, host)
  for (const id of before) if (!after.has(id)) host.mayBeLost.add(id)
}

/** The wall clock is set, by minutes or by decades. */
const clockStep: Fault = nemesis => {
  const host = nemesis.anyUp()
  if (host === null) return
  const { world } = nemesis
  const { random } = world
  host.clock.skewMs = random.pick([0, -3_600_000, 600_000, 86_400_000, -86_400_000, random.int(300_000), 10 * YEAR_MS, -10 * YEAR_MS, -EPOCH_MS, 80 * YEAR_MS])
  if (Math.abs(host.clock.skewMs) > YEAR_MS) world.occurred.add('clock off by years')
  world.note(`the clock of ${host.name} is now off by ${host.clock.skewMs} ms`)
}

/** The wall clock jumps to and fro between two times, as Jepsen has it: up to 262 s apart, every 1 ms to 1 s, for up to 32 s. */
const strobe: Fault = nemesis => {
  const host = nemesis.anyUp()
  if (host === null) return
  const { random } = nemesis.world
  const right = host.clock.skewMs
  const jumpMs = random.between(-262_000, 262_000)
  const everyMs = random.pick([20, 200, 1_000])
  const turns = Math.min(200, Math.floor(random.between(1_000, 32_000) / everyMs))
  nemesis.world.note(`the clock of ${host.name} jumps ${jumpMs} ms to and fro, ${turns} times`)
  nemesis.world.occurred.add('strobing clock')
  for (let turn = 0; turn < turns; turn++) nemesis.later(turn * everyMs, () => void (host.clock.skewMs = right + (turn % 2 === 0 ? jumpMs : 0)))
}

export const MACHINE_FAULTS = { restart, crash, pause, fullDisk, failingSync, damage, clockStep, strobe }
