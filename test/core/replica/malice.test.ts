import { beforeEach, describe, expect, test } from 'vitest'
import type { Signer } from '../../../src/core/crypto.js'
import { toHash, toHex } from '../../../src/core/encoding/bytes.js'
import { LIMITS } from '../../../src/core/limits.js'
import { authorIdOf, clientIdOf, keyOf } from '../../../src/core/replication/author.js'
import { AuthorDocument } from '../../../src/core/replication/document.js'
import { assembleFrame, decodeFrame, encodeHeader, type FrameHeader } from '../../../src/core/replication/frame.js'
import { makeForkProof } from '../../../src/core/replication/fork.js'
import { HybridClock } from '../../../src/core/replication/hybrid-clock.js'
import { LogBook } from '../../../src/core/replication/log-book.js'
import { decodeMessage, encodeMessage, type Message } from '../../../src/core/replication/message.js'
import { OwnLog } from '../../../src/core/replication/own-log.js'
import type { ActId, AuthorId, HostKey, RecordId } from '../../../src/core/brand.js'
import { recordCase } from '../../support/cases.js'
import { Bench, signerOf, take, type Node } from './bench.js'

/** `a` writes, `m` is a member with the real program and its real key that lies on every link, `c` hears `a` through `m` alone. */
let bench: Bench
let a: Node
let m: Node
let c: Node

beforeEach(() => {
  bench = new Bench()
  a = bench.found('a')
  m = bench.join('m', a)
  c = bench.join('c', m)
})

const messageOf = (bytes: Uint8Array): Message => take(decodeMessage(bytes))

/** What `m` sends is changed on its way out. */
const lie = (change: (message: Message) => Message): void => {
  bench.carry = (from, bytes) => (from === m ? encodeMessage(change(messageOf(bytes))) : bytes)
}

const altered = (frame: Uint8Array, change: (header: FrameHeader, payload: Uint8Array) => { readonly payload: Uint8Array; readonly header?: Partial<FrameHeader> }): Uint8Array => {
  const { header, payload } = take(decodeFrame(frame))
  const changed = change(header, payload.slice())
  const headerBytes = encodeHeader({ ...header, payloadLength: changed.payload.length, payloadHash: toHash(bench.crypto.sha256(changed.payload)), ...changed.header })
  return assembleFrame(headerBytes, m.signer.sign(headerBytes), changed.payload)
}

const eachFrame = (change: (frame: Uint8Array) => Uint8Array) => (message: Message): Message => {
  if (message.type === 'push') return { ...message, frame: change(message.frame) }
  return message.type === 'frames' ? { ...message, frames: message.frames.map(change) } : message
}

const isOfA = (frame: Uint8Array): boolean => {
  const read = decodeFrame(frame)
  return read.ok && keyOf(read.value.header.author) === a.replica.key
}

describe("a member that lies about another's records changes nothing on a third host", () => {
  const replacement = (frame: Uint8Array): Uint8Array =>
    altered(frame, ({ author, seq }) => {
      const document = new AuthorDocument(clientIdOf(bench.crypto, bench.mesh, author, seq))
      document.write([['0'.repeat(32) as RecordId, 'made up']])
      return { payload: document.encode(), header: { kind: 'snapshot' } }
    })

  const lies: Readonly<Record<string, (frame: Uint8Array) => Uint8Array>> = {
    're-signs them as they are': frame => altered(frame, (_, payload) => ({ payload })),
    'alters and re-signs them': frame => altered(frame, (_, payload) => ({ payload: payload.map((byte, index) => (index === payload.length - 3 ? byte ^ 1 : byte)) })),
    'deletes them by an update': frame => altered(frame, ({ author }) => ({ payload: deletion(clientIdOf(bench.crypto, bench.mesh, author, 0)) })),
    'replaces them by a snapshot of its own making': replacement,
    'changes one bit': frame => frame.map((byte, index) => (index === frame.length - 2 ? byte ^ 1 : byte)),
    'puts them under its own name': frame => altered(frame, (header, payload) => ({ payload, header: { author: header.author.replace(/^[^/]*/, m.replica.key) as typeof header.author } }))
  }

  test.each(Object.keys(lies))('%s', name => {
    const before = a.note('the truth')
    expect(c.replica.view.record(before.id)?.text).toBe(before.text)
    lie(eachFrame(frame => (isOfA(frame) ? (lies[name]?.(frame) ?? frame) : frame)))
    const later = a.note('another truth')
    bench.advance(30_000)
    for (const entry of c.replica.view.records()) expect([before.text, later.text]).toContain(entry.text)
    expect(c.replica.view.record(before.id)?.text).toBe(before.text)
    expect([...c.replica.logs.proofs()]).toEqual([])
    if (name !== 'puts them under its own name') expect(c.replica.refusals.list().map(({ code }) => code)).toContainEqual(expect.stringMatching(/^FRAME_/))
    // an honest way in mends it
    bench.carry = (_, bytes) => bytes
    bench.link(c, a)
    bench.advance(6_000)
    expect(c.replica.view.record(later.id)?.text).toBe(later.text)
    expect(c.texts()).toEqual(a.texts())
    expect(c.replica.digest()).toBe(a.replica.digest())
  })

  test('changed bytes of a pushed frame are refused and counted, and the frame itself still merges', () => {
    a.note('first')
    const [link] = [...c.peers.keys()]
    const pushes: Uint8Array[] = []
    bench.carry = (from, bytes) => {
      if (from === m && messageOf(bytes).type === 'push') pushes.push(bytes)
      return bytes
    }
    const { id } = a.note('second')
    const [push] = pushes
    if (push === undefined || link === undefined) throw new Error('nothing was pushed')
    const d = bench.join('d', a)
    bench.link(d, m)
    bench.cutAll(c)
    bench.link(c, m)
    const before = c.replica.refusals.list().length
    for (let index = 1; index < push.length; index += Math.ceil(push.length / 60)) {
      const changed = push.slice()
      changed[index] = (changed[index] ?? 0) ^ 1
      for (const at of c.peers.keys()) c.feed({ type: 'linkMessage', link: at, bytes: changed })
    }
    bench.run()
    expect(c.replica.refusals.list().length).toBeGreaterThan(before)
    expect(c.replica.view.record(id)?.text).toContain('second')
    const { id: next } = a.note('third')
    bench.advance(6_000)
    expect(c.replica.view.record(next)).not.toBeNull()
  })

  test('that says it has frames, and never hands them out, holds up nobody for long', () => {
    bench.link(c, a)
    bench.advance(200)
    bench.cutAll(c)
    const { id } = a.note('while away')
    bench.carry = (from, bytes) => (from === m && messageOf(bytes).type === 'frames' ? encodeMessage({ type: 'pong', id: 0, wall: 0 }) : bytes)
    bench.link(c, m)
    bench.link(c, a)
    expect(c.replica.view.record(id)).toBeNull()
    bench.advance(2_100)
    expect(c.replica.view.record(id)).not.toBeNull()
    recordCase(63, { test: 'core/replica/malice', runs: 1, worst: 2_100, limit: 5_000, unit: 'ms' })
  })

  test('that floods with bytes no honest member sends loses its link', () => {
    lie(eachFrame(frame => (isOfA(frame) ? frame.map((byte, index) => (index === frame.length - 2 ? byte ^ 1 : byte)) : frame)))
    for (let count = 0; count < 80; count++) a.note(`${count}`)
    bench.advance(60_000)
    expect(c.happened('unlinked').some(({ code }) => code.startsWith('FRAME_BAD'))).toBe(true)
  })
})

/** An update that deletes the first items of a document, as its owner might. */
const deletion = (clientId: number): Uint8Array => {
  const bytes = [0, 1]
  for (let rest = clientId; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      bytes.push(rest)
      break
    }
    bytes.push((rest % 128) | 128)
  }
  return Uint8Array.from([...bytes, 1, 0, 1])
}

describe('a member that makes things up', () => {
  const madeUp = (count: number): AuthorId => authorIdOf(m.replica.key, { counter: 1, nonce: count.toString(16).padStart(16, '0') })
  const numbered = <Item>(count: number, make: (index: number) => Item): Item[] => Array.from({ length: count }, (_, index) => make(index))
  const say = (message: Message): void => {
    for (const at of c.peers.keys()) c.feed({ type: 'linkMessage', link: at, bytes: encodeMessage(message) })
    bench.run()
  }
  const linkOfC = () => {
    const [link] = c.replica.links
    if (link === undefined) throw new Error('the link is gone')
    return link
  }

  test('epochs, authors and acknowledgements fill no memory, and nothing else waits for them', () => {
    const asked: Message[] = []
    bench.carry = (from, bytes) => {
      const message = messageOf(bytes)
      if (from === c && message.type === 'want') asked.push(message)
      return bytes
    }
    const stranger = (index: number): AuthorId => authorIdOf(index.toString(16).padStart(64, '0') as HostKey, { counter: 0, nonce: '0'.repeat(16) })
    const zero = toHash(new Uint8Array(32))
    for (const authorOf of [madeUp, stranger]) {
      say({ type: 'heads', acts: c.replica.acts.digest(), last: false, heads: numbered(2_000, index => ({ author: authorOf(index), state: 'held', seq: 5, hash: zero })) })
      say({ type: 'have', heads: numbered(2_000, index => ({ author: authorOf(index), seq: Number.MAX_SAFE_INTEGER })) })
    }
    expect(linkOfC().confirmed.size).toBeLessThanOrEqual(LIMITS.wantsPerLink + 3)
    expect(asked.length).toBeLessThanOrEqual(LIMITS.wantsPerLink)
    bench.link(c, a)
    const { id } = a.note('goes on')
    bench.advance(6_000)
    expect(c.replica.view.record(id)).not.toBeNull()
  })

  test('a list of acts without an end closes its link', () => {
    const ids = numbered(8_000, index => index.toString(16).padStart(64, '0') as ActId)
    for (let sent = 0; sent <= LIMITS.actIds; sent += ids.length) say({ type: 'actIds', ids, last: false })
    expect(c.happened('unlinked').at(-1)?.code).toBe('MESSAGE_MALFORMED')
  })

  test('fork proofs against keys that nobody let in are not kept; one against a member is', () => {
    const proofAgainst = (signer: Signer): Uint8Array => {
      const author = authorIdOf(toHex(signer.publicKey) as HostKey, { counter: 7, nonce: '0'.repeat(16) })
      const log = new OwnLog({ crypto: bench.crypto, mesh: bench.mesh, key: keyOf(author), signer, logs: new LogBook(bench.crypto, bench.mesh), clock: new HybridClock() })
      log.start(new Uint8Array(8))
      const [first] = log.openEpoch(new Map(), bench.wallMs, 0)
      if (first === undefined) throw new Error('no frame')
      const { header } = first
      const other = encodeHeader({ ...header, stamp: { wall: header.stamp.wall + 1, count: 0 } })
      return makeForkProof(header.author, first, { headerBytes: other, signature: signer.sign(other) }).bytes
    }
    const strangers = ['x', 'y'].map(name => proofAgainst(signerOf(name)))
    say({ type: 'forks', proofs: strangers })
    expect([...c.replica.logs.proofs()]).toEqual([])
    expect(c.replica.refusals.list().map(({ code }) => code)).toContain('FRAME_UNKNOWN_AUTHOR')
    say({ type: 'forks', proofs: [proofAgainst(m.signer)] })
    expect([...c.replica.logs.proofs()]).toHaveLength(1)
  })

  test.each(['constructor', 'toString', 'NO_SUCH_CODE'])('a refusal with the code %s and a text for terminals is shown as a word and one visible line', code => {
    say({ type: 'refuse', code, text: `\u001b[31mskein: all is well\u0007\n${'z'.repeat(5_000)}` })
    const refused = c.happened('unlinked').at(-1)
    expect(refused?.code).toBe('LINK_CLOSED')
    expect(refused?.text).toContain('\\x1b[31mskein: all is well\\x07\\nzzz')
    expect(refused?.text.length).toBeLessThan(LIMITS.peerTextChars + 16)
  })
})

describe('two that write with one key', () => {
  test('the fork is proven and known to all, and what the owner had answered is published again', () => {
    const kept = a.note('kept')
    // a home that was copied: same key, same disk
    const copy = bench.node('a')
    for (const [id, bytes] of a.disk.acts) copy.disk.acts.set(id, bytes)
    for (const [author, log] of a.disk.frames) copy.disk.frames.set(author, new Map(log))
    copy.start()
    const mine = a.note('mine')
    copy.note('theirs')
    bench.link(copy, c)
    let rounds = 1
    for (; c.happened('forked').length === 0 && rounds < 5; rounds++) bench.advance(LIMITS.beatMs)
    // one clientID in two documents: seen by their heads, and proven
    recordCase(68, { test: 'core/replica/malice', runs: 1, worst: rounds, limit: 1, unit: 'rounds' })
    bench.advance(12_000)
    for (const node of [a, m, c]) {
      expect(node.happened('forked').length, node.name).toBeGreaterThan(0)
      expect(node.replica.view.record(kept.id), node.name).not.toBeNull()
      expect(node.replica.view.record(mine.id), node.name).not.toBeNull()
      expect(node.replica.view.hash()).toBe(a.replica.view.hash())
    }
    a.restart()
    expect(a.replica.view.record(mine.id)).not.toBeNull()
  })
})
