import type { Hash } from '../../src/core/brand.js'
import { toHash } from '../../src/core/encoding/bytes.js'
import { decodeMessage, encodeMessage, type Message } from '../../src/core/replication/message.js'
import type { World } from './world.js'

type Lie = (bytes: Uint8Array, world: World) => readonly Uint8Array[]

const altered =
  (alter: (message: Message, world: World) => readonly Message[] | null): Lie =>
  (bytes, world) => {
    const decoded = decodeMessage(bytes)
    const said = decoded.ok ? alter(decoded.value, world) : null
    return said === null ? [bytes] : said.map(encodeMessage)
  }

const anyHash = (world: World): Hash => toHash(world.random.bytes(32))

/** What a member may make of each thing that it would say, by what it then does. */
export const LIES: ReadonlyMap<string, Lie> = new Map([
  [
    'claims to hold what it never sends',
    altered((message, world) => {
      if (message.type === 'status') return [{ ...message, digest: anyHash(world), view: anyHash(world) }]
      if (message.type === 'heads') return [{ ...message, heads: message.heads.map(head => (head.state === 'held' ? { ...head, seq: head.seq + 50, hash: anyHash(world) } : head)) }]
      return message.type === 'frames' || message.type === 'push' ? [] : null
    })
  ],
  ['claims to hold nothing', altered((message, world) => (message.type === 'heads' ? [{ ...message, heads: [] }] : message.type === 'status' ? [{ ...message, digest: anyHash(world) }] : null))],
  ['never answers', altered(message => (message.type === 'frames' || message.type === 'heads' || message.type === 'acts' ? [] : null))],
  ['holds back every other frame', altered((message, world) => (message.type === 'push' && world.random.chance(0.5) ? [] : null))],
  ['says everything twenty times', bytes => Array.from({ length: 20 }, () => bytes)],
  [
    'asks for everything again and again',
    altered((message, world) => {
      const authors = [...world.hosts.flatMap(({ replica }) => [...replica.logs.logs()].map(({ author }) => author))]
      return message.type === 'status' ? [message, ...authors.map(author => ({ type: 'want', author, from: 0 }) as const)] : null
    })
  ]
])
