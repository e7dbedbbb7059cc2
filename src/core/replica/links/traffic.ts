import { visible } from '../../coordination/records/visible.js'
import { ERRORS, type ErrorCode } from '../../errors.js'
import { LIMITS } from '../../limits.js'
import { decodeMessage } from '../../replication/message.js'
import type { Acquaintance } from './acquaintance.js'
import type { Context } from '../context.js'
import type { Exchange } from './exchange.js'
import type { Greeting } from './greeting.js'
import type { Input } from '../input.js'
import type { Levelling } from '../levelling/levelling.js'
import { newLink, type Link } from './link-state.js'
import type { Linkage } from './linkage.js'
import type { Serving } from '../levelling/serving.js'

export type LinkInput = Extract<Input, { type: 'linkOpened' | 'linkMessage' | 'linkBlocked' | 'linkDrained' | 'linkClosed' }>

export interface TrafficParts {
  readonly linkage: Linkage
  readonly greeting: Greeting
  readonly exchange: Exchange
  readonly levelling: Levelling
  readonly serving: Serving
  readonly acquaintance: Acquaintance
}

/** What comes in on the links: until both ends have proven who they are the greeting hears it, from then on the exchange. */
export class Traffic {
  readonly #context: Context
  readonly #parts: TrafficParts

  constructor(context: Context, parts: TrafficParts) {
    this.#context = context
    this.#parts = parts
  }

  take(input: LinkInput): void {
    const { links, now } = this.#context
    const { linkage, greeting, levelling, serving } = this.#parts
    if (input.type === 'linkOpened') {
      const link = newLink({ ...input, id: input.link, openedMono: now.mono })
      links.set(link.id, link)
      return greeting.begin(link)
    }
    const link = links.get(input.link)
    if (link === undefined) return
    if (input.type === 'linkMessage') return this.#takeMessage(link, input.bytes)
    if (input.type === 'linkClosed') return linkage.ended(link, 'LINK_CLOSED', input.reason)
    link.blocked = input.type === 'linkBlocked'
    if (link.blocked || link.phase !== 'open') return
    serving.resume(link)
    levelling.say(link)
  }

  #takeMessage(link: Link, bytes: Uint8Array): void {
    const { now } = this.#context
    const { linkage, greeting, exchange, acquaintance } = this.#parts
    const decoded = decodeMessage(bytes)
    if (!decoded.ok) {
      if (link.phase === 'open') linkage.countRefusal(link, 'MESSAGE_MALFORMED', decoded.failure.message, false)
      return linkage.refuse(link, 'MESSAGE_MALFORMED', decoded.failure.message)
    }
    const { value: message } = decoded
    link.lastHeardMono = now.mono
    if (message.type === 'refuse') return linkage.ended(link, codeIn(message.code), visible(message.text.slice(0, LIMITS.peerTextChars)))
    if (link.phase !== 'open') return greeting.take(link, message)
    if (link.peer !== null) acquaintance.hear(link.peer.key, now.wall)
    exchange.take(link, message)
    if (link.peer !== null && message.type === 'status') acquaintance.noteAway(link.peer.key, message.final)
  }
}

/** What a peer gives as its reason is a word of the closed table, or it is none. */
const codeIn = (text: string): ErrorCode => (Object.hasOwn(ERRORS, text) ? (text as ErrorCode) : 'LINK_CLOSED')
