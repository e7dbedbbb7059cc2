import { afterAll, describe, expect, test } from 'vitest'
import { LIMITS } from '../../../src/core/limits.js'
import { everyEpochOf } from '../../../src/core/replication/author.js'
import { checkForkProof, makeForkProof, makeKeyProof } from '../../../src/core/replication/fork.js'
import { encodeMessage, type Message } from '../../../src/core/replication/message.js'
import type { VerifiedFrame } from '../../../src/core/replication/verification.js'
import { Forger, type Step } from '../../support/branches.js'
import { recordCase } from '../../support/cases.js'
import { SeededRandom } from '../../sim/random.js'
import { Bench, type Node } from './bench.js'

const BEATS_MS = 2 * LIMITS.beatMs

/** Three honest hosts and a fourth member that is nowhere: only what it signed is about. */
const mesh = () => {
  const bench = new Bench()
  const a = bench.found('a')
  const b = bench.join('b', a)
  const c = bench.join('c', b)
  const x = bench.join('x', a)
  for (const node of bench.nodes) bench.cutAll(node)
  return { bench, hosts: [a, b, c], forger: new Forger(bench.mesh, x.signer, bench.wallMs) }
}

const put = (node: Node, frames: readonly VerifiedFrame[]): void => {
  for (const { header, bytes } of frames) {
    const log = node.disk.frames.get(header.author) ?? new Map<number, Uint8Array>()
    node.disk.frames.set(header.author, log.set(header.seq, bytes))
  }
}

const expectOneState = (hosts: readonly Node[], what: string): void => {
  const [first] = hosts
  for (const host of hosts) {
    expect(host.replica.digest(), what).toBe(first?.replica.digest())
    expect(host.replica.view.hash(), what).toBe(first?.replica.view.hash())
  }
}

/** Whether two lists hold frames that exclude each other. */
const contradict = (left: readonly VerifiedFrame[], right: readonly VerifiedFrame[]): boolean =>
  left.some(one =>
    right.some(other => (one.header.seq === other.header.seq ? one.hash !== other.hash : other.header.seq === one.header.seq + 1 && other.header.prev !== one.hash))
  )

/** Two hosts, each with another branch of one epoch on its disk, the first by one frame longer. */
const twoBranches = () => {
  const { bench, hosts, forger } = mesh()
  const [a, b] = hosts
  if (a === undefined || b === undefined) throw new Error('two hosts')
  const author = forger.epoch(1, 1)
  const stem = forger.branch(author, [], [{ note: 'stem' }])
  put(a, forger.branch(author, stem, [{ note: 'left' }, { note: 'left again' }]))
  put(b, forger.branch(author, stem, [{ note: 'right' }]))
  return { bench, a, b, author }
}

describe('two branches, whoever holds what', () => {
  const seeds = 40
  let worstRounds = 0
  let proven = 0
  afterAll(() => {
    recordCase(43, { test: 'test/core/replica/forks.test.ts', runs: proven, worst: worstRounds, limit: 2, unit: 'gossip rounds' })
  })

  test(`hosts that are linked prove it within two rounds and come to one state (${seeds} seeds)`, () => {
    const waiting: number[] = []
    for (let seed = 1; seed <= seeds; seed++) {
      const random = new SeededRandom(seed)
      const { bench, hosts, forger } = mesh()
      const steps = (label: string): Step[] => Array.from({ length: 1 + random.int(6) }, (_, index) => (random.int(3) === 0 ? 'snapshot' : { note: `${label} ${index}` }))
      const author = forger.epoch(1, seed)
      const stem = random.int(5) === 0 ? [] : forger.branch(author, [], steps('stem'))
      const branches = ['left', 'right'].map(label => forger.branch(author, stem, steps(label)))
      const held = hosts.map((host, index) => {
        const branch = branches[index === 1 ? random.int(2) : index / 2] ?? []
        const least = random.int(4) === 0 ? 1 : stem.length + 1
        const until = branch.slice(0, least + random.int(branch.length - least + 1))
        // as much as all of it, or from a snapshot on
        const starts = until.filter(({ header }) => header.kind === 'snapshot').map(({ header }) => header.seq)
        const frames = until.slice(random.int(2) === 0 ? 0 : (starts[random.int(starts.length)] ?? 0))
        put(host, frames)
        host.restart()
        return frames
      })
      const [a, b, c] = hosts
      if (a === undefined || b === undefined || c === undefined) throw new Error('three hosts')
      bench.link(a, b)
      bench.link(b, c)
      if (random.int(2) === 0) bench.link(a, c)
      let rounds = 0
      const isProven = () => hosts.every(host => host.replica.logs.isForked(author))
      for (; rounds < 3 && !isProven(); rounds++) bench.advance(LIMITS.beatMs)
      bench.advance(BEATS_MS)
      expectOneState(hosts, `seed ${seed}`)
      if (isProven()) {
        proven += 1
        worstRounds = Math.max(worstRounds, rounds)
        for (const host of hosts) expect(host.replica.view.count, `seed ${seed}`).toBe(0)
      } else if (held.some((left, index) => held.slice(index + 1).some(right => contradict(left, right) || contradict(right, left)))) {
        // the two met only over a hole, which history filled in behind a snapshot will close
        expect(hosts.some(host => (host.replica.logs.get(author)?.chain.base ?? 0) > 0), `seed ${seed}: nothing hides the fork`).toBe(true)
        waiting.push(seed)
      }
    }
    expect(proven).toBeGreaterThan(seeds / 3)
    expect(waiting.length, `seeds in which a hole hides it: ${waiting.join(' ')}`).toBeLessThan(seeds / 10)
  })

  test('a proof is found with the held frame damaged on disk, by the one beside it', () => {
    const { bench, a, b, author } = twoBranches()
    a.restart()
    b.restart()
    a.disk.frames.get(author)?.delete(2)
    bench.link(a, b)
    bench.advance(BEATS_MS)
    expect([a, b].map(({ replica }) => replica.logs.isForked(author))).toEqual([true, true])
  })

  test('what a peer gave for a hole on the own disk may be of another branch than what lies behind it', () => {
    const { bench, a, b, author } = twoBranches()
    a.disk.lose(author, 2)
    a.restart()
    b.restart()
    bench.link(a, b)
    bench.advance(BEATS_MS)
    expect([a, b].map(({ replica }) => replica.logs.isForked(author))).toEqual([true, true])
    expectOneState([a, b], 'hole')
  })
})

describe('a key opens so many epochs and no more', () => {
  const say = (bench: Bench, node: Node, message: Message): void => {
    for (const link of node.peers.keys()) node.feed({ type: 'linkMessage', link, bytes: encodeMessage(message) })
    bench.run()
  }

  /** One epoch more than a key may open, each its opening frame. */
  const tooMany = (forger: Forger): VerifiedFrame[] => Array.from({ length: LIMITS.epochsPerKey + 1 }, (_, index) => forger.branch(forger.epoch(1 + (index % 9), index), [], [])[0]).filter(frame => frame !== undefined)

  test('one more is a proof against the key, in whatever order they came; all hosts say the same, and keep one proof', () => {
    const { bench, hosts, forger } = mesh()
    const openings = tooMany(forger)
    const random = new SeededRandom(7)
    for (const [index, host] of hosts.entries()) {
      // each lacks another one
      const mine = openings.filter((_, each) => each !== index * 7 && (index > 0 || each % 2 === 0))
      for (const frame of mine.toSorted(() => random.int(3) - 1)) put(host, [frame])
      host.restart()
      expect(host.replica.logs.isSpent(forger.key), host.name).toBe(false)
    }
    const [a, b, c] = hosts
    if (a === undefined || b === undefined || c === undefined) throw new Error('three hosts')
    bench.link(a, b)
    bench.link(b, c)
    bench.advance(4 * LIMITS.beatMs)
    for (const host of hosts) {
      expect(host.replica.logs.isSpent(forger.key), host.name).toBe(true)
      expect([...host.replica.logs.proofs()].map(([author]) => author), host.name).toEqual([everyEpochOf(forger.key)])
    }
    expectOneState(hosts, 'spent')
    // and so after a start from the disk
    c.restart()
    expect(c.replica.digest()).toBe(a.replica.digest())
  }, 60_000)

  test('proofs of made-up epochs fill neither memory nor heads', () => {
    const { bench, hosts, forger } = mesh()
    const [a, b] = hosts
    if (a === undefined || b === undefined) throw new Error('two hosts')
    bench.link(a, b)
    const proofs = tooMany(forger).map(opening => {
      const [other] = forger.branch(opening.header.author, [], [])
      if (other === undefined) throw new Error('no opening')
      return makeForkProof(opening.header.author, opening, other).bytes
    })
    for (let from = 0; from < proofs.length; from += LIMITS.itemsPerMessage) say(bench, a, { type: 'forks', proofs: proofs.slice(from, from + LIMITS.itemsPerMessage) })
    bench.advance(BEATS_MS)
    for (const node of [a, b]) expect([...node.replica.logs.proofs()].map(([author]) => author), node.name).toEqual([everyEpochOf(forger.key)])
    expectOneState([a, b], 'made up')
  }, 60_000)

  test('an epoch with a counter beyond is a proof by itself', () => {
    const { bench, hosts, forger } = mesh()
    const [a, b] = hosts
    if (a === undefined || b === undefined) throw new Error('two hosts')
    bench.link(a, b)
    const [opening] = forger.branch(forger.epoch(LIMITS.epochsPerKey + 1, 0), [], [])
    if (opening === undefined) throw new Error('no opening')
    say(bench, a, { type: 'push', frame: opening.bytes })
    bench.run()
    expect([a, b].map(({ replica }) => replica.logs.isSpent(forger.key))).toEqual([true, true])
    expectOneState([a, b], 'counter')
  })

  test('the proof fits into one message, and one header less, or twice the same epoch, is none', () => {
    const { bench, forger } = mesh()
    const openings = tooMany(forger)
    const proof = makeKeyProof(openings.map(frame => [frame.header.author, frame] as const))
    if (proof === null) throw new Error('no proof')
    expect(encodeMessage({ type: 'forks', proofs: [proof.bytes] }).length).toBeLessThanOrEqual(LIMITS.messageBytes)
    expect((LIMITS.frameHeaderBytes + 66) * openings.length + 64).toBeLessThanOrEqual(LIMITS.messageBytes)
    expect(checkForkProof(bench.crypto, bench.mesh, proof.bytes).ok).toBe(true)
    expect(makeKeyProof(openings.slice(1).map(frame => [frame.header.author, frame] as const))).toBeNull()
    const size = proof.bytes.length / openings.length
    expect(checkForkProof(bench.crypto, bench.mesh, proof.bytes.slice(size)).ok).toBe(false)
    const twice = proof.bytes.slice()
    twice.set(proof.bytes.slice(0, size), size)
    expect(checkForkProof(bench.crypto, bench.mesh, twice).ok).toBe(false)
  })
})

describe('the owner of an epoch that forked', () => {
  /** A home and a copy of it, with a third host that either can meet. */
  const copied = () => {
    const bench = new Bench()
    const a = bench.found('a')
    const c = bench.join('c', a)
    bench.cutAll(a)
    const kept = a.note('kept')
    const copy = bench.node('a')
    for (const [id, bytes] of a.disk.acts) copy.disk.acts.set(id, bytes)
    for (const [author, log] of a.disk.frames) copy.disk.frames.set(author, new Map(log))
    for (const [key, value] of a.disk.notes) copy.disk.notes.set(key, value)
    copy.start()
    return { bench, a, copy, c, kept }
  }
  const opened = (node: Node): number => node.happened('epochOpened').length

  test('collects the branch that only a peer still holds; what one branch had closed stays closed', () => {
    const { bench, a, copy, c, kept } = copied()
    const held = a.claim(['src/**'])
    const closed = a.claim(['docs/**'])
    a.write('release', { claims: [closed.id] })
    // the copy hands its branch to the third host, and is never seen again: as if the home had been laid back to an older state
    const theirs = copy.claim(['test/**'])
    bench.link(copy, c)
    bench.cutAll(copy)
    expect(c.replica.view.record(theirs.id)).not.toBeNull()
    bench.link(a, c)
    bench.advance(BEATS_MS)
    for (const node of [a, c]) {
      for (const { id } of [kept, held, theirs, closed]) expect(node.replica.view.record(id), node.name).not.toBeNull()
      expect(node.replica.view.claims.live(bench.wallMs).map(({ entry }) => entry.id).sort(), node.name).toEqual([held.id, theirs.id].sort())
    }
    expectOneState([a, c], 'collected')
    const before = opened(a)
    a.restart()
    bench.link(a, c)
    bench.advance(4 * LIMITS.beatMs)
    expect(opened(a)).toBe(before)
    expect(a.texts()).toEqual(c.texts())
  })

  test('publishes nothing twice: what came of a branch, ended and was left out does not come back with the next peer that holds it', () => {
    const { bench, a, copy, c } = copied()
    const d = bench.join('d', c)
    a.note('mine')
    const asked = copy.write('question', { to: { host: c.replica.hostId }, text: 'how?' })
    bench.link(copy, c)
    bench.link(c, d)
    bench.cutAll(copy)
    bench.cutAll(d)
    bench.link(a, c)
    bench.advance(BEATS_MS)
    expect(a.replica.view.record(asked.id)).not.toBeNull()
    a.write('withdraw', { re: asked.id })
    bench.advance(BEATS_MS)
    bench.cutAll(a)
    bench.wallMs += 30 * 86_400_000
    bench.monoMs += 30 * 86_400_000
    a.feed({ type: 'compact' })
    bench.run()
    expect(a.replica.view.record(asked.id)).toBeNull()
    // weeks later the owner meets another peer that holds the same branch, and has never heard of the rest
    bench.link(a, d)
    bench.advance(BEATS_MS)
    bench.link(a, c)
    bench.advance(BEATS_MS)
    for (const node of [a, c, d]) expect(node.replica.view.record(asked.id), node.name).toBeNull()
    a.restart()
    expect(a.replica.view.record(asked.id)).toBeNull()
  })

  test('goes on where a restart broke off, and from a peer that restarted too, over many answers', () => {
    const { bench, a, copy, c } = copied()
    a.note('mine')
    const notes = Array.from({ length: 2 * LIMITS.framesPerReply }, (_, index) => copy.note(`${index}`))
    bench.link(copy, c)
    bench.cutAll(copy)
    let answers = 0
    bench.carry = (from, bytes) => {
      // the first answer to the owner comes, the second never does
      if (from === c && bytes[0] === 9 && ++answers === 2) bench.cutAll(a)
      return bytes
    }
    bench.link(a, c)
    bench.advance(BEATS_MS)
    bench.carry = (_, bytes) => bytes
    a.restart()
    c.restart()
    bench.link(a, c)
    bench.advance(BEATS_MS)
    for (const { id } of notes) expect(a.replica.view.record(id)).not.toBeNull()
    expectOneState([a, c], 'resumed')
  })

  test('and a copy of it that writes on are two places: each has an epoch of its own, and none is opened without end', () => {
    const { bench, a, copy, c, kept } = copied()
    const mine = a.claim(['src/**'])
    const theirs = copy.claim(['test/**'])
    // under one key they take turns at the third host: it keeps one link to each peer, the newer one
    const meet = (): void => {
      for (const node of [a, copy, a, copy]) {
        bench.link(node, c)
        bench.advance(BEATS_MS)
      }
    }
    meet()
    const before = opened(a) + opened(copy)
    for (let round = 0; round < 3; round++) {
      a.note(`a ${round}`)
      copy.note(`copy ${round}`)
      a.restart()
      copy.restart()
      meet()
    }
    expect(opened(a) + opened(copy)).toBe(before)
    for (const node of [a, copy, c]) for (const { id } of [kept, mine, theirs]) expect(node.replica.view.record(id), node.name).not.toBeNull()
    bench.link(a, c)
    bench.advance(BEATS_MS)
    expectOneState([a, c], 'two places')
  })
})
