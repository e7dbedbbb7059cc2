import type { AuthorId } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import type { Context } from '../context.js'
import { raise, type Link } from '../links/link-state.js'
import type { Linkage } from '../links/linkage.js'
import type { Reads } from '../reads.js'
import type { Standing } from '../standing/standing.js'

/** What peers ask for, answered from disk: a small request cannot ask for much at once. */
export class Serving {
  readonly #context: Context
  readonly #linkage: Linkage
  readonly #reads: Reads
  readonly #standing: Standing

  constructor(context: Context, standing: Standing, linkage: Linkage, reads: Reads) {
    this.#context = context
    this.#standing = standing
    this.#linkage = linkage
    this.#reads = reads
  }

  take(link: Link, author: AuthorId, from: number): void {
    if (link.wanted.length >= LIMITS.members) return this.#linkage.countRefusal(link, 'MESSAGE_MALFORMED', 'more requests than there can be authors', true)
    link.wanted.push({ author, from })
    this.#serveNext(link)
  }

  /** Frames of the past, which wait until nothing else is asked for. */
  takePast(link: Link, author: AuthorId, from: number, before: number): void {
    if (link.wantedPast.length >= LIMITS.members) return this.#linkage.countRefusal(link, 'MESSAGE_MALFORMED', 'more requests than there can be authors', true)
    link.wantedPast.push({ author, from, before })
    this.#serveNext(link)
  }

  /** The network takes more again. */
  resume(link: Link): void {
    this.#serveNext(link)
  }

  /** One read is under way for a link at a time, and none while the peer does not take what was sent: asking without reading costs it alone. */
  #serveNext(link: Link): void {
    if (link.reading || link.blocked) return
    const next = link.wanted.shift()
    if (next === undefined) return this.#servePast(link)
    link.reading = true
    const { author } = next
    const from = this.#beginning(author, next.from)
    this.#reads.begin(author, from, { frames: LIMITS.framesPerReply, bytes: LIMITS.framesPerReplyBytes }, frames => {
      if (this.#context.links.get(link.id) !== link) return
      link.reading = false
      // a write that failed may have reached the disk all the same: what this host does not know to be there it shows to nobody
      const stored = this.#context.logs.get(author)?.storedHead?.seq ?? -1
      this.#answer(link, author, from, frames.filter((_, index) => from + index <= stored && this.#standing.mayServe(author, from + index)))
      this.#serveNext(link)
    })
  }

  #servePast(link: Link): void {
    const next = link.wantedPast.shift()
    if (next === undefined) return
    link.reading = true
    const { author, from, before } = next
    const limit = { frames: Math.max(1, Math.min(LIMITS.framesPerReply, before - from)), bytes: LIMITS.framesPerReplyBytes }
    this.#reads.beginBefore(author, before, limit, frames => {
      if (this.#context.links.get(link.id) !== link) return
      link.reading = false
      this.#context.send(link, { type: 'past', author, before, frames: before > from && this.#standing.mayServe(author, before - 1) ? frames : [] })
      this.#serveNext(link)
    })
  }

  /** Who lacks much, or what is not held here either, goes on from the newest snapshot (rules C5) and fills in the history behind it later. */
  #beginning(author: AuthorId, from: number): number {
    const chain = this.#context.logs.get(author)?.chain
    if (chain === undefined || from >= chain.base) return from
    return from === 0 || chain.base - from > LIMITS.framesPerReply || from < chain.lowest ? chain.base : from
  }

  #answer(link: Link, author: AuthorId, from: number, frames: readonly Uint8Array[]): void {
    const last = from + frames.length - 1
    const more = frames.length > 0 && last < (this.#context.logs.get(author)?.storedHead?.seq ?? -1)
    this.#context.send(link, { type: 'frames', author, from, frames, more })
    if (frames.length > 0 && !more) raise(link.known, author, last)
  }
}
