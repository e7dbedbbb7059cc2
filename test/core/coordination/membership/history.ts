import * as fc from 'fast-check'
import type { ActId, Hash } from '../../../../src/core/brand.js'
import type { VerifiedAct } from '../../../../src/core/coordination/membership/act.js'
import { DrawnMesh, keyOf, toyCrypto } from './mesh.js'

const OPERATORS = ['op', 'second', 'third', 'fourth'] as const
const HOSTS = ['mac', 'box', 'pi', 'nas', 'mini', 'ci'] as const
const KEYS = [...HOSTS, 'box-2', 'pi-2', 'box-3'] as const
const ACTORS = [...OPERATORS, ...KEYS, 'paper', 'mallory'] as const

const operator = fc.constantFrom(...OPERATORS)
const key = fc.constantFrom(...KEYS)
const actor = fc.constantFrom(...ACTORS)
const heads = fc.array(fc.record({ epoch: fc.constantFrom('a1', 'b1'), seq: fc.nat(4), hash: fc.constantFrom('aa', 'bb') }), { maxLength: 2 })

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('introduce' as const), by: operator, who: operator }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('revoke' as const), by: fc.constantFrom(...OPERATORS, 'paper', 'mac'), who: fc.array(key, { maxLength: 2 }), operators: fc.array(operator, { maxLength: 2 }), heads }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('invite' as const), by: operator, uses: fc.integer({ min: 1, max: 2 }), ephemeral: fc.boolean(), who: fc.option(key) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('witness' as const), by: key, who: key, invite: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rotate' as const), by: operator, who: key, next: key, heads }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('role' as const), by: operator, who: key, heads }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('retire' as const), by: key, who: key, heads }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('set' as const), by: actor, value: fc.option(fc.constantFrom('strict', 'deny')), scope: fc.constantFrom('src', 'src/pay'), expires: fc.option(fc.integer({ min: 1, max: 9 })) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('direct' as const), by: actor, stop: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('withdraw' as const), by: actor, which: fc.nat(9) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('tell' as const), by: actor, who: actor }) }
)

type Step = typeof step extends fc.Arbitrary<infer Made> ? Made : never

const head = ({ epoch, seq, hash }: { epoch: string; seq: number; hash: string }) => ({ epoch: epoch.repeat(12), seq, hash: hash.repeat(32) as Hash })
const headsOf = (given: readonly { epoch: string; seq: number; hash: string }[]) => [...new Map(given.map(each => [each.epoch, head(each)])).values()]

/** Plays a history in which each actor knows only what it wrote or was told. */
export const play = (steps: readonly Step[]): DrawnMesh => {
  const drawn = new DrawnMesh(toyCrypto, { recovery: 'paper' })
  for (const name of ['second', 'third']) drawn.operator('op', name)
  for (const host of ['box', 'pi']) drawn.join(host)
  drawn.join('ci', { by: 'box', ephemeral: true })
  const open = drawn.invite('open', {}, { by: 'second' })
  const known = new Map<string, Set<ActId>>(ACTORS.map(name => [name, new Set(drawn.acts.map(({ id }) => id))]))
  const invites: { readonly act: VerifiedAct; readonly name: string }[] = [{ act: open, name: 'open' }]
  const directives: VerifiedAct[] = []
  for (const taken of steps) {
    const held = known.get(taken.by) ?? new Set<ActId>()
    if (taken.do === 'tell') {
      for (const id of held) known.get(taken.who)?.add(id)
      continue
    }
    drawn.sight = [...held].slice(-64)
    const seenOf = (keys: readonly string[]): ActId[] => drawn.acts.filter(act => held.has(act.id) && keys.some(name => (act.signer as string) === keyOf(name) || (act.content?.kind === 'rotate' && act.content.body.old === keyOf(name)))).map(({ id }) => id)
    let made: VerifiedAct | null = null
    switch (taken.do) {
      case 'introduce':
        made = drawn.operator(taken.by, taken.who)
        break
      case 'revoke': {
        const who = [...new Set(taken.who)]
        const operators = [...new Set(taken.operators)]
        made = drawn.revoke(taken.by, Object.fromEntries(who.map(name => [name, headsOf(taken.heads)])), operators, seenOf([...who, ...operators]))
        break
      }
      case 'invite': {
        const name = `invitation-${invites.length}`
        made = drawn.invite(name, { uses: taken.uses, ephemeral: taken.ephemeral, ...(taken.who !== null && { host: keyOf(taken.who) }) }, { by: taken.by })
        invites.push({ act: made, name })
        break
      }
      case 'witness': {
        const invite = invites[taken.invite % Math.max(1, invites.length)]
        if (invite) made = drawn.witness(taken.by, invite.act, taken.who, invite.name)
        break
      }
      case 'rotate':
        if (taken.who !== taken.next) made = drawn.rotate(taken.by, taken.who, taken.next, headsOf(taken.heads), seenOf([taken.who]))
        break
      case 'role':
        made = drawn.role(taken.by, taken.who, 'viewer', headsOf(taken.heads))
        break
      case 'set':
        made = drawn.policy(taken.by, { key: 'overlap', repo: 'app', scope: [taken.scope], ...(taken.value !== null && { value: taken.value }), ...(taken.expires !== null && { expires: taken.expires }) })
        break
      case 'direct':
        made = drawn.directive(taken.by, { text: 'freeze', stop: taken.stop })
        directives.push(made)
        break
      case 'withdraw': {
        const directive = directives[taken.which % Math.max(1, directives.length)]
        if (directive) made = drawn.withdraw(taken.by, directive)
        break
      }
      case 'retire':
        made = drawn.leave(taken.who, headsOf(taken.heads), taken.by)
    }
    if (made !== null) held.add(made.id)
  }
  drawn.sight = null
  return drawn
}

/** A history of acts of operators, hosts and strangers who did not know of each other's, with all that can go wrong between them. */
export const histories: fc.Arbitrary<DrawnMesh> = fc.array(step, { minLength: 12, maxLength: 45, size: 'max' }).map(play)
