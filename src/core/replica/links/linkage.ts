import type { ErrorCode } from '../../errors.js'
import { LIMITS } from '../../limits.js'
import type { Acquaintance } from './acquaintance.js'
import type { Context } from '../context.js'
import type { Levelling } from '../levelling/levelling.js'
import type { Link } from './link-state.js'
import type { Wants } from '../levelling/wants.js'

/** How links begin and end: opened and settled to one for each peer, refused, closed; and what is held against whom. */
export class Linkage {
  readonly #context: Context
  readonly #acquaintance: Acquaintance
  readonly #levelling: Levelling
  readonly #wants: Wants

  constructor(context: Context, acquaintance: Acquaintance, levelling: Levelling, wants: Wants) {
    this.#context = context
    this.#acquaintance = acquaintance
    this.#levelling = levelling
    this.#wants = wants
  }

  /**
   * Both ends have proven who they are. Two links to one peer settle on one: that of the lower key's dialling. Of two that one side dialled
   * the acceptor keeps the newer; only it decides, since the two ends may see them open in another order.
   */
  open(link: Link): void {
    if (link.peer === null) throw new Error('a link without a peer')
    const { key } = link.peer
    for (const other of this.#context.openLinks()) {
      if (other.peer?.key !== key) continue
      if (other.side === 'dialled' && link.side === 'dialled') continue
      const keepNew = other.side === link.side || (link.side === 'dialled') === this.#context.key < key
      this.refuse(keepNew ? other : link, 'LINK_DUPLICATE', 'one link between two hosts is enough')
      if (!keepNew) return
    }
    if ([...this.#context.openLinks()].length >= LIMITS.links) return this.refuse(link, 'LINK_TOO_MANY', `this host keeps ${LIMITS.links} links and no more; ask another member`)
    link.phase = 'open'
    this.#acquaintance.hear(key, this.#context.now.wall)
    this.#acquaintance.noteAway(key, false)
    this.#context.emit({ type: 'authenticated', link: link.id, key })
    this.#context.happened({ type: 'linked', link: link.id, key, remote: link.remote, posture: link.posture, side: link.side })
    this.#levelling.say(link)
  }

  /** Tells the peer why, closes and forgets the link. One that never came to be is counted, so that a person sees who was turned away, and why. */
  refuse(link: Link, code: ErrorCode, text: string): void {
    if (link.phase !== 'open' && code !== 'LINK_DUPLICATE') this.countRefusal(link, code, text, false)
    this.#context.send(link, { type: 'refuse', code, text })
    this.#context.emit({ type: 'close', link: link.id, code, text })
    this.#forget(link, code, text, false)
  }

  /** The peer refused the link, or it is gone. */
  ended(link: Link, code: ErrorCode, text: string): void {
    if (!this.#context.links.has(link.id)) return
    if (code !== 'LINK_CLOSED') this.#context.emit({ type: 'close', link: link.id, code, text })
    this.#forget(link, code, text, true)
  }

  /** Counts what was refused, without closing; `blame` counts against the link. */
  countRefusal(link: Link | null, code: ErrorCode, text: string, blame: boolean): void {
    const from = originOf(link)
    this.#context.refusals.add(code, text, from, this.#context.now.wall)
    this.#context.happened({ type: 'refused', code, text, from })
    if (link === null || !blame) return
    link.badFrames += 1
    if (link.badFrames > LIMITS.badFramesPerLink) this.refuse(link, code, `more than ${LIMITS.badFramesPerLink} times bytes that no honest member sends`)
  }

  #forget(link: Link, code: ErrorCode, text: string, byPeer: boolean): void {
    if (!this.#context.links.delete(link.id)) return
    this.#wants.forgetLink(link.id)
    this.#acquaintance.notePeer(link)
    this.#context.happened({ type: 'unlinked', link: link.id, key: link.peer?.key ?? null, code, text, byPeer })
  }
}

/** A key counts only once it was proven; of a stranger its address, whatever port it came from. */
const originOf = (link: Link | null): string => {
  if (link === null) return 'this host'
  return link.phase === 'open' && link.peer !== null ? link.peer.key : link.side === 'accepted' ? link.remote.replace(/:\d+$/, '') : link.remote
}
