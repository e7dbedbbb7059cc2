import type { Message } from '../../replication/message.js'
import type { Collecting } from '../forks/collecting.js'
import type { Comparing } from '../levelling/comparing.js'
import type { Context } from '../context.js'
import type { Forks } from '../forks/forks.js'
import type { History } from '../history/history.js'
import type { Levelling } from '../levelling/levelling.js'
import { confirm, type Link } from './link-state.js'
import type { Linkage } from './linkage.js'
import type { Reception } from '../reception/reception.js'
import type { Serving } from '../levelling/serving.js'
import type { Wants } from '../levelling/wants.js'

export interface ExchangeParts {
  readonly levelling: Levelling
  readonly comparing: Comparing
  readonly serving: Serving
  readonly reception: Reception
  readonly forks: Forks
  readonly collecting: Collecting
  readonly wants: Wants
  readonly linkage: Linkage
  readonly history: History
}

/** What two members say to each other on an open link, and who here hears it. */
export class Exchange {
  readonly #context: Context
  readonly #parts: ExchangeParts

  constructor(context: Context, parts: ExchangeParts) {
    this.#context = context
    this.#parts = parts
  }

  take(link: Link, message: Message): void {
    const { levelling, comparing, serving, reception, forks, collecting, linkage, history } = this.#parts
    if (!this.#affords(link, message)) return linkage.countRefusal(link, 'LINK_DELAYED', `a ${message.type} message faster than a peer may send them; it is asked for later`, false)
    switch (message.type) {
      case 'status':
        if (!levelling.take(link, message)) comparing.answer(link)
        return collecting.goOn()
      case 'heads':
        comparing.takeHeads(link, message)
        // where nothing was missing any more, nothing will be committed either, and the peer would learn of it at the next beat only
        levelling.settle()
        return collecting.goOn()
      case 'actIds':
        comparing.takeActIds(link, message)
        return levelling.settle()
      case 'acts':
        return reception.takeActs(message.acts, link)
      case 'forks':
        for (const proof of message.proofs) forks.takeProof(proof, link)
        return collecting.goOn()
      case 'want':
        return serving.take(link, message.author, message.from)
      case 'wantPast':
        return serving.takePast(link, message.author, message.from, message.before)
      case 'past':
        return history.take(link, message)
      case 'frames':
        return this.#takeFrames(link, message)
      case 'push':
        return reception.takeFrame(message.frame, link, false)
      case 'have':
        // what was pushed to a peer is held here: the rest is made up
        for (const head of message.heads) if (this.#context.logs.get(head.author) !== null) confirm(link, head.author, head.seq)
        return
      case 'pong':
        return levelling.takePong(link, message)
      case 'hello':
      case 'proof':
      case 'refuse':
        return linkage.refuse(link, 'MESSAGE_MALFORMED', `a ${message.type} message on an open link`)
    }
  }

  /**
   * What a peer sends unasked costs a bounded part of a core: pushes, acts and proofs beyond it are left, and come again when heads are
   * compared at a beat.
   */
  #affords(link: Link, message: Message): boolean {
    const { wants, collecting } = this.#parts
    const signatures = message.type === 'frames' && !wants.isAsked(link, message.author) && !collecting.isAsked(link, message.author) ? message.frames.length : signaturesIn(message)
    if (signatures === 0) return true
    if (link.unasked.isEmpty(this.#context.now.mono)) return false
    link.unasked.take(signatures)
    return true
  }

  #takeFrames(link: Link, answer: Extract<Message, { type: 'frames' }>): void {
    const { author, frames, more } = answer
    const { wants, reception, collecting, levelling } = this.#parts
    const nextOf = (): number => this.#context.logs.get(author)?.nextSeq ?? 0
    const before = nextOf()
    const askedFrom = wants.askedFrom(link, author)
    if (askedFrom === null && collecting.take(link, answer)) return
    for (const bytes of frames) reception.takeFrame(bytes, link, askedFrom !== null)
    // what was held did not fit to the chain that an act names: all of it is asked for, once
    const gaveWay = before > 0 && nextOf() === 0 && askedFrom !== 0
    wants.answered(link, author, gaveWay || (askedFrom !== null && nextOf() > askedFrom && more) ? nextOf() : null)
    // what was asked for may have come by another link meanwhile, and nothing will be committed
    levelling.settle()
  }
}

const signaturesIn = (message: Message): number => {
  if (message.type === 'push') return 1
  if (message.type === 'acts') return message.acts.length * SIGNATURES_AN_ACT
  return message.type === 'forks' ? message.proofs.reduce((sum, proof) => sum + Math.ceil(proof.length / BYTES_A_SIGNED_HEADER), 0) : 0
}

const SIGNATURES_AN_ACT = 3
/** Of a proof, which has two headers or many. */
const BYTES_A_SIGNED_HEADER = 256
