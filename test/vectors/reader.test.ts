import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeCrypto, nodeSigner } from '../../src/adapters/crypto/node.js'
import type { HostKey, RecordId } from '../../src/core/brand.js'
import { foundMesh } from '../../src/core/coordination/membership/genesis.js'
import { concat, fromHex, toHash, toHex, utf8 } from '../../src/core/encoding/bytes.js'
import { authorIdOf, clientIdOf } from '../../src/core/replication/author.js'
import { AuthorDocument } from '../../src/core/replication/document.js'
import { assembleFrame, decodeFrame, encodeHeader, NO_HASH, type FrameKind } from '../../src/core/replication/frame.js'
import { AuthorLog } from '../../src/core/replication/log.js'
import { verifyFrame } from '../../src/core/replication/verification.js'

const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const found = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))'], { timeout: 10_000 })
const lacks = found.error !== undefined ? 'there is no python3' : found.status === 0 ? null : 'python3 is older than 3.8'

interface Answer {
  readonly status: number
  readonly out: string
  readonly error: string
}

const run = (...given: readonly string[]): Promise<Answer> =>
  new Promise(resolve => {
    execFile('python3', ['-I', '-S', at('reader.py'), ...given], { timeout: 25_000, maxBuffer: 16 * 1024 * 1024 }, (failure, out, error) => {
      const code = failure === null ? 0 : failure.code
      resolve({ status: typeof code === 'number' ? code : -1, out, error })
    })
  })

interface Item {
  readonly hex: string
}

interface FrameFact extends Item {
  readonly author: string
  readonly seq: number
  readonly kind: string
  readonly effect: string
  readonly hash: string
  readonly records: Readonly<Record<string, string>>
  readonly counted: readonly string[]
}

interface Chain {
  readonly mesh: string
  readonly acts: readonly (Item & { readonly kind: string; readonly id: string; readonly effect: string })[]
  readonly frames: readonly FrameFact[]
  readonly actsDigest: string
  readonly headsDigest: string
  readonly view: string
}

const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0)
const lines = (out: string): readonly Readonly<Record<string, unknown>>[] => out.trim().split('\n').map(line => JSON.parse(line))

/** Numbers from 0 to `below` − 1; the same seed gives the same ones. */
const randomFrom = (seed: number): ((below: number) => number) => {
  let state = seed
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

describe.skipIf(lacks !== null)(`the second reader${lacks === null ? '' : ` (skipped: ${lacks})`}`, () => {
  let folder = ''
  let chain: Chain
  let count = 0

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skein-reader-'))
    chain = JSON.parse(await readFile(at('chain.json'), 'utf8'))
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  const chainOf = async (parts: readonly Uint8Array[], ...options: readonly string[]): Promise<Answer> => {
    const file = join(folder, `${count++}.skein`)
    await writeFile(file, concat(...parts))
    return run('chain', file, ...options)
  }

  const parts = (): Uint8Array[] => [...chain.acts, ...chain.frames].map(({ hex }) => bytes(hex))

  it('judges the twelve signatures as skein does', async () => {
    expect(await run('signatures', at('ed25519.json'))).toEqual({ status: 0, out: 'XXXVXXXXXXXX\n', error: '' })
  })

  it('comes to the same records after each frame, and to the same digests', async () => {
    const { status, out, error } = await run('chain', at('chain.json'), '--json')
    expect({ status, error }).toEqual({ status: 0, error: '' })
    const facts = lines(out)
    expect(facts.filter(({ type }) => type === 'act')).toEqual(chain.acts.map(({ kind, id, effect }) => ({ type: 'act', kind, id, effect })))
    const expected = chain.frames.map(({ author, seq, kind, effect, hash, records, counted }) => ({
      type: 'frame', author, seq, kind, effect, hash, records, counted
    }))
    expect(facts.filter(({ type }) => type === 'frame')).toEqual(expected)
    const { mesh, actsDigest, headsDigest, view } = chain
    expect(facts.at(-1)).toEqual({ type: 'summary', mesh, actsDigest, headsDigest, view, frames: chain.frames.length, void: 2 })
  })

  it('prints one line for each thing, from the bytes alone', async () => {
    const { status, out } = await chainOf(parts())
    expect(status).toBe(0)
    expect(out.trim().split('\n')).toHaveLength(chain.acts.length + chain.frames.length + 3)
    expect(out).toContain('15 frames in 2 logs, 2 void; all signatures hold')
  })

  it('agrees on records, statements and the token', async () => {
    expect(await run('records', at('records.json'))).toMatchObject({ status: 0, error: '' })
    expect(await run('handshake', at('handshake.json'))).toMatchObject({ status: 0, error: '' })
  })

  it('refuses every flipped bit that it is shown', { timeout: 120_000 }, async () => {
    const seed = 20_260_101
    const random = randomFrom(seed)
    const few = (): Uint8Array[] => parts().slice(0, chain.acts.length + 3)
    // one in each field of a header, in a signature and in a payload; then some anywhere, acts included
    const inFrame = [3, 13, 16, 18, 20, 60, 90, 97, 110, 135, 137, 139, 142, 149, 152, 156, 170, 200, 253, 254, 300]
    const anywhere = Array.from({ length: 12 }, () => {
      const part = random(few().length)
      return [part, random(few()[part]?.length ?? 0)] as const
    })
    const flips = [...inFrame.map(offset => [chain.acts.length, offset] as const), ...anywhere]
    for (let from = 0; from < flips.length; from += 3) {
      await Promise.all(
        flips.slice(from, from + 3).map(async ([part, offset]) => {
          const changed = few()
          const target = changed[part]
          if (target === undefined) throw new Error('no such part')
          target[offset] = (target[offset] ?? 0) ^ (1 << random(8))
          const { status, error } = await chainOf(changed)
          expect(status, `seed ${seed}: byte ${offset} of part ${part}`).toBe(1)
          expect(error).toMatch(/^wrong: /)
        })
      )
    }
  })

  it('refuses a chain with a frame left out, exchanged or repeated, and authors whom nobody let in', async () => {
    const first = chain.acts.length
    const leftOut = parts().toSpliced(first + 2, 1)
    const exchanged = parts()
    const [second, third] = exchanged.slice(first + 1, first + 3)
    if (second === undefined || third === undefined) throw new Error('the chain is too short')
    exchanged.splice(first + 1, 2, third, second)
    const repeated = parts().toSpliced(first + 2, 0, second)
    const unwitnessed = parts().toSpliced(2, 1)
    const unfounded = parts().toSpliced(0, 1)
    const cut = parts().map((part, index, all) => (index + 1 === all.length ? part.subarray(0, -1) : part))
    for (const broken of [leftOut, exchanged, repeated, unwitnessed, unfounded, cut]) expect((await chainOf(broken)).status).toBe(1)
  })

  it('calls void what skein calls void, for payloads that somebody bent and signed', async () => {
    const seed = 7
    const random = randomFrom(seed)
    const signer = nodeSigner(new Uint8Array(32).fill(9))
    const founding = foundMesh(nodeCrypto, { name: 'bent', hostName: 'mac', role: 'worker', stamp: { wall: 1, count: 0 } }, nodeSigner(new Uint8Array(32).fill(8)), signer)
    if (!founding.ok) throw new Error(founding.failure.message)
    const { mesh } = founding.value
    const author = authorIdOf(toHex(signer.publicKey) as HostKey, { counter: 1, nonce: '0000000000000001' })
    const log = new AuthorLog(nodeCrypto, mesh, author)
    const stream: Uint8Array[] = [founding.value.bytes]
    const expected: unknown[] = []
    const append = (kind: FrameKind, payload: Uint8Array): void => {
      const seq = log.headSeq + 1
      const prev = seq === 0 ? NO_HASH : log.headHash
      const payloadHash = toHash(nodeCrypto.sha256(payload))
      const header = encodeHeader({ mesh, author, seq, prev, kind, part: 0, parts: 1, stamp: { wall: 1, count: 0 }, offsetMs: 0, payloadLength: payload.length, payloadHash })
      const decoded = decodeFrame(assembleFrame(header, signer.sign(header), payload))
      const frame = decoded.ok ? verifyFrame(nodeCrypto, mesh, decoded.value) : decoded
      if (!frame.ok) throw new Error(frame.failure.message)
      const { type } = log.append(frame.value)
      stream.push(frame.value.bytes)
      expected.push({ seq, effect: type, records: Object.fromEntries(log.records) })
    }
    for (let round = 0; round < 100; round++) {
      const document = new AuthorDocument(clientIdOf(nodeCrypto, mesh, author, log.headSeq + 1))
      document.write([['a' as RecordId, 'one'], ['b' as RecordId, 'two']])
      append('snapshot', document.encode())
      append('update', bend(random, document, round))
    }
    const { status, out, error } = await chainOf(stream, '--json')
    expect({ status, error }).toEqual({ status: 0, error: '' })
    const facts = lines(out).filter(({ type }) => type === 'frame').map(({ seq, effect, records }) => ({ seq, effect, records }))
    expect(facts, `seed ${seed}`).toEqual(expected)
    const voids = facts.filter(({ effect }) => effect === 'void').length
    expect(voids).toBeGreaterThan(30)
    expect(voids).toBeLessThan(95)
  })
})

/** An update that follows `document`, bent by hand for the first rounds and at random after them. */
const bend = (random: (below: number) => number, document: AuthorDocument, round: number): Uint8Array => {
  const id = document.clientId
  const good = document.write([['a' as RecordId, 'three'], ['c' as RecordId, 'four']], ['b' as RecordId]).update
  const key = (name: string): readonly number[] => [1, 7, ...utf8('records'), ...text(name)]
  const none = [0]
  const byHand: readonly (readonly number[])[] = [
    [1, 1, ...varint(id), 2, 0x28, ...key('new'), 1, 119, ...text('first item of a new key'), ...none],
    [1, 1, ...varint(id), 2, 0x28, ...key('a'), 1, 119, ...text('before the item that is there: no value'), ...none],
    [1, 1, ...varint(id), 2, 0x88, ...varint(id), 0, 1, 119, ...text('behind it: the value'), ...none],
    [1, 2, ...varint(id), 2, 0x81, ...varint(id), 0, 3, 0x88, ...varint(id), 4, 1, 119, ...text('behind a deletion of three'), ...none],
    [1, 2, ...varint(id), 2, 0x81, ...varint(id), 0, 3, 0x88, ...varint(id), 3, 1, 119, ...text('into the middle of it'), ...none],
    [1, 1, ...varint(id), 2, 0x88, ...varint(id), 2, 1, 119, ...text('behind itself'), ...none],
    [1, 1, ...varint(id), 2, 0x48, ...varint(id), 0, 1, 119, ...text('a right neighbour'), ...none],
    [1, 1, ...varint(id), 3, 0x28, ...key('gap'), 1, 119, ...text('after a gap'), ...none],
    [1, 1, ...varint(id + 1), 2, 0x28, ...key('other'), 1, 119, ...text('another client'), ...none],
    [1, 1, ...varint(id), 2, 0x28, 1, 4, ...utf8('else'), ...text('k'), 1, 119, ...text('another root'), ...none],
    [1, 1, ...varint(id), 2, 0x08, 1, 7, ...utf8('records'), 1, 119, ...text('no key'), ...none],
    [1, 1, ...varint(id), 2, 0x28, ...key('__proto__'), 1, 119, ...text('a forbidden key'), ...none],
    [1, 1, ...varint(id), 2, 0x28, ...key('k'.repeat(257)), 1, 119, ...text('a long key'), ...none],
    [1, 1, ...varint(id), 2, 0x28, ...key('two'), 2, 119, ...text('one'), 119, ...text('two'), ...none],
    [1, 1, ...varint(id), 2, 0x28, ...key('number'), 1, 125, 1, ...none],
    [1, 1, ...varint(id), 2, 0x24, ...key('string'), ...text('a ContentString'), ...none],
    [1, 1, ...varint(id), 2, 0x00, 1, ...none],
    [1, 1, ...varint(id), 2, 0x0a, 1, ...none],
    [1, 1, ...varint(id), 2, 0x28, ...key('half'), 1, 119, 2, 0xc3, 0x28, ...none],
    [1, 1, ...varint(id), 2, 0x28, ...key('long'), 1, 119, ...text('x'.repeat(32_769)), ...none],
    [1, 1, ...varint(id), 2, 0x28, ...key('wide'), 1, 119, ...text('é'.repeat(16_385)), ...none],
    [1, 1, ...varint(id), 2, 0x28, ...key('full'), 1, 119, ...text('é'.repeat(16_384)), ...none],
    [0, 1, ...varint(id), 1, 0, 2],
    [0, 1, ...varint(id), 1, 0, 3],
    [0, 1, ...varint(id), 1, 0, 0],
    [0, 1, ...varint(id + 1), 1, 0, 1],
    [0, 1, ...varint(id + 1), 0],
    [0, 2, ...varint(id), 1, 0, 1, ...varint(id), 1, 1, 1],
    [0, 0, 1, 2, 3],
    [0x80, 0, 0x80, 0],
    [0],
    []
  ]
  const made = byHand[round]
  if (made !== undefined) return Uint8Array.from(made)
  const bent = good.slice()
  const place = random(bent.length)
  bent[place] = random(2) === 0 ? random(256) : (bent[place] ?? 0) ^ (1 << random(8))
  if (random(4) === 0) return bent.subarray(0, random(bent.length))
  return random(4) === 0 ? Uint8Array.from([...bent, random(256)]) : bent
}

const varint = (value: number): readonly number[] => (value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))])

const text = (value: string): readonly number[] => [...varint(utf8(value).length), ...utf8(value)]
