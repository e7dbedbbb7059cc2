import { describe, expect, test } from 'vitest'
import type { ActId, AuthorId } from '../../src/core/brand.js'
import { StoreFailure } from '../../src/ports/store.js'
import type { Batch, FrameStore, Reach, Stored } from '../../src/ports/store.js'

/** One place where a store lies: `open` gives the same content again after `close`; `remove` cleans up. */
export interface StorePlace {
  open(): Promise<FrameStore>
  remove(): Promise<void>
}

export const NOTHING: Batch = { frames: [], starts: [], retired: [], acts: [], proofs: [], notes: [] }
export const authorOf = (letter: string): AuthorId => `${letter.repeat(64)}/${'0'.repeat(24)}` as AuthorId
export const ALICE = authorOf('a')
export const BOB = authorOf('b')
const actOf = (digit: number): ActId => digit.toString(16).padStart(64, '0') as ActId
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
export const frame = (author: AuthorId, seq: number, text = `${author[0]}${seq}`) => ({ author, seq, bytes: bytesOf(text) })
export const framesOf = (author: AuthorId, from: number, count: number) => Array.from({ length: count }, (_, index) => frame(author, from + index))

/** What a scan of the whole gives, a line for each thing; what it says of logs as such is left out. */
export const scanned = async (store: FrameStore): Promise<string[]> => (await scannedAs(store, 'whole')).filter(line => !line.startsWith('log '))

export const scannedAs = async (store: FrameStore, reach: Reach): Promise<string[]> => {
  const lines: string[] = []
  for await (const stored of store.scan(reach)) lines.push(lineOf(stored))
  return lines
}

const lineOf = (stored: Stored): string => {
  switch (stored.type) {
    case 'note':
      return `note ${stored.key}=${stored.value}`
    case 'act':
      return `act ${Number.parseInt(stored.id, 16)} ${textOf(stored.bytes)}`
    case 'proof':
      return `proof ${stored.author[0]} ${textOf(stored.bytes)}`
    case 'log':
      return `log ${stored.author[0]} from ${stored.start} of ${stored.held.map(({ first, last }) => `${first}-${last}`).join(' ')}`
    case 'frame':
      return `frame ${stored.frame.author[0]} ${stored.frame.seq} ${textOf(stored.frame.bytes)}`
    case 'damaged':
      return `damaged ${stored.author?.[0] ?? '-'} ${stored.seq ?? '-'} ${stored.what}`
  }
}

const MANY = { frames: 1_000, bytes: 1_000_000 }

/** The contract of `FrameStore`, for every store that there is. */
export const storeContract = (name: string, makePlace: () => Promise<StorePlace>): void => {
  const withPlace = async (run: (place: StorePlace) => Promise<void>): Promise<void> => {
    const place = await makePlace()
    try {
      await run(place)
    } finally {
      await place.remove()
    }
  }
  const withStore = (run: (store: FrameStore, place: StorePlace) => Promise<void>): Promise<void> =>
    withPlace(async place => {
      const store = await place.open()
      try {
        await run(store, place)
      } finally {
        await store.close()
      }
    })
  const reopened = async (store: FrameStore, place: StorePlace): Promise<string[]> => {
    await store.close()
    const again = await place.open()
    try {
      return await scanned(again)
    } finally {
      await again.close()
    }
  }

  describe(`frame store: ${name}`, () => {
    test('a new store holds nothing', () =>
      withStore(async store => {
        expect(await scanned(store)).toEqual([])
        expect(await store.framesBefore(ALICE, 1, MANY)).toEqual([])
        expect(await store.frames(ALICE, 1, MANY)).toEqual([])
      }))

    test('a scan gives notes, acts in the order they came, proofs, then frames by author and number; also after reopening', () =>
      withStore(async (store, place) => {
        await store.commit({ ...NOTHING, frames: [frame(BOB, 2), frame(BOB, 1), frame(ALICE, 300)], acts: [{ id: actOf(9), bytes: bytesOf('nine') }] })
        await store.commit({ ...NOTHING, frames: [frame(ALICE, 299), frame(ALICE, 2 ** 40)], notes: [{ key: 'heard/mac', value: '1 ü' }, { key: '', value: '' }] })
        await store.commit({ ...NOTHING, acts: [{ id: actOf(3), bytes: bytesOf('three') }], proofs: [{ author: BOB, bytes: bytesOf('old') }] })
        await store.commit({ ...NOTHING, proofs: [{ author: BOB, bytes: bytesOf('new') }, { author: ALICE, bytes: bytesOf('proof') }] })
        const lines = await scanned(store)
        expect(lines.slice(0, 6).toSorted()).toEqual(['act 3 three', 'act 9 nine', 'note =', 'note heard/mac=1 ü', 'proof a proof', 'proof b new'])
        expect(lines.filter(line => line.startsWith('act'))).toEqual(['act 9 nine', 'act 3 three'])
        expect(lines.map(line => line.split(' ')[0]).slice(0, 6)).toEqual(['note', 'note', 'act', 'act', 'proof', 'proof'])
        expect(lines.slice(6)).toEqual(['frame a 299 a299', 'frame a 300 a300', `frame a ${2 ** 40} a${2 ** 40}`, 'frame b 1 b1', 'frame b 2 b2'])
        expect((await reopened(store, place)).toSorted()).toEqual(lines.toSorted())
      }))

    test('notes are replaced and removed, and stay so', () =>
      withStore(async (store, place) => {
        await store.commit({ ...NOTHING, notes: ['a', 'b', 'c'].map(key => ({ key, value: 'old' })) })
        await store.commit({ ...NOTHING, notes: [{ key: 'a', value: null }, { key: 'b', value: 'new' }, { key: 'absent', value: null }] })
        await store.commit({ ...NOTHING, notes: [{ key: 'd', value: 'x' }, { key: 'd', value: null }, { key: 'e', value: null }, { key: 'e', value: 'y' }] })
        expect((await scanned(store)).toSorted()).toEqual(['note b=new', 'note c=old', 'note e=y'])
        expect((await reopened(store, place)).toSorted()).toEqual(['note b=new', 'note c=old', 'note e=y'])
      }))

    test('what is committed again replaces what was there', () =>
      withStore(async (store, place) => {
        await store.commit({ ...NOTHING, frames: framesOf(ALICE, 1, 3), acts: [{ id: actOf(1), bytes: bytesOf('one') }] })
        await store.commit({ ...NOTHING, frames: [frame(ALICE, 2, 'again')], acts: [{ id: actOf(1), bytes: bytesOf('one') }] })
        expect(await reopened(store, place)).toEqual(['act 1 one', 'frame a 1 a1', 'frame a 2 again', 'frame a 3 a3'])
      }))

    test('an act that was removed is gone, also after reopening, and may come again', () =>
      withStore(async (store, place) => {
        await store.commit({ ...NOTHING, acts: [1, 2, 3].map(digit => ({ id: actOf(digit), bytes: bytesOf(`a${digit}`) })) })
        await store.commit({ ...NOTHING, acts: [{ id: actOf(2), bytes: null }, { id: actOf(7), bytes: null }] })
        expect((await reopened(store, place)).toSorted()).toEqual(['act 1 a1', 'act 3 a3'])
        const again = await place.open()
        await again.commit({ ...NOTHING, acts: [{ id: actOf(2), bytes: bytesOf('a2') }, { id: actOf(3), bytes: null }, { id: actOf(3), bytes: bytesOf('new') }] })
        expect((await reopened(again, place)).toSorted()).toEqual(['act 1 a1', 'act 2 a2', 'act 3 new'])
      }))

    test('frames() ends at a gap, at the number and at the bytes it is told, and gives at least one', () =>
      withStore(async store => {
        await store.commit({ ...NOTHING, frames: [...framesOf(ALICE, 10, 5), ...framesOf(ALICE, 20, 2)] })
        const seqs = async (from: number, frames: number, bytes: number): Promise<number[]> => (await store.frames(ALICE, from, { frames, bytes })).map(({ seq }) => seq)
        expect(await seqs(10, 100, 1_000)).toEqual([10, 11, 12, 13, 14])
        expect(await seqs(12, 100, 1_000)).toEqual([12, 13, 14])
        expect(await seqs(10, 2, 1_000)).toEqual([10, 11])
        expect(await seqs(10, 100, 9)).toEqual([10, 11, 12])
        expect(await seqs(10, 100, 8)).toEqual([10, 11])
        expect(await seqs(10, 0, 0)).toEqual([10])
        expect(await seqs(15, 100, 1_000)).toEqual([])
        expect(await seqs(9, 100, 1_000)).toEqual([])
        expect(await seqs(21, 100, 1_000)).toEqual([21])
        expect(await store.frames(BOB, 10, MANY)).toEqual([])
        expect(textOf((await store.frames(ALICE, 20, MANY))[1]?.bytes ?? bytesOf(''))).toBe('a21')
      }))

    test('history is filled in from below', () =>
      withStore(async store => {
        await store.commit({ ...NOTHING, frames: framesOf(ALICE, 50, 2) })
        await store.commit({ ...NOTHING, frames: framesOf(ALICE, 1, 10) })
        expect((await store.frames(ALICE, 1, MANY)).length).toBe(10)
        await store.commit({ ...NOTHING, frames: framesOf(ALICE, 11, 39) })
        expect((await store.frames(ALICE, 1, MANY)).length).toBe(51)
      }))

    test('framesBefore() gives what ends before a number, in rising order, within the limit', () =>
      withStore(async store => {
        await store.commit({ ...NOTHING, frames: [...framesOf(ALICE, 0, 5), ...framesOf(ALICE, 20, 5)] })
        const seqs = async (before: number, frames: number, bytes: number): Promise<number[]> => (await store.framesBefore(ALICE, before, { frames, bytes })).map(({ seq }) => seq)
        expect(await seqs(25, 100, 1_000)).toEqual([20, 21, 22, 23, 24])
        expect(await seqs(25, 2, 1_000)).toEqual([23, 24])
        expect(await seqs(24, 100, 9)).toEqual([21, 22, 23])
        expect(await seqs(24, 100, 8)).toEqual([22, 23])
        expect(await seqs(25, 0, 0)).toEqual([24])
        expect(await seqs(5, 100, 1_000)).toEqual([0, 1, 2, 3, 4])
        for (const before of [0, 6, 20, 26]) expect(await seqs(before, 100, 1_000)).toEqual([])
        expect((await store.framesBefore(ALICE, 22, MANY)).map(({ bytes }) => textOf(bytes))).toEqual(['a20', 'a21'])
        expect(await store.framesBefore(BOB, 22, MANY)).toEqual([])
      }))

    test('a log is read from its start on, and its past is still there: read, and scanned as a whole', () =>
      withStore(async (store, place) => {
        await store.commit({ ...NOTHING, frames: [...framesOf(ALICE, 0, 6), ...framesOf(BOB, 4, 2)] })
        await store.commit({ ...NOTHING, frames: [frame(ALICE, 6)], starts: [{ author: ALICE, seq: 5 }] })
        await store.commit({ ...NOTHING, frames: [frame(ALICE, 9)] })
        const present = ['log a from 5 of 0-6 9-9', 'frame a 5 a5', 'frame a 6 a6', 'frame a 9 a9', 'log b from 0 of 4-5', 'frame b 4 b4', 'frame b 5 b5']
        expect(await scannedAs(store, 'present')).toEqual(present)
        await store.close()
        const again = await place.open()
        try {
          expect(await scannedAs(again, 'present')).toEqual(present)
          expect((await scanned(again)).length).toBe(10)
          expect((await again.frames(ALICE, 0, MANY)).length).toBe(7)
          expect((await again.framesBefore(ALICE, 3, MANY)).length).toBe(3)
        } finally {
          await again.close()
        }
      }))

    test('what is retired is gone, and is never called damaged; what the same commit writes is there', () =>
      withStore(async (store, place) => {
        await store.commit({ ...NOTHING, frames: [...framesOf(ALICE, 0, 10), ...framesOf(BOB, 0, 3)], starts: [{ author: ALICE, seq: 6 }] })
        await store.commit({ ...NOTHING, retired: [{ author: ALICE, from: 0, until: 4 }] })
        expect((await scannedAs(store, 'present'))[0]).toBe('log a from 6 of 4-9')
        expect(await store.frames(ALICE, 3, MANY)).toEqual([])
        expect((await store.framesBefore(ALICE, 9, MANY)).map(({ seq }) => seq)).toEqual([4, 5, 6, 7, 8])
        await store.commit({ ...NOTHING, retired: [{ author: ALICE, from: 7, until: Number.MAX_SAFE_INTEGER }], frames: [frame(ALICE, 7, 'again')] })
        await store.commit({ ...NOTHING, frames: [frame(BOB, 3)], starts: [{ author: BOB, seq: 2 }] })
        await store.commit({ ...NOTHING, retired: [{ author: BOB, from: 1, until: 3 }] })
        const lines = ['log a from 6 of 4-7', 'frame a 4 a4', 'frame a 5 a5', 'frame a 6 a6', 'frame a 7 again', 'log b from 0 of 0-0 3-3', 'frame b 0 b0', 'frame b 3 b3']
        expect(await scannedAs(store, 'whole')).toEqual(lines)
        await store.commit({ ...NOTHING, retired: [{ author: BOB, from: 0, until: Number.MAX_SAFE_INTEGER }, { author: authorOf('c'), from: 0, until: 9 }] })
        expect(await reopened(store, place)).toEqual(lines.filter(line => line.startsWith('frame a')))
      }))

    test('the room of what was retired can be asked for', () =>
      withStore(async store => {
        await store.commit({ ...NOTHING, frames: framesOf(ALICE, 0, 100) })
        await store.commit({ ...NOTHING, retired: [{ author: ALICE, from: 0, until: 90 }] })
        const free = await store.freeBytes()
        expect(free === null || free > 0).toBe(true)
        expect((await store.frames(ALICE, 90, MANY)).length).toBe(10)
      }))

    test('commits that are not awaited take effect in call order', () =>
      withStore(async (store, place) => {
        const done: number[] = []
        await Promise.all(
          Array.from({ length: 300 }, async (_, index) => {
            await store.commit({ ...NOTHING, frames: [frame(ALICE, index + 1)], notes: [{ key: 'newest', value: `${index}` }, { key: `n${index % 7}`, value: index % 2 === 0 ? null : 'x' }] })
            done.push(index)
          })
        )
        expect(done).toEqual(Array.from({ length: 300 }, (_, index) => index))
        const lines = await reopened(store, place)
        expect(lines).toContain('note newest=299')
        expect(lines.filter(line => line.startsWith('frame')).length).toBe(300)
        expect(lines.filter(line => line.startsWith('damaged'))).toEqual([])
      }))

    test('an empty commit resolves after those before it', () =>
      withStore(async store => {
        const first = store.commit({ ...NOTHING, frames: [frame(ALICE, 1)] })
        await store.commit(NOTHING)
        expect((await store.frames(ALICE, 1, MANY)).length).toBe(1)
        await first
      }))

    test('large frames and empty ones come back byte for byte', () =>
      withStore(async (store, place) => {
        const large = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7_919) >> 3)
        await store.commit({ ...NOTHING, frames: [{ author: ALICE, seq: 0, bytes: new Uint8Array(0) }, { author: ALICE, seq: 1, bytes: large }] })
        await store.close()
        const again = await place.open()
        const [empty, full] = await again.frames(ALICE, 0, MANY)
        await again.close()
        expect(empty?.bytes.length).toBe(0)
        expect(Buffer.compare(full?.bytes ?? bytesOf(''), large)).toBe(0)
      }))

    test('close waits for the commits under way; afterwards everything is refused by name', () =>
      withStore(async (store, place) => {
        const commits = Array.from({ length: 20 }, (_, index) => store.commit({ ...NOTHING, frames: [frame(ALICE, index + 1)] }))
        const closed = store.close()
        const late = store.commit({ ...NOTHING, frames: [frame(ALICE, 21)] })
        await expect(late).rejects.toMatchObject({ code: 'FENCED', message: 'the store is closed' })
        await expect(late).rejects.toBeInstanceOf(StoreFailure)
        await closed
        await Promise.all(commits)
        await store.close()
        await expect(store.frames(ALICE, 1, MANY)).rejects.toMatchObject({ code: 'FENCED' })
        await expect(store.framesBefore(ALICE, 1, MANY)).rejects.toMatchObject({ code: 'FENCED' })
        await expect(scanned(store)).rejects.toMatchObject({ code: 'FENCED' })
        expect((await reopened(store, place)).length).toBe(20)
      }))

    test('10,000 frames of 20 authors are scanned and read', () =>
      withStore(async store => {
        const authors = Array.from('0123456789abcdefghij', authorOf)
        await Promise.all(authors.flatMap(author => Array.from({ length: 5 }, (_, part) => store.commit({ ...NOTHING, frames: framesOf(author, part * 100 + 1, 100) }))))
        expect((await scanned(store)).length).toBe(10_000)
        for (const author of authors) expect((await store.frames(author, 1, MANY)).length).toBe(500)
      }))
  })
}
