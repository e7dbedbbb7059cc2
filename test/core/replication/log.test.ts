import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../src/core/limits.js'
import { checkForkProof, makeForkProof } from '../../../src/core/replication/fork.js'
import { headsDigest, type Head } from '../../../src/core/replication/heads.js'
import { AuthorLog } from '../../../src/core/replication/log.js'
import type { Hash } from '../../../src/core/brand.js'
import { toHex } from '../../../src/core/encoding/bytes.js'
import { authorIdOf } from '../../../src/core/replication/author.js'
import { author, codeOf, crypto, documentAt, key, mesh, Pen, record } from './frames.js'

const freshLog = (): AuthorLog => new AuthorLog(crypto, mesh, author)
const GARBAGE = Uint8Array.of(1, 2, 3)

/** A log of an empty snapshot, and two updates behind it. */
const started = () => {
  const pen = new Pen()
  const document = documentAt(0)
  const empty = pen.frame('snapshot', document.write([]).update)
  const first = pen.frame('update', document.write([record('a')]).update)
  const second = pen.frame('update', document.write([record('b')]).update)
  return { pen, document, frames: [empty, first, second] as const }
}

const placeOf = (log: AuthorLog, frame: Parameters<AuthorLog['append']>[0], pulled = false) => log.place(frame, frame.hash, pulled)

describe('place', () => {
  test('next, seen, gap, and what a leap needs', () => {
    const { frames, pen, document } = started()
    const [empty, first, second] = frames
    const log = freshLog()
    expect(placeOf(log, first)).toBe('gap')
    expect(placeOf(log, empty)).toBe('next')
    log.append(empty)
    expect(placeOf(log, empty)).toBe('seen')
    expect(placeOf(log, second)).toBe('gap')
    const later = pen.frame('snapshot', document.encode())
    expect(placeOf(log, later)).toBe('gap')
    expect(placeOf(log, later, true)).toBe('jump')
    expect(placeOf(log, second, true)).toBe('gap')
  })

  test('another frame at a held number is a conflict; one that does not follow the head is a misfit', () => {
    const { frames } = started()
    const log = freshLog()
    for (const frame of frames) log.append(frame)
    const other = new Pen()
    Object.assign(other, { seq: 1, prev: frames[1].hash })
    expect(placeOf(log, other.frame('update', GARBAGE))).toBe('conflict')
    Object.assign(other, { seq: 2, prev: frames[0].hash })
    expect(placeOf(log, other.frame('update', GARBAGE))).toBe('misfit')
  })

  test('a log begins with a snapshot', () => {
    expect(placeOf(freshLog(), new Pen().frame('update', GARBAGE))).toBe('misfit')
  })

  test('below a leap nothing can be told', () => {
    const { frames, pen } = started()
    const whole = documentAt(3)
    whole.write([record('c')])
    const snapshot = pen.frame('snapshot', whole.encode())
    const log = freshLog()
    expect(log.jump(snapshot).change).toMatchObject({ type: 'replaced' })
    expect([log.chain.base, log.headSeq, [...log.records.keys()]]).toEqual([3, 3, ['c']])
    expect(placeOf(log, frames[1])).toBe('below')
  })
})

describe('what a frame changes', () => {
  test('updates add records, and a snapshot replaces them all, also where all frames before were held', () => {
    const { frames, pen } = started()
    const log = freshLog()
    for (const frame of frames) log.append(frame)
    expect([...log.records.keys()]).toEqual(['a', 'b'])
    const whole = documentAt(3)
    whole.write([record('z')])
    log.append(pen.frame('snapshot', whole.encode()))
    expect([...log.records.keys()]).toEqual(['z'])
    expect(toHex(log.document.encode())).toBe(toHex(whole.encode()))
  })

  test('a void frame leaves the records as they were, and so does all that follows until the next snapshot', () => {
    const { frames, pen, document } = started()
    const log = freshLog()
    for (const frame of frames) log.append(frame)
    expect(log.append(pen.frame('update', GARBAGE))).toMatchObject({ type: 'void' })
    expect(log.append(pen.frame('update', document.write([record('c')]).update))).toMatchObject({ type: 'void' })
    expect([[...log.records.keys()], log.voidSince, log.headSeq]).toEqual([['a', 'b'], 3, 4])
    const whole = documentAt(5)
    whole.write([record('c')])
    expect(log.append(pen.frame('snapshot', whole.encode()))).toMatchObject({ type: 'replaced', fault: null })
    expect([[...log.records.keys()], log.voidSince]).toEqual([['c'], null])
  })

  test('a void snapshot leaves the document empty', () => {
    const { frames, pen } = started()
    const log = freshLog()
    for (const frame of frames) log.append(frame)
    const change = log.append(pen.frame('snapshot', GARBAGE))
    expect(change.type === 'replaced' && change.fault).toBeTruthy()
    expect([log.records.size, log.voidSince]).toEqual([0, 3])
  })

  test('a snapshot of several parts takes effect with the last; an unfinished one has none', () => {
    const { frames, pen, document } = started()
    const log = freshLog()
    for (const frame of frames) log.append(frame)
    const whole = documentAt(3)
    whole.write([record('z')])
    const bytes = whole.encode()
    log.append(pen.frame('snapshot', bytes.slice(0, 9), { part: 0, parts: 2 }))
    expect([...log.records.keys()]).toEqual(['a', 'b'])
    log.append(pen.frame('update', document.write([record('c')]).update))
    expect([...log.records.keys()]).toEqual(['a', 'b', 'c'])
    const again = documentAt(5)
    again.write([record('y')])
    const parts = again.encode()
    log.append(pen.frame('snapshot', parts.slice(0, 9), { part: 0, parts: 2 }))
    log.append(pen.frame('snapshot', parts.slice(9), { part: 1, parts: 2 }))
    expect([...log.records.keys()]).toEqual(['y'])
  })

  test('a leap waits for the whole snapshot, and takes all its parts at once', () => {
    const { frames, pen } = started()
    const whole = documentAt(3)
    whole.write([record('z')])
    const bytes = whole.encode()
    const parts = [bytes.slice(0, 9), bytes.slice(9)].map((payload, part) => pen.frame('snapshot', payload, { part, parts: 2 }))
    const [one, two] = parts
    if (one === undefined || two === undefined) throw new Error('no parts')
    const log = freshLog()
    log.append(frames[0])
    expect(placeOf(log, two, true)).toBe('gap')
    expect(placeOf(log, one, true)).toBe('ahead')
    log.keepAhead(one)
    expect([log.headSeq, log.nextSeq]).toEqual([0, 4])
    expect(placeOf(log, two, true)).toBe('jump')
    expect(log.jump(two).frames).toEqual(parts)
    expect([log.chain.base, log.headSeq, [...log.records.keys()]]).toEqual([3, 4, ['z']])
  })

  test('a part without those before it is void', () => {
    const { frames, pen } = started()
    const log = freshLog()
    for (const frame of frames) log.append(frame)
    expect(log.append(pen.frame('snapshot', GARBAGE, { part: 1, parts: 2 }))).toMatchObject({ type: 'void' })
    expect([...log.records.keys()]).toEqual(['a', 'b'])
  })

  test('a frame beyond the number that a log may have since its snapshot is void', () => {
    const log = freshLog()
    const pen = new Pen()
    const nothing = documentAt(0).write([]).update
    log.append(pen.frame('snapshot', nothing))
    let changes = 0
    for (let count = 1; count < LIMITS.logFramesSinceSnapshot; count++) if (log.append(pen.frame('update', nothing)).type === 'changed') changes++
    expect(changes).toBe(LIMITS.logFramesSinceSnapshot - 1)
    expect(log.append(pen.frame('update', nothing)).type).toBe('void')
  })

  test('a frame beyond the bytes that a log may have since its snapshot is void', () => {
    const log = freshLog()
    const pen = new Pen()
    const document = documentAt(0)
    log.append(pen.frame('snapshot', document.write([]).update))
    const text = 'x'.repeat(31_000)
    let before = 0
    for (let count = 0; log.voidSince === null && count < 400; count++) {
      before = log.bytesSinceSnapshot
      log.append(pen.frame('update', document.write([record('a', `${count} ${text}`), record('b', `${count} ${text}`)]).update))
    }
    expect(before).toBeLessThanOrEqual(LIMITS.logBytesSinceSnapshot)
    expect(log.bytesSinceSnapshot).toBeGreaterThan(LIMITS.logBytesSinceSnapshot)
    expect(log.voidSince).toBe(log.headSeq)
  })
})

describe('fork proof', () => {
  const pens = () => {
    const { frames } = started()
    const [empty, first, second] = frames
    const other = new Pen()
    Object.assign(other, { seq: 0, prev: empty.hash })
    return { empty, first, second, twin: other.frame('update', GARBAGE) }
  }

  test('of two frames with one number, and of neighbours that do not fit', () => {
    const { first, second, twin } = pens()
    for (const pair of [[first, twin], [twin, first], [twin, second]] as const) {
      expect(codeOf(checkForkProof(crypto, mesh, makeForkProof(author, ...pair).bytes))).toBe('ok')
    }
  })

  test('is none of one frame twice, of neighbours that fit, or of frames further apart', () => {
    const { empty, first, second } = pens()
    for (const pair of [[first, first], [first, second], [empty, second], [second, empty]] as const) {
      expect(codeOf(checkForkProof(crypto, mesh, makeForkProof(author, ...pair).bytes))).toBe('FRAME_MALFORMED')
    }
  })

  test('is refused when any byte of it is changed or missing', () => {
    const { first, twin } = pens()
    const { bytes } = makeForkProof(author, first, twin)
    for (let index = 0; index < bytes.length; index++) {
      const changed = bytes.slice()
      changed[index] = (changed[index] ?? 0) ^ 1
      expect(checkForkProof(crypto, mesh, changed).ok, `byte ${index}`).toBe(false)
      expect(checkForkProof(crypto, mesh, bytes.subarray(0, index)).ok).toBe(false)
    }
  })
})

describe('heads digest', () => {
  const acts = 'a'.repeat(64) as Hash
  const head = (counter: number, seq: number, hash = 'b'): Head => ({ author: authorIdOf(key, { counter, nonce: '0'.repeat(16) }), state: 'held', seq, hash: hash.repeat(64) as Hash })

  test('is the same in any order, and another for any other number, hash, state or set of acts', () => {
    const of = (heads: readonly Head[], digest = acts) => headsDigest(crypto, mesh, heads, digest)
    const base = of([head(1, 4), head(2, 0)])
    expect(of([head(2, 0), head(1, 4)])).toBe(base)
    const others = [of([head(1, 5), head(2, 0)]), of([head(1, 4, 'c'), head(2, 0)]), of([head(1, 4)]), of([{ author: head(1, 4).author, state: 'forked' }, head(2, 0)]), of([head(1, 4), head(2, 0)], 'c'.repeat(64) as Hash)]
    expect(new Set([base, ...others]).size).toBe(others.length + 1)
  })
})
