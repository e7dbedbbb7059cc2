import type { AuthorId, HostKey, Millis } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import { keyOf } from '../../replication/author.js'
import type { Context } from '../context.js'
import type { LinkId } from '../input.js'
import type { Link } from '../links/link-state.js'
import type { Standing } from '../standing/standing.js'

/** After so long without an answer another link is asked: one peer that says nothing must not hold up what others have. */
const PATIENCE_MS = 2_000

interface Want {
  readonly link: LinkId
  readonly from: number
  readonly sinceMono: Millis
}

/** What this host has asked its peers for: at most one request for each author at a time, over all links. */
export class Wants {
  readonly #context: Context
  readonly #standing: Standing
  readonly #open = new Map<AuthorId, Want>()
  /** How many of them each link has to answer. */
  readonly #asked = new Map<LinkId, number>()
  /** Links that were asked for what comes next of an author and did not bring it. */
  readonly #barren = new Map<AuthorId, { readonly head: number; readonly links: Set<LinkId> }>()

  constructor(context: Context, standing: Standing) {
    this.#context = context
    this.#standing = standing
  }

  get isOpen(): boolean {
    return this.#open.size > 0
  }

  /** Reading of the monotonic clock at which patience with the oldest request that another link could answer ends, or null. */
  get dueMono(): Millis | null {
    let due: Millis | null = null
    for (const [author, { link, sinceMono }] of this.#open) {
      if (this.#elsewhere(author, link) !== null) due = Math.min(due ?? Number.POSITIVE_INFINITY, sinceMono + PATIENCE_MS)
    }
    return due
  }

  /** Beyond `LIMITS.wantsPerLink` nothing is asked: the heads that show it come again at the next beat. */
  ask(link: Link, author: AuthorId, from: number): void {
    const asked = this.#asked.get(link.id) ?? 0
    if (!this.#standing.wants(author) || this.#open.has(author) || asked >= LIMITS.wantsPerLink) return
    this.#asked.set(link.id, asked + 1)
    this.#open.set(author, { link: link.id, from, sinceMono: this.#context.now.mono })
    this.#context.send(link, { type: 'want', author, from })
  }

  /** Whether something of this author was asked for, of whomever. */
  isAwaited(author: AuthorId): boolean {
    return this.#open.has(author)
  }

  /** Whether anything of this host's logs is on its way. */
  isAskingFor(key: HostKey): boolean {
    for (const author of this.#open.keys()) if (keyOf(author) === key) return true
    return false
  }

  isAsked(link: Link, author: AuthorId): boolean {
    return this.askedFrom(link, author) !== null
  }

  /** The number from which on this link was asked for frames of this author, or null. */
  askedFrom(link: Link, author: AuthorId): number | null {
    const open = this.#open.get(author)
    return open?.link === link.id ? open.from : null
  }

  /** @param next the number to go on from, null when the peer has no more. */
  answered(link: Link, author: AuthorId, next: number | null): void {
    if (this.askedFrom(link, author) === null) return
    this.#end(author, link.id)
    if (next === null) this.#askElsewhere(author, link.id)
    else this.ask(link, author, next)
  }

  isWaitingFor(link: LinkId): boolean {
    for (const open of this.#open.values()) if (open.link === link) return true
    return false
  }

  /** Turns to another link where one has kept this host waiting. */
  wake(): void {
    const { mono } = this.#context.now
    for (const [author, { link, sinceMono }] of [...this.#open]) {
      if (mono - sinceMono < PATIENCE_MS || this.#elsewhere(author, link) === null) continue
      this.#end(author, link)
      this.#askElsewhere(author, link)
    }
  }

  forgetLink(link: LinkId): void {
    for (const [author, open] of [...this.#open]) {
      if (open.link !== link) continue
      this.#end(author, link)
      this.#askElsewhere(author, link)
    }
    this.#asked.delete(link)
    // whoever makes up epochs on link after link leaves nothing behind
    for (const [author, { links }] of this.#barren) if (links.delete(link) && links.size === 0) this.#barren.delete(author)
  }

  #end(author: AuthorId, link: LinkId): void {
    this.#open.delete(author)
    this.#asked.set(link, (this.#asked.get(link) ?? 1) - 1)
  }

  #askElsewhere(author: AuthorId, not: LinkId): void {
    const next = this.#elsewhere(author, not)
    const head = this.#context.logs.headSeq(author)
    const barren = this.#barren.get(author)
    if (barren?.head === head) barren.links.add(not)
    else this.#barren.set(author, { head, links: new Set([not]) })
    if (next !== null) this.ask(next, author, head + 1)
  }

  /** A link whose peer has more of this author than this host, and has not failed to bring it. */
  #elsewhere(author: AuthorId, not: LinkId): Link | null {
    const { links, logs } = this.#context
    const head = logs.headSeq(author)
    const barren = this.#barren.get(author)
    for (const link of links.values()) {
      if (link.id === not || link.phase !== 'open' || (link.confirmed.get(author) ?? -1) <= head) continue
      if (barren?.head !== head || !barren.links.has(link.id)) return this.#standing.wants(author) ? link : null
    }
    return null
  }
}
