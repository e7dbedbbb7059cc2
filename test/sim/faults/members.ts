import { LIES } from '../lies.js'
import type { Fault } from './network.js'

/** A copy of a home writes on, elsewhere and at the same time as the original. */
const copyHome: Fault = nemesis => {
  const { world, adversary } = nemesis
  const host = nemesis.anyUp()
  if (host === null || host.isPaused) return
  adversary.copyHome(host)
  if (world.random.chance(0.2)) nemesis.endAt(host, 'between a proof and what it took from view')
  if (world.random.chance(0.8)) host.write('shell', [{ kind: 'note', fields: { text: `«original of ${host.name}»` } }])
}

/** The adversary has the key of a member, and uses it. */
const puppet: Fault = nemesis => {
  const { world, adversary } = nemesis
  const { random, hosts } = world
  if (adversary.puppet !== null) return adversary.speak()
  const candidates = hosts.filter(host => host.isUp && host.isMember && host.replica.author !== null && host !== hosts[0] && host.distort === null)
  if (hosts.length > 3 && candidates.length > 0) adversary.takeOver(random.pick(candidates))
}

/** A member keeps to its links and lies: about what it holds, or by saying nothing. */
const liar: Fault = nemesis => {
  const { world } = nemesis
  const candidates = world.hosts.filter(host => host.isUp && host.isMember && host !== world.hosts[0])
  if (nemesis.honest().length < world.hosts.length || world.hosts.length < 4 || candidates.length === 0) return
  const host = world.random.pick(candidates)
  const lie = world.random.pick([...LIES.keys()])
  world.note(`${host.name} lies: it ${lie}`)
  world.occurred.add(`member that ${lie}`)
  const tell = LIES.get(lie)
  if (tell !== undefined) host.distort = bytes => tell(bytes, world)
}

export const MEMBER_FAULTS = { copyHome, puppet, liar }
