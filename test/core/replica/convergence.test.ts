import { expect, test } from 'vitest'
import { toHex } from '../../../src/core/encoding/bytes.js'
import { Bench, type Node } from './bench.js'

const SEED = Number(process.env.SKEIN_SEED ?? Date.now() % 100_000)
const WRITES = 1_000
const HOSTS = ['a', 'b', 'c', 'd', 'e']
/** Number of the message that carries a new frame (docs/protocol.md section 9). */
const PUSH = 10

const randomFrom = (seed: number) => {
  let state = seed
  return (count: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((state / 2 ** 31) * count)
  }
}

const isLinked = (node: Node, other: Node): boolean => [...node.peers.values()].some(end => end.node === other)

test(`five hosts, ${WRITES} writes, partitions, every push three times: one state in the end (seed ${SEED})`, { timeout: 60_000 }, () => {
  const bench = new Bench()
  const random = randomFrom(SEED)
  const founder = bench.found('a')
  const nodes = [founder, ...HOSTS.slice(1).map(name => bench.join(name, founder))]
  const any = (): Node => nodes[random(nodes.length)] ?? founder
  bench.pick = random
  bench.carry = (from, bytes) => {
    if (bytes[0] !== PUSH) return bytes
    for (const [link, end] of from.peers) for (let again = 0; again < 2; again++) bench.later(() => end.node.peers.has(end.link) && end.node.feed({ type: 'linkMessage', link: end.link, bytes }), link)
    return bytes
  }
  let apart = 0
  for (let write = 0; write < WRITES; write++) {
    const [one, other] = [any(), any()]
    if (random(10) === 0 && one !== other && !isLinked(one, other)) bench.dial(one, other)
    if (random(10) === 0) bench.cutAll(any())
    const writer = any()
    if (random(3) === 0) writer.claim([`src/${random(20)}.ts`], { session: `s-${random(3)}` })
    else writer.note(`note ${write}`)
    if (nodes.some(node => node.replica.view.hash() !== writer.replica.view.hash())) apart += 1
  }
  expect(apart).toBeGreaterThan(WRITES / 10)
  for (const [index, node] of nodes.entries()) for (const other of nodes.slice(index + 1)) if (!isLinked(node, other)) bench.link(node, other)
  bench.advance(60_000)
  expect(founder.replica.view.count).toBe(WRITES)
  for (const node of nodes) {
    expect(node.replica.view.hash(), node.name).toBe(founder.replica.view.hash())
    expect(node.replica.digest(), node.name).toBe(founder.replica.digest())
    expect(node.texts(), node.name).toEqual(founder.texts())
    for (const log of founder.replica.logs.logs()) expect(toHex(node.replica.logs.get(log.author)?.document.encode() ?? new Uint8Array(0))).toBe(toHex(log.document.encode()))
    const crossings = (at: Node) => at.replica.view.claims.crossings(bench.wallMs).map(({ key, lead }) => `${key} ${lead.id}`).sort()
    expect(crossings(node), node.name).toEqual(crossings(founder))
  }
})
