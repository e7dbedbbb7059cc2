import { describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../src/adapters/crypto/node.js'
import type { HistoryParts } from '../../src/host/history.js'
import { missing, tell, viewAt } from '../../src/host/telling.js'
import { Bench, type Node } from '../core/replica/bench.js'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** Reads from a bench node's disk, and counts the frames. */
const partsOf = (node: Node, read: { frames: number }): HistoryParts => ({
  crypto: nodeCrypto,
  replica: node.replica,
  runtime: {
    readFrames: async (author, from, limit, backwards = false) => {
      const frames = node.disk.read(author, from, backwards, limit)
      const first = backwards ? from - frames.length : from
      read.frames += frames.length
      return frames.map((bytes, index) => ({ author, seq: first + index, bytes }))
    }
  }
})

const told = async (parts: HistoryParts, most: number): Promise<string[]> => {
  const texts: string[] = []
  for await (const { text } of tell(parts, 'newest first', {}, { now: () => 0, stopped: () => undefined })) {
    texts.push(String(JSON.parse(text).text))
    if (texts.length === most) break
  }
  return texts
}

/** A host whose 3,000 notes have all left its document but the last one. */
const longPast = (): { readonly bench: Bench; readonly a: Node } => {
  const bench = new Bench()
  const a = bench.found('a')
  for (let index = 0; index < 3_000; index++) {
    a.note(`note ${index}`)
    bench.wallMs += MINUTE
  }
  bench.wallMs += 40 * DAY
  a.note('today')
  a.feed({ type: 'compact' })
  bench.run()
  return { bench, a }
}

describe('history read from the disk', () => {
  it('reads no further back than it is asked for', async () => {
    const { a } = longPast()
    const read = { frames: 0 }
    expect(await told(partsOf(a, read), 3)).toEqual(['today', 'note 2999', 'note 2998'])
    expect(read.frames).toBeLessThan(600)
    expect(a.replica.view.count).toBe(1)
    expect(await told(partsOf(a, read), 10_000)).toHaveLength(3_001)
  })

  it('finds the state at a time by halving, and plays only the frames since the snapshot before it', async () => {
    const { bench, a } = longPast()
    const read = { frames: 0 }
    const { view } = await viewAt(partsOf(a, read), bench.wallMs - 40 * DAY - 1_000 * MINUTE - 1)
    expect(view.count).toBe(2_000)
  })

  it('says whose history is not here, and since when it is', async () => {
    const { a } = longPast()
    const log = a.replica.author === null ? null : a.replica.logs.get(a.replica.author)
    const gone = 1_500
    for (let seq = 0; seq < gone; seq++) if (log !== null) a.disk.frames.get(log.author)?.delete(seq)
    log?.chain.lost({ first: 0, last: gone - 1 })
    const parts = partsOf(a, { frames: 0 })
    const texts = await told(parts, 10_000)
    expect([texts[0], texts.at(-1)]).toEqual(['today', `note ${gone - 1}`])
    const [found] = await missing(parts, {})
    expect(found?.key).toBe(a.replica.key)
    expect(await missing(parts, { since: (found?.before ?? 0) + DAY })).toEqual([])
    const then = await viewAt(parts, (found?.before ?? 0) + 100 * MINUTE)
    expect([then.missing.map(({ key }) => key), then.view.count]).toEqual([[a.replica.key], 0])
  })

  it('tells nothing of an author that forked', async () => {
    const { bench, a } = longPast()
    const b = bench.join('b', a)
    const author = a.replica.author
    if (author === null) throw new Error('no epoch')
    b.replica.logs.fork(author, new Uint8Array(1))
    b.replica.view.dropAuthor(author)
    expect(await told(partsOf(b, { frames: 0 }), 10_000)).toEqual([])
  })
})
