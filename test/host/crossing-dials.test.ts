import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemAdapters } from '../../src/control/assembly.js'
import { toHex } from '../../src/core/encoding/bytes.js'
import type { ReplicaEvent } from '../../src/core/replica/effect.js'
import { Host } from '../../src/host/host.js'
import { eventually } from '../support/cli.js'
import { TestMesh } from '../support/mesh.js'

const ROUNDS = 20

const mesh = new TestMesh()

interface Side {
  readonly host: Host
  readonly events: ReplicaEvent[]
}

/** As a daemon does it: the store, the listener, and on the word the dialling. */
const open = async (name: string): Promise<Side> => {
  const host = await Host.open(mesh.home(name), systemAdapters(), { what: 'test', daemon: true })
  if (!host.ok) throw new Error(host.failure.message)
  const events: ReplicaEvent[] = []
  host.value.runtime.on(event => events.push(event))
  const network = await host.value.connect({ listen: true })
  if (!network.ok) throw new Error(network.failure.message)
  await host.value.publishProfile(host.value.advertised())
  return { host: host.value, events }
}

const bindings = ({ host }: Side): string[] => [...host.replica.links].map(({ phase, binding }) => `${phase} ${toHex(binding)}`)

beforeAll(async () => {
  await mesh.found('a')
  await mesh.up('a')
  await mesh.join('b', await mesh.invite('a'))
  await mesh.down('a')
  // each learns where the other can be dialled
  const [a, b] = [await open('a'), await open('b')]
  a.host.refreshTargets()
  b.host.refreshTargets()
  await eventually(async () => [a.host.targets().length, b.host.targets().length], lengths => lengths.every(length => length === 1))
  await Promise.all([a.host.stop(), b.host.stop()])
}, 60_000)

afterAll(() => mesh.end())

describe('two hosts that dial each other at once', () => {
  it(`settle on one and the same link, ${ROUNDS} times`, async () => {
    let crossed = 0
    for (let round = 0; round < ROUNDS; round++) {
      const sides = [await open('a'), await open('b')]
      for (const { host } of sides) host.refreshTargets()
      const isSettled = (): boolean => {
        const [left = [], right = []] = sides.map(bindings)
        return left.length === 1 && left[0]?.startsWith('open ') === true && left[0] === right[0] && right.length === 1 && sides.every(({ host }) => [...host.replica.links].every(link => link.levelled))
      }
      await eventually(async () => sides.map(bindings), isSettled)
      // whatever either side still had under way would be a second link by now
      await Promise.all(sides.map(({ host }) => Promise.all(host.targets().map(target => host.network?.link(target)))))
      await eventually(async () => sides.map(bindings), isSettled)
      const [a, b] = sides.map(({ host }) => [...host.replica.links][0])
      expect([a?.side, b?.side].sort()).toEqual(['accepted', 'dialled'])
      if (sides.some(({ events }) => events.some(event => event.type === 'unlinked' && event.code === 'LINK_DUPLICATE'))) crossed += 1
      await Promise.all(sides.map(({ host }) => host.stop()))
      for (const { events } of sides) expect(events.filter(({ type }) => type === 'refused')).toEqual([])
    }
    // else nothing was tried here
    expect(crossed).toBe(ROUNDS)
  }, 120_000)
})
