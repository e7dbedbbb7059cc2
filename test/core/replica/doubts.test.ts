import { describe, expect, it } from 'vitest'
import type { Input } from '../../../src/core/replica/input.js'
import { authorParts, epochTextOf } from '../../../src/core/replication/author.js'
import type { Disk } from '../../sim/disk.js'
import { Bench, type Node } from './bench.js'

const HERE = new Map([['machine', 'm1'], ['inode', '12'], ['birth', '100'], ['ctime', '100']])

const at = (...changed: readonly (readonly [string, string])[]): Input => ({ type: 'placeLoaded', facts: new Map([...HERE, ...changed]) })

/** What the machine remembers of all that this node has on disk. */
const witnessOf = (node: Node): Input[] =>
  [...node.disk.frames].filter(([author]) => author.startsWith(node.replica.key)).map(([author, log]) => ({ type: 'witnessLoaded', epoch: epochTextOf(author), seq: Math.max(...log.keys()) }))

const epochOf = (node: Node): number | null => (node.replica.author === null ? null : authorParts(node.replica.author).epoch.counter)

/** One host that has written, last at `HERE`. */
const written = (): { bench: Bench; a: Node } => {
  const bench = new Bench()
  const a = bench.found()
  a.restart([at()])
  a.note('one')
  a.note('two')
  return { bench, a }
}

const goBackTo = (node: Node, disk: Disk): void => {
  node.disk.frames.clear()
  node.disk.notes.clear()
  for (const [author, log] of disk.frames) node.disk.frames.set(author, new Map(log))
  for (const [key, value] of disk.notes) node.disk.notes.set(key, value)
}

/** Every number of every own epoch that was ever put on disk, with the bytes that stood there: none may come twice with others. */
const reused = (before: Disk, after: Disk): number => {
  let count = 0
  for (const [author, log] of before.frames) for (const [seq, bytes] of log) {
    const now = after.frames.get(author)?.get(seq)
    if (now !== undefined && Buffer.compare(now, bytes) !== 0) count += 1
  }
  return count
}

describe('a store without doubt', () => {
  it('goes on in its epoch, at the same place, however often it is started', () => {
    const { a } = written()
    for (let start = 0; start < 20; start++) {
      a.restart([...witnessOf(a), at()])
      a.note(`after start ${start}`)
    }
    expect(epochOf(a)).toBe(1)
    expect(a.replica.doubt).toBeNull()
  })

  it('is one that no witness and no place is known of, as every home of before was', () => {
    const bench = new Bench()
    const a = bench.found()
    a.note('one')
    for (const key of ['own/epoch', 'own/place']) a.disk.notes.delete(key)
    a.restart([at()])
    a.note('two')
    expect([epochOf(a), a.replica.doubt]).toEqual([1, null])
  })

  it('may know less of its place than before: what the system does not tell is no doubt', () => {
    const { a } = written()
    a.restart([{ type: 'placeLoaded', facts: new Map([['inode', '12']]) }])
    a.restart([at()])
    a.note('three')
    expect(epochOf(a)).toBe(1)
  })

  it('is ahead of its witness after a crash of the machine, and has nothing to fear from it', () => {
    const { a } = written()
    const old = witnessOf(a)
    a.note('three')
    a.restart([...old, at()])
    a.note('four')
    expect(epochOf(a)).toBe(1)
  })

  it('is not troubled by what a copy of it wrote in an epoch of its own', () => {
    const { a } = written()
    a.restart([...witnessOf(a), { type: 'witnessLoaded', epoch: '00000002aaaaaaaaaaaaaaaa', seq: 40 }, at()])
    a.note('three')
    expect(epochOf(a)).toBe(1)
  })
})

describe('a store in doubt', () => {
  it('that is behind its witness opens a new epoch with the next writing and not before', () => {
    const { a } = written()
    const old = a.disk.copy()
    a.note('three')
    const newest = a.disk.copy()
    const witness = witnessOf(a)
    goBackTo(a, old)
    a.restart([...witness, at()])
    expect(a.replica.doubt).toMatchObject({ cause: 'behind', epoch: null })
    expect(a.replica.doubt?.text).toMatch(/frame 3 of epoch 1 is known to this machine, 2 is the last in the store/)
    expect(a.disk.frames.size).toBe(1)
    a.note('four')
    expect(epochOf(a)).toBe(2)
    expect(a.replica.doubt).toMatchObject({ cause: 'behind', epoch: 2 })
    expect(reused(newest, a.disk)).toBe(0)
    a.restart([...witness, ...witnessOf(a), at()])
    a.note('five')
    expect(epochOf(a)).toBe(2)
  })

  it.each([
    ['machine', 'm2', /another machine/],
    ['inode', '13', /inode of its sentinel changed/],
    ['birth', '101', /birth/],
    ['ctime', '101', /ctime/]
  ])('that lies elsewhere (%s) opens one new epoch', (fact, value, words) => {
    const { a } = written()
    const place = at([fact, value])
    a.restart([...witnessOf(a), place])
    expect(a.replica.doubt).toMatchObject({ cause: 'moved', epoch: null })
    expect(a.replica.doubt?.text).toMatch(words)
    for (let start = 0; start < 5; start++) {
      a.note(`after start ${start}`)
      a.restart([...witnessOf(a), place])
    }
    expect(epochOf(a)).toBe(2)
    expect(a.texts().length).toBe(7)
  })

  it('stays so over starts in which nothing but a note was kept', () => {
    const { a } = written()
    const elsewhere = at(['inode', '13'])
    a.restart([elsewhere])
    a.feed({ type: 'note', key: 'told/somebody', value: 'something' })
    a.restart([elsewhere])
    a.restart([elsewhere])
    expect(a.replica.doubt).toMatchObject({ cause: 'moved', epoch: null })
    a.note('three')
    expect(epochOf(a)).toBe(2)
  })

  it('because of damage that nobody can name stays so, though the store reports it only until the next commit', () => {
    const { a } = written()
    a.restart([{ type: 'damageLoaded', what: 'something', author: null, seq: null }])
    a.feed({ type: 'note', key: 'told/somebody', value: 'something' })
    a.restart()
    a.note('three')
    expect(epochOf(a)).toBe(2)
  })

  it('that holds nothing of its own begins above what its witness knows', () => {
    const { a } = written()
    const witness = witnessOf(a)
    a.disk.frames.clear()
    a.disk.notes.clear()
    a.restart([...witness, at()])
    expect(a.replica.doubt?.cause).toBe('lost')
    a.note('new')
    expect(epochOf(a)).toBe(2)
  })
})

describe('what peers give back of an epoch', () => {
  it('is never written on, although its counter is that of the present one', () => {
    const bench = new Bench()
    const [a] = [bench.found()]
    const b = bench.join('b', a)
    a.note('one')
    const lost = a.disk.copy()
    a.disk.frames.clear()
    a.disk.notes.clear()
    bench.cutAll(a)
    a.restart()
    a.note('after the loss')
    const present = a.replica.author
    bench.link(a, b)
    bench.advance(10_000)
    expect(a.texts().filter(text => text.includes('"one"')).length).toBe(1)
    for (let start = 0; start < 3; start++) {
      a.restart()
      a.note(`start ${start}`)
      expect(a.replica.author).toBe(present)
    }
    expect(reused(lost, a.disk)).toBe(0)
  })

  it('shows by a newer frame under the own signature that the store was restored', () => {
    const bench = new Bench()
    const a = bench.found()
    const b = bench.join('b', a)
    a.note('one')
    const old = a.disk.copy()
    a.note('two')
    bench.cutAll(a)
    goBackTo(a, old)
    a.restart()
    expect(a.replica.doubt).toBeNull()
    bench.link(a, b)
    expect(a.replica.doubt?.cause).toBe('peer')
    a.note('three')
    bench.advance(10_000)
    expect(epochOf(a)).toBe(2)
    expect([...a.replica.logs.proofs(), ...b.replica.logs.proofs()]).toEqual([])
    expect(b.texts()).toEqual(a.texts())
    expect(b.texts().length).toBe(3)
  })
})
