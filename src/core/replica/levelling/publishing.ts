import type { AuthorId, Millis } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import type { ForkProof } from '../../replication/fork.js'
import type { VerifiedFrame } from '../../replication/verification.js'
import type { Context } from '../context.js'
import type { LinkId } from '../input.js'
import { confirm, type Link } from '../links/link-state.js'

/** What was pushed and put on disk is acknowledged together, this long after the first of it. */
const HAVE_DELAY_MS = 100

/** Push is the speed: what is on disk goes at once to every link that can take it, and whoever sent it hears that it is kept. */
export class Publishing {
  readonly #context: Context
  #haveDueMono: Millis | null = null

  constructor(context: Context) {
    this.#context = context
  }

  /** Reading of the monotonic clock at which the next acknowledgement is due, or null. */
  get haveDueMono(): Millis | null {
    return this.#haveDueMono
  }

  /** Sends a frame that is on disk to every link that lacks it and holds what comes before. */
  frame(frame: VerifiedFrame, from: LinkId | null): void {
    const { author, seq } = frame.header
    for (const link of this.#context.openLinks()) {
      if (link.id === from) this.#noteHave(link, author, seq)
      const known = link.known.get(author) ?? (link.knowsTheirHeads ? -1 : null)
      if (link.id === from || link.blocked || (known !== null && known >= seq)) continue
      if (known !== seq - 1) {
        link.levelled = false
        continue
      }
      link.known.set(author, seq)
      this.#context.send(link, { type: 'push', frame: frame.bytes })
    }
  }

  acts(acts: readonly { readonly bytes: Uint8Array; readonly from: LinkId | null }[]): void {
    for (const link of this.#context.openLinks()) this.sendActs(link, acts.filter(act => act.from !== link.id).map(act => act.bytes))
  }

  proofs(proofs: readonly ForkProof[]): void {
    for (const link of this.#context.openLinks()) this.sendProofs(link, proofs.filter(({ author }) => !link.knowsForked.has(author)))
  }

  sendActs(link: Link, acts: readonly Uint8Array[]): void {
    for (const group of inMessages(acts)) this.#context.send(link, { type: 'acts', acts: group })
  }

  sendProofs(link: Link, proofs: readonly ForkProof[]): void {
    for (const { author } of proofs) link.knowsForked.add(author)
    for (const group of inMessages(proofs.map(({ bytes }) => bytes))) this.#context.send(link, { type: 'forks', proofs: group })
  }

  wake(): void {
    if (this.#haveDueMono !== null && this.#context.now.mono >= this.#haveDueMono) this.#sayHave()
  }

  #sayHave(): void {
    this.#haveDueMono = null
    for (const link of this.#context.links.values()) {
      if (link.haveDue.size === 0) continue
      // an act may have named an earlier head since: what lay behind it is no longer on disk
      const held = [...link.haveDue].filter(([author, seq]) => (this.#context.logs.get(author)?.storedHead?.seq ?? -1) >= seq)
      const heads = held.map(([author, seq]) => ({ author, seq }))
      link.haveDue.clear()
      if (link.phase === 'open' && heads.length > 0) this.#context.send(link, { type: 'have', heads })
    }
  }

  #noteHave(link: Link, author: AuthorId, seq: number): void {
    confirm(link, author, seq)
    link.haveDue.set(author, seq)
    this.#haveDueMono ??= this.#context.now.mono + HAVE_DELAY_MS
  }
}

/** In groups that each fit into one message. */
const inMessages = (items: readonly Uint8Array[]): Uint8Array[][] => {
  const groups: Uint8Array[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const item of items) {
    if (bytes + item.length > LIMITS.framesPerReplyBytes || (groups.at(-1)?.length ?? 0) >= LIMITS.itemsPerMessage) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1)?.push(item)
    bytes += item.length + 4
  }
  return groups
}
