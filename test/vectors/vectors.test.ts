import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../src/adapters/crypto/node.js'
import { nobleCrypto } from '../../src/adapters/crypto/noble.js'
import { DOMAINS } from '../../src/core/domain.js'
import type { HostKey, MeshId, RecordId } from '../../src/core/brand.js'
import { encodeUnsignedAct, type VerifiedAct } from '../../src/core/coordination/membership/act.js'
import { ActSet } from '../../src/core/coordination/membership/acts.js'
import { decodeToken, encodeToken } from '../../src/core/coordination/membership/token.js'
import { parseRecord, recordIdOf } from '../../src/core/coordination/records/record.js'
import { View } from '../../src/core/coordination/view.js'
import { concat, fromHex, fromUtf8, toHex } from '../../src/core/encoding/bytes.js'
import { keyOf } from '../../src/core/replication/author.js'
import { checkForkProof } from '../../src/core/replication/fork.js'
import { assembleFrame, decodeFrame, encodeHeader } from '../../src/core/replication/frame.js'
import { proofHolds, type Meeting } from '../../src/core/replication/handshake.js'
import { LogBook } from '../../src/core/replication/log-book.js'
import { decodeMessage, encodeMessage } from '../../src/core/replication/message.js'
import { verifyFrame } from '../../src/core/replication/verification.js'
import { LIMITS } from '../../src/core/limits.js'
import type { Result } from '../../src/core/result.js'
import { makeVectors, plain } from './make.js'

const fileOf = (name: string): URL => new URL(name, import.meta.url)
if (process.env.SKEIN_WRITE_VECTORS === '1') for (const [name, text] of makeVectors()) writeFileSync(fileOf(name), text)

const read = (name: string): string => readFileSync(fileOf(name), 'utf8')
const bytes = (hex: string): Uint8Array => {
  const found = fromHex(hex)
  if (found === null) throw new Error('not hex')
  return found
}
const need = <Value>(result: Result<Value>): Value => {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`)
  return result.value
}

const page = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8')

describe('docs/protocol.md', () => {
  it('names every limit of the generation with its value', () => {
    const rows = new Map([...page.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)].map(([, name = '', value]) => [name, Number(value)]))
    const values = new Map<string, number>(Object.entries(LIMITS))
    for (const [name, value] of rows) expect(values.get(name), name).toBe(value)
    const source = readFileSync(new URL('../../src/core/limits.ts', import.meta.url), 'utf8')
    const group = source.slice(source.indexOf('  // generation'), source.indexOf('  // mesh'))
    const named = [...group.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name)
    expect(named.length).toBeGreaterThan(10)
    expect(named.filter(name => name === undefined || !rows.has(name))).toEqual([])
  })

  it('names every domain tag', () => {
    for (const tag of Object.values(DOMAINS)) expect(page, tag).toMatch(new RegExp(`^\\|[^|]*\`${tag.replace('.', '\\.')}\``, 'm'))
  })

  it('names every message with its number', () => {
    const section = page.slice(page.indexOf('| no. | message |'), page.indexOf('**P22**'))
    const rows = new Map([...section.matchAll(/^\| (\d+) \| (\w+) \|/gm)].map(([, number, name = '']) => [name, Number(number)]))
    const { messages }: Messages = JSON.parse(read('messages.json'))
    for (const { hex } of messages) expect(rows.get(need(decodeMessage(bytes(hex))).type), hex.slice(0, 2)).toBe(bytes(hex)[0])
    expect(rows.size).toBe(new Set(messages.map(({ hex }) => hex.slice(0, 2))).size)
  })
})

interface Chain {
  readonly mesh: MeshId
  readonly acts: readonly { readonly kind: string; readonly id: string; readonly effect: string; readonly hex: string }[]
  readonly members: readonly unknown[]
  readonly frames: readonly {
    readonly what: string
    readonly author: string
    readonly seq: number
    readonly kind: string
    readonly effect: string
    readonly hash: string
    readonly records: Readonly<Record<string, string>>
    readonly counted: readonly string[]
    readonly hex: string
  }[]
  readonly actsDigest: string
  readonly headsDigest: string
  readonly view: string
}

const chain: Chain = JSON.parse(read('chain.json'))
const { mesh } = chain

describe('the golden files', () => {
  it('are what the script makes today', () => {
    for (const [name, text] of makeVectors()) expect(read(name), name).toBe(text)
  })
})

describe.each([['node:crypto', nodeCrypto], ['noble', nobleCrypto]] as const)('chain.json with %s', (_, crypto) => {
  const acts = new ActSet(crypto, mesh)
  const held: VerifiedAct[] = chain.acts.map(({ hex }) => need(acts.add(bytes(hex))).act)

  it('holds acts with these ids, of which the first founds the mesh', () => {
    expect(held.map(act => [act.kind, act.id, act.content === null ? 'carried' : 'known'])).toEqual(chain.acts.map(act => [act.kind, act.id, act.effect]))
    expect(held[0]?.id).toBe(mesh)
    expect(acts.digest()).toBe(chain.actsDigest)
    expect([...acts.roster().members.values()].map(({ key, hostId, name, role, state }) => ({ key, hostId, name, role, state }))).toEqual(chain.members)
  })

  it('holds acts that are encoded again to the same bytes', () => {
    for (const act of held) {
      const body: unknown = act.content === null ? { text: 'from a newer minor' } : act.content.body
      if (typeof body !== 'object' || body === null) throw new Error('an act without a body')
      const own = act.kind === 'genesis' ? ('0'.repeat(64) as MeshId) : mesh
      const again = need(encodeUnsignedAct({ mesh: own, signer: act.signer, stamp: act.stamp, seen: act.seen, kind: act.kind, body, minor: act.minor }))
      expect(toHex(concat(again, act.bytes.subarray(-64)))).toBe(toHex(act.bytes))
    }
  })

  it('holds frames with these hashes, effects and records', () => {
    const logs = new LogBook(crypto, mesh)
    const view = new View({ crypto, mesh })
    view.setRoster(acts.roster().members)
    for (const expected of chain.frames) {
      const frame = need(verifyFrame(crypto, mesh, need(decodeFrame(bytes(expected.hex)))))
      const { author, seq, kind } = frame.header
      expect({ author, seq, kind, hash: frame.hash }).toEqual({ author: expected.author, seq: expected.seq, kind: expected.kind, hash: expected.hash })
      const log = logs.open(author)
      expect(log.place(frame, frame.hash, false)).toBe('next')
      const change = log.append(frame)
      expect(change.type, expected.what).toBe(expected.effect)
      if (change.type === 'changed') view.changeAuthor(author, keyOf(author), change.changes)
      if (change.type === 'replaced') view.replaceAuthor(author, keyOf(author), change.records)
      expect(Object.fromEntries(log.records), expected.what).toEqual(expected.records)
      const counted = Object.entries(expected.records).filter(([id, text]) => recordIdOf(crypto, mesh, keyOf(author), text) === id)
      expect(counted.map(([id]) => id).sort()).toEqual(expected.counted)
    }
    expect(logs.digest(() => ({ state: 'member' }), acts.digest())).toBe(chain.headsDigest)
    expect(view.hash()).toBe(chain.view)
  })

  it('holds headers that are encoded again to the same bytes, but for those of a newer minor', () => {
    const newer = chain.frames.filter(({ hex }) => {
      const frame = need(decodeFrame(bytes(hex)))
      if (frame.header.minor > 0) return true
      expect(toHex(assembleFrame(encodeHeader(frame.header), frame.signature, frame.payload))).toBe(hex)
      return false
    })
    expect(newer.map(({ kind }) => kind)).toEqual(['unknown'])
  })

  it('is refused with any one byte of a frame changed', () => {
    const original = bytes(chain.frames[1]?.hex ?? '')
    for (let at = 0; at < original.length; at += 7) {
      const changed = original.slice()
      changed[at] = (changed[at] ?? 0) ^ 1
      const decoded = decodeFrame(changed)
      expect(decoded.ok && verifyFrame(crypto, mesh, decoded.value).ok, `byte ${at}`).toBe(false)
    }
  })
})

interface Messages {
  readonly messages: readonly { readonly name: string; readonly longer: boolean; readonly message: unknown; readonly hex: string }[]
}

describe('messages.json', () => {
  const { messages }: Messages = JSON.parse(read('messages.json'))

  it.each(messages.map(each => [each.name, each] as const))('%s', (_, { longer, message, hex }) => {
    const decoded = need(decodeMessage(bytes(hex)))
    expect(plain(decoded)).toEqual(message)
    const again = toHex(encodeMessage(decoded))
    if (longer) expect(hex.startsWith(again) && hex.length > again.length).toBe(true)
    else {
      expect(again).toBe(hex)
      const shorter = decodeMessage(bytes(hex).subarray(0, -1))
      expect(shorter.ok && decoded.type !== 'push').toBe(false)
      const more = decodeMessage(concat(bytes(hex), new Uint8Array(1)))
      expect(more.ok).toBe(decoded.type === 'push' || decoded.type === 'hello')
    }
  })

  it('holds a fork proof that holds', () => {
    const forks = messages.map(({ hex }) => need(decodeMessage(bytes(hex)))).find(message => message.type === 'forks')
    const proof = forks?.proofs[0] ?? new Uint8Array(0)
    expect(need(checkForkProof(nodeCrypto, mesh, proof)).author).toBe(chain.frames.at(-1)?.author)
  })
})

interface Records {
  readonly hostKey: HostKey
  readonly records: readonly { readonly what: string; readonly text: string; readonly utf8: string; readonly type: string; readonly id: RecordId }[]
}

describe('records.json', () => {
  const { hostKey, records }: Records = JSON.parse(read('records.json'))

  it.each(records.map(each => [each.what, each] as const))('%s', (_, { text, utf8, type, id }) => {
    expect(fromUtf8(bytes(utf8))).toBe(text)
    expect(recordIdOf(nodeCrypto, mesh, hostKey, text)).toBe(id)
    expect(parseRecord(text).type).toBe(type)
  })
})

interface End {
  readonly key: HostKey
  readonly nonce: string
  readonly statement: string
  readonly signature: string
}

interface Handshake {
  readonly binding: string
  readonly dialled: End
  readonly accepted: End
  readonly joining: { readonly hostKey: string; readonly by: string; readonly statementByInvitation: string; readonly byInvitation: string; readonly statementByHost: string; readonly byHost: string }
  readonly token: { readonly text: string; readonly content: unknown }
}

describe('handshake.json', () => {
  const handshake: Handshake = JSON.parse(read('handshake.json'))
  const { dialled, accepted, joining, token } = handshake
  const binding = bytes(handshake.binding)
  const helloOf = (end: End) => ({ type: 'hello', generation: 1, minor: 0, mesh, key: end.key, nonce: bytes(end.nonce), wall: 0 }) as const
  const meetingOf = (own: End, side: 'dialled' | 'accepted'): Meeting => ({ mesh, side, ownKey: own.key, ownNonce: bytes(own.nonce), binding })

  it.each([['dialled', dialled, accepted], ['accepted', accepted, dialled]] as const)('the %s end is believed by the other, and nowhere else', (side, own, other) => {
    const there = meetingOf(other, side === 'dialled' ? 'accepted' : 'dialled')
    const signature = bytes(own.signature)
    expect(nodeCrypto.verify(signature, bytes(own.statement), bytes(own.key))).toBe(true)
    expect(proofHolds(nodeCrypto, there, helloOf(own), signature)).toBe(true)
    expect(proofHolds(nodeCrypto, { ...there, side }, helloOf(own), signature)).toBe(false)
    expect(proofHolds(nodeCrypto, { ...there, binding: new Uint8Array(32) }, helloOf(own), signature)).toBe(false)
    expect(proofHolds(nodeCrypto, there, { ...helloOf(own), nonce: new Uint8Array(32) }, signature)).toBe(false)
  })

  it('the newcomer has signed with both keys', () => {
    expect(nodeCrypto.verify(bytes(joining.byInvitation), bytes(joining.statementByInvitation), bytes(joining.by))).toBe(true)
    expect(nodeCrypto.verify(bytes(joining.byHost), bytes(joining.statementByHost), bytes(joining.hostKey))).toBe(true)
  })

  it('the token is read and written alike', () => {
    const content = need(decodeToken(nodeCrypto, token.text))
    expect(plain(content)).toEqual(token.content)
    expect(need(encodeToken(nodeCrypto, content))).toBe(token.text)
  })
})
