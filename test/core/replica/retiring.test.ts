import { expect, test } from 'vitest'
import { LIMITS } from '../../../src/core/limits.js'
import { Bench, type Node } from './bench.js'

const stateOf = (node: Node, of: Node): unknown => node.replica.acts.roster().admits(of.replica.key)

test('an ephemeral host is retired by the others a day after its last lease, its records stay, and only its own kind keeps out of it', () => {
  const bench = new Bench()
  const a = bench.found('a')
  const ci = bench.join('ci', a, { ephemeral: true })
  const box = bench.join('box', a)
  const { id } = ci.claim(['src'])
  bench.advance(10_000)
  bench.cutAll(ci)
  bench.advance(LIMITS.retireAfterMs)
  expect(stateOf(a, ci)).toEqual({ state: 'member' })
  bench.advance(LIMITS.leaseDefaultMs + 2 * LIMITS.retireCheckMs)
  expect(stateOf(a, ci)).toMatchObject({ state: 'named', how: 'retired', heads: [{ seq: expect.any(Number) }] })
  expect(stateOf(box, ci)).toEqual(stateOf(a, ci))
  expect(a.replica.view.record(id)?.text).toBeDefined()
  const acts = a.replica.acts.size
  bench.advance(2 * LIMITS.retireCheckMs)
  expect(a.replica.acts.size).toBe(acts)
  expect(a.replica.digest()).toBe(box.replica.digest())
})
