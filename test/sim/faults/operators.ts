import { keyOf, epochTextOf } from '../../../src/core/replication/author.js'
import type { NamedHead } from '../../../src/core/coordination/membership/body.js'
import type { RecordId } from '../../../src/core/brand.js'
import type { Staying } from '../checks.js'
import type { SimHost } from '../host.js'
import type { Nemesis } from '../nemesis.js'
import type { Fault } from './network.js'

/** The heads of a key as one host holds them: what it would name in a revocation. */
const headsOf = (at: SimHost, of: SimHost): NamedHead[] =>
  at.replica.heads().flatMap(head => (keyOf(head.author) === of.key && head.state === 'held' ? [{ epoch: epochTextOf(head.author), seq: head.seq, hash: head.hash }] : []))

/** What the host shows of these epochs. */
const stayingOf = ({ replica }: SimHost, of: SimHost, heads: readonly NamedHead[]): Staying => {
  const epochsOf = (id: RecordId): Set<string> => new Set([...replica.logs.logs()].filter(({ author, records }) => keyOf(author) === of.key && records.has(id)).map(({ author }) => epochTextOf(author)))
  const named = new Set(heads.map(({ epoch }) => epoch))
  const shown = [...replica.view.records()].filter(entry => entry.hostKey === of.key)
  return new Map(shown.map(({ id }) => [id, new Set([...epochsOf(id)].filter(epoch => named.has(epoch)))]))
}

const anyMember = (nemesis: Nemesis, except: SimHost | null = nemesis.adversary.puppet): SimHost | null => {
  const members = nemesis.honest().filter(host => host !== except && host.isUp && !host.isPaused && host.isMember && host.replica.fenced === null)
  return members.length === 0 ? null : nemesis.world.random.pick(members)
}

/** An operator takes a host's key from the mesh, as it stands at another host: what that one shows of it stays, and nothing else. */
export const revokeHost = (nemesis: Nemesis, victim: SimHost, operator: string): void => {
  const { world } = nemesis
  const at = anyMember(nemesis, victim)
  if (at === null || at.replica.acts.roster().admits(victim.key).state !== 'member') return
  const acts = [...at.replica.acts.values()].filter(act => (act.signer as string) === victim.key).map(({ id }) => id)
  const heads = headsOf(at, victim)
  const stays = stayingOf(at, victim, heads)
  world.checks.revoked(victim, at, stays)
  world.note(`${operator} revokes ${victim.name} at ${at.name}; ${stays.size} of its records stay`)
  world.operate(at, { kind: 'revoke', body: { hosts: [{ key: victim.key, heads }], operators: [], acts, reason: 'lost' } }, { by: operator })
  world.occurred.add('revocation')
}

/** A member's key is stolen with its machine, and sooner or later revoked; the thief goes on. */
const stolenKey: Fault = nemesis => {
  const { world, adversary } = nemesis
  if (adversary.puppet === null) {
    const candidates = nemesis.honest().filter(host => host.isUp && host.isMember && host.replica.author !== null && host !== world.hosts[0])
    if (world.hosts.length > 3 && candidates.length > 0) adversary.takeOver(world.random.pick(candidates))
  } else if (world.random.chance(0.25)) revokeHost(nemesis, adversary.puppet, world.random.pick(world.operators()))
  else adversary.steal()
}

/** A second operator is introduced. */
const introduce: Fault = nemesis => {
  const { world } = nemesis
  const at = anyMember(nemesis)
  if (at === null || world.operators().length > 2) return
  const name = `operator-${world.operators().length + 1}`
  world.note(`${name} is introduced at ${at.name}`)
  world.introduce(name, at)
}

/** Operators end each other, which only a higher-ranked one can, at two places at once. */
const revokeOperators: Fault = nemesis => {
  const { world } = nemesis
  const names = world.operators()
  if (names.length < 2) return
  world.occurred.add('operators against each other')
  for (const by of names) {
    const at = anyMember(nemesis)
    const other = world.random.pick(names.filter(name => name !== by))
    if (at === null || world.random.chance(0.3)) continue
    world.note(`${by} revokes ${other} at ${at.name}`)
    world.operate(at, { kind: 'revoke', body: { hosts: [], operators: [world.operatorKey(other)], acts: [], reason: 'left the team' } }, { by })
  }
}

/** A host leaves for good. It stays linked until it is stopped, and everybody keeps what it wrote. */
const leave: Fault = nemesis => {
  const host = nemesis.anyUp()
  if (host === null || host === nemesis.world.hosts[0] || !host.isMember || host.isPaused || nemesis.world.random.chance(0.5)) return
  nemesis.world.note(`${host.name} leaves`)
  nemesis.world.occurred.add('host left')
  host.leave()
}

/** Stopped until the faults end: the others write and compact meanwhile. */
const lag: Fault = nemesis => {
  const host = nemesis.anyUp()
  if (host === null || host === nemesis.world.hosts[0]) return
  nemesis.world.note(`${host.name} is away until the faults end`)
  nemesis.world.occurred.add('lagging host')
  host.kill()
  nemesis.world.unplug(host)
}

export const OPERATOR_FAULTS = { stolenKey, introduce, revokeOperators, leave, lag }
