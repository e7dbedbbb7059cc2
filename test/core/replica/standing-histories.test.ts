import { expect, test } from 'vitest'
import type { Hash, HostKey, RecordId } from '../../../src/core/brand.js'
import { writeAct } from '../../../src/core/coordination/membership/act.js'
import type { ActContent, NamedHead, OperatorKey } from '../../../src/core/coordination/membership/body.js'
import { toHex } from '../../../src/core/encoding/bytes.js'
import { epochTextOf, keyOf } from '../../../src/core/replication/author.js'
import { SeededRandom } from '../../sim/random.js'
import { Bench, signerOf, take, type Node } from './bench.js'

/**
 * Histories of four hosts, with operators that revoke a host and are revoked in turn, at whatever moment: the heads that they name are those of any
 * host, of a copy of a home, of long ago, or made up. In the end everybody meets; then everything that was revoked falls. What was ever answered has
 * to be there, and the same on every host, before and after a restart.
 * `STANDING_SEED=52 npx vitest run --config test/vitest.config.mjs test/core/replica/standing-histories.test.ts` plays one of them.
 */
const { STANDING_SEED, STANDING_SEEDS = '12' } = process.env
const seeds = STANDING_SEED === undefined ? Array.from({ length: Number(STANDING_SEEDS) }, (_, index) => index + 1) : [Number(STANDING_SEED)]

const operatorKey = (name: string): OperatorKey => toHex(signerOf(name).publicKey) as OperatorKey

class History {
  readonly bench = new Bench()
  readonly random: SeededRandom
  readonly a = this.bench.found('a')
  /** Whose home is copied. */
  readonly v = this.bench.join('v', this.a)
  readonly c = this.bench.join('c', this.a)
  readonly e = this.bench.join('e', this.a, { ephemeral: true })
  readonly hosts: readonly Node[] = [this.a, this.v, this.c, this.e]
  readonly operators: string[] = []
  readonly answered: { readonly by: string; readonly id: RecordId }[] = []
  readonly told: string[] = []
  copy: Node | null = null
  #acts = 0

  constructor(seed: number) {
    this.random = new SeededRandom(seed)
  }

  submit(at: Node, signer: string, content: ActContent): void {
    const stamp = { wall: this.bench.wallMs, count: this.#acts++ }
    at.feed({ type: 'act', request: 1_000_000, bytes: take(writeAct({ mesh: this.bench.mesh, stamp, seen: at.replica.acts.roster().newestActs(), content }, signerOf(signer))) })
    this.bench.run()
  }

  /** What somebody holds of a key, or held, or what nobody ever did. */
  headsOf(key: HostKey): NamedHead[] {
    const { random } = this
    const found: NamedHead[] = []
    for (const log of random.pick(this.copy === null ? this.hosts : [...this.hosts, this.copy, this.copy]).replica.logs.logs()) {
      if (keyOf(log.author) !== key || log.headSeq < 0 || random.chance(0.25)) continue
      const seq = random.chance(0.5) ? random.int(log.headSeq + 1) : log.headSeq
      const hash = log.hashAt(seq)
      const head = hash === null ? { seq: log.headSeq, hash: log.headHash } : { seq, hash }
      found.push({ epoch: epochTextOf(log.author), ...head, ...(random.chance(0.1) ? { hash: 'ab'.repeat(32) as Hash } : {}) })
    }
    return found
  }

  get #nodes(): readonly Node[] {
    return this.copy === null ? this.hosts : [...this.hosts, this.copy]
  }

  step(): void {
    const { random, bench, a, v, c, e } = this
    const kind = random.int(13)
    const node = random.pick(this.#nodes)
    this.told.push(`${kind}${node.name}`)
    if (kind <= 2) for (let left = random.int(4); left >= 0; left--) this.#write(node)
    else if (kind === 3) node.feed({ type: 'compact' })
    else if (kind === 4) node.restart()
    else if (kind === 5) bench.cutAll(node)
    else if (kind <= 7) this.#link(node, random.pick(this.#nodes))
    else if (kind === 8) bench.advance(random.pick([1_000, 6_000, 20_000]))
    else if (kind === 9 && this.operators.length < 4) this.#revoke(random.pick([a, a, node]), random.pick([v, v, v, c, e]))
    else if (kind === 10 && this.operators.length > 0) this.fall(random.pick(this.operators))
    else if (kind === 11 && random.chance(0.5)) this.submit(random.pick([c, v]), random.pick(['c', 'v']), { kind: 'retire', body: { key: e.replica.key, heads: this.headsOf(e.replica.key) } })
    else if (kind === 12 && this.copy === null) this.#copyHome()
    bench.run()
  }

  #write(node: Node): void {
    const written = node.try([{ kind: 'note', fields: { text: `${node.name} ${this.answered.length} ${this.random.int(1_000)}` } }])
    // an ephemeral host that was retired may take with it what nobody else had
    if (written?.ok === true && node !== this.e) for (const { id } of written.value) this.answered.push({ by: node.name, id })
  }

  #link(one: Node, other: Node): void {
    const isLinked = [...one.peers.values()].some(end => end.node === other)
    if (!isLinked && one.replica.key !== other.replica.key) this.bench.link(one, other)
  }

  #revoke(at: Node, host: Node): void {
    const name = `operator ${this.operators.length}`
    this.operators.push(name)
    this.submit(this.a, 'operator', { kind: 'operator', body: { key: operatorKey(name), name } })
    const { key } = host.replica
    this.submit(at, name, { kind: 'revoke', body: { hosts: [{ key, heads: this.headsOf(key) }], operators: [], acts: [], reason: 'r' } })
  }

  fall(operator: string): void {
    this.submit(this.a, 'operator', { kind: 'revoke', body: { hosts: [], operators: [operatorKey(operator)], acts: [], reason: 'u' } })
  }

  #copyHome(): void {
    this.copy = this.bench.node('v')
    this.copy.disk = this.v.disk.copy()
    this.copy.start()
  }

  /** Everybody meets everybody, one of the two that are `v` at a time. */
  meet(): void {
    const { a, v, c, e, copy } = this
    for (let times = 0; times < 3; times++) {
      this.#gather([a, v, c, e])
      if (copy !== null) this.#gather([a, c, e, copy])
    }
    this.#gather([a, v, c, e])
  }

  #gather(nodes: readonly Node[]): void {
    for (const node of this.#nodes) this.bench.cutAll(node)
    for (const [index, one] of nodes.entries()) for (const other of nodes.slice(index + 1)) this.bench.link(one, other)
    this.bench.advance(60_000)
  }

  expectEqual(when: string): void {
    for (const host of this.hosts) {
      const what = `${host.name} ${when}: ${this.told.join(' ')}`
      expect(host.texts(), what).toEqual(this.a.texts())
      expect(host.replica.digest(), what).toBe(this.a.replica.digest())
    }
  }
}

test.each(seeds)('seed %i', seed => {
  const history = new History(seed)
  for (let left = history.random.between(25, 50); left > 0; left--) history.step()
  history.meet()
  history.expectEqual('met')
  for (const host of history.hosts) host.restart()
  history.meet()
  history.expectEqual('restarted')
  for (const operator of history.operators) history.fall(operator)
  history.meet()
  history.expectEqual('fallen')
  history.v.try([{ kind: 'note', fields: { text: 'goes on' } }])
  for (const host of history.hosts) host.restart()
  history.meet()
  history.expectEqual('fallen, and restarted')
  const lost = history.answered.filter(({ id }) => history.a.replica.view.record(id) === null)
  expect(lost, history.told.join(' ')).toEqual([])
})
