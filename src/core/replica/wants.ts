import type { AuthorId, Millis } from '../brand.js'
import { LIMITS } from '../limits.js'
import type { Context } from './context.js'
import type { LinkId } from './input.js'
import type { Link } from './link-state.js'

/** After so long without an answer another link is asked. */
const PATIENCE_MS = LIMITS.beatMs

/** What this host has asked its peers for: at most one request for each author at a time, over all links. */
export class Wants {
  readonly #context: Context
  readonly #open = new Map<AuthorId, { readonly link: LinkId; readonly sinceMono: Millis }>()

  constructor(context: Context) {
    this.#context = context
  }

  ask(link: Link, author: AuthorId, from: number): void {
    const open = this.#open.get(author)
    if (open !== undefined && this.#context.now.mono - open.sinceMono < PATIENCE_MS) return
    this.#open.set(author, { link: link.id, sinceMono: this.#context.now.mono })
    this.#context.send(link, { type: 'want', author, from })
  }

  /** @param next the number to go on from, null when the peer has no more. */
  answered(link: Link, author: AuthorId, next: number | null): void {
    if (this.#open.get(author)?.link !== link.id) return
    this.#open.delete(author)
    if (next !== null) this.ask(link, author, next)
  }

  isWaitingFor(link: LinkId): boolean {
    for (const open of this.#open.values()) if (open.link === link) return true
    return false
  }

  forgetLink(link: LinkId): void {
    for (const [author, open] of this.#open) if (open.link === link) this.#open.delete(author)
  }
}
