import { expect, test } from 'vitest'
import type { RecordId, SessionName } from '../../src/core/brand.js'
import { compareLead } from '../../src/core/coordination/claims/turn.js'
import { recordCase } from '../support/cases.js'
import { areEqual, calmMesh, isLinkedUp, runUntil, separate } from './calm.js'
import type { SimHost } from './host.js'
import type { World } from './world.js'

/** `SIM_RACES=10000 npx vitest run --config test/vitest.config.mjs test/sim/races.test.ts` plays them all; `SIM_FROM` begins at another seed. */
const RACES = Number(process.env.SIM_RACES ?? 100)
const FROM = Number(process.env.SIM_FROM ?? 1)
const RACES_OF_ONE_MESH = 25
const HOSTS = 4
const SESSIONS = 20

interface Racer {
  readonly host: SimHost
  readonly session: SessionName
  /** What it was told: the pair, and who leads it. */
  readonly told: Map<string, RecordId>
}

/** A command of each session: it is told of every crossing that it was not told of, and again only where the lead has moved. Counts what is told again. */
const look = (racers: readonly Racer[], scope: string): number => {
  let again = 0
  for (const { host, session, told } of racers) {
    const { view, hostId } = host.replica
    for (const { key, lead, follows } of view.claims.crossings(host.replica.meshTime(host.wall), { host: hostId, session })) {
      if (!lead.scope.includes(scope) || !follows.scope.includes(scope)) continue
      if ((told.get(key) ?? lead.id) !== lead.id) again += 1
      told.set(key, lead.id)
    }
  }
  return again
}

const claimsOn = ({ replica, wall }: SimHost, scope: string) =>
  replica.view.claims.inState(replica.meshTime(wall), ['live', 'not-yet']).filter(claim => claim.scope.includes(scope)).sort((left, right) => compareLead(left.lead, right.lead))

/** One race: twenty sessions claim one name while links come and go. @returns what is wrong with what they see and were told in the end */
const race = (world: World, number: number): string[] => {
  const { random, schedule } = world
  const scope = `@race-${number}`
  const racers = Array.from({ length: SESSIONS }, (_, index): Racer => {
    const host = world.hosts[index % HOSTS]
    if (host === undefined) throw new Error('no host')
    return { host, session: `s-${index}` as SessionName, told: new Map() }
  })
  const islands = random.between(1, HOSTS)
  separate(world, host => (world.hosts.indexOf(host) + number) % islands)
  const windowMs = random.pick([1, 40, 300])
  for (const { host, session } of racers) {
    schedule.after(random.int(windowMs), () => host.write(session, [{ kind: 'claim', fields: { repo: 'app', scope: [scope], mode: 'exclusive', until: host.wall + 3_600_000 } }]))
  }
  schedule.runUntil(schedule.now + windowMs + 20)
  let again = look(racers, scope)
  separate(world, () => 0)
  schedule.runUntil(schedule.now + random.int(200))
  again += look(racers, scope)
  runUntil(world, 60_000, () => isLinkedUp(world) && world.hosts.every(({ replica }) => !replica.isBusy) && areEqual(world.hosts) && world.hosts.every(host => claimsOn(host, scope).length === SESSIONS), 50)
  // a claim whose time lies ahead by this host's clock does not count yet
  runUntil(world, 90_000, () => world.hosts.every(host => host.replica.view.claims.live(host.replica.meshTime(host.wall)).filter(claim => claim.scope.includes(scope)).length === SESSIONS), 500)
  again += look(racers, scope)
  const wrong: string[] = again === 0 ? [] : [`${again} told twice`]
  const orders = world.hosts.map(host => claimsOn(host, scope).map(({ id }) => id))
  const [first = []] = orders
  if (orders.some(order => order.join() !== first.join())) wrong.push('not one order everywhere')
  for (const { host, session, told } of racers) {
    const mine = claimsOn(host, scope).find(claim => claim.host === host.replica.hostId && claim.session === session)
    if (told.size !== SESSIONS - 1) wrong.push(`${host.name}/${session} was told of ${told.size}`)
    const behind = mine === undefined ? -1 : first.indexOf(mine.id)
    if ([...told.values()].filter(lead => lead !== mine?.id).length !== behind) wrong.push(`${host.name}/${session} was told another order than the one there is`)
    if (mine !== undefined) host.write(session, [{ kind: 'release', fields: { claims: [mine.id] } }])
  }
  schedule.runUntil(schedule.now + 200)
  return wrong.map(what => `race ${number}: ${what}`)
}

test(`${SESSIONS} sessions on ${HOSTS} hosts race for one scope ${RACES} times: one lead everywhere, nobody untold, nobody told twice (case 74)`, { timeout: Math.max(120_000, RACES * 1_000) }, () => {
  const wrong: string[] = []
  const started = process.cpuUsage()
  for (let done = 0; done < RACES; done += RACES_OF_ONE_MESH) {
    const seed = FROM + done / RACES_OF_ONE_MESH
    const world = calmMesh(seed, HOSTS)
    // one clock is up to a minute off, which nobody measures while it is alone, the others by fractions of a second
    const wild = world.random.int(HOSTS)
    for (const [index, host] of world.hosts.entries()) host.clock.skewMs = index === wild ? world.random.int(120_000) - 60_000 : world.random.int(400)
    world.schedule.runUntil(world.schedule.now + 20_000)
    for (let number = 0; number < Math.min(RACES_OF_ONE_MESH, RACES - done); number++) wrong.push(...race(world, number).map(what => `seed ${seed}, ${what}`))
    wrong.push(...world.checks.failures.map(failure => `seed ${seed}: ${failure}`))
  }
  process.stdout.write(`${RACES} races from seed ${FROM}, ${Math.round((process.cpuUsage(started).user / 1_000 / RACES) * 10) / 10} ms of work each\n`)
  recordCase(74, { test: 'test/sim/races.test.ts', runs: RACES, worst: wrong.length, limit: 0, unit: 'wrong' })
  expect(wrong.slice(0, 10)).toEqual([])
})
