import type { Message } from '../../replication/message.js'
import { clockDifference } from '../../replication/handshake.js'
import type { Context } from '../context.js'
import { confirm, type Link } from '../links/link-state.js'
import type { Standing } from '../standing/standing.js'
import type { Wants } from './wants.js'

/** Where two hosts stand to each other: each says its digest, and they are level while the two are equal. */
export class Levelling {
  readonly #context: Context
  readonly #standing: Standing
  readonly #wants: Wants

  constructor(context: Context, standing: Standing, wants: Wants) {
    this.#context = context
    this.#standing = standing
    this.#wants = wants
  }

  /** Tells a peer where this host stands, once all of it is on disk. `final`: goodbye for now. */
  say(link: Link, final = false): void {
    const { view, now, commits } = this.#context
    if (!commits.isQuiet) {
      link.due = final || link.due === 'goodbye' ? 'goodbye' : 'status'
      return
    }
    const digest = this.#standing.digest()
    link.due = null
    link.sentStatus = digest
    link.statusId = (link.statusId + 1) >>> 0
    link.statusSentMono = now.mono
    link.statusSentWall = now.wall
    this.#context.send(link, { type: 'status', id: link.statusId, digest, view: view.hash(), final })
  }

  /** Says goodbye for now to everybody. */
  sayGoodbye(): void {
    for (const link of this.#context.openLinks()) this.say(link, true)
  }

  /** @returns whether the peer stands where this host does. */
  take(link: Link, status: Extract<Message, { type: 'status' }>): boolean {
    const { view, now } = this.#context
    this.#context.send(link, { type: 'pong', id: status.id, wall: now.wall })
    link.theirs = { digest: status.digest, view: status.view }
    link.away = status.final
    if (status.digest === this.#standing.digest()) {
      this.#level(link, view.hash() === status.view)
      return true
    }
    link.levelled = false
    return false
  }

  takePong(link: Link, pong: Extract<Message, { type: 'pong' }>): void {
    if (pong.id !== link.statusId) return
    const { now } = this.#context
    link.pongMono = now.mono
    this.#context.happened({ type: 'answered', link: link.id })
    const roundTrip = now.mono - link.statusSentMono
    // the shortest round trip gives the best reading; older ones fade
    if (link.roundTripMs !== null && roundTrip > link.roundTripMs * 1.5 + 5) {
      link.roundTripMs += 1
      return
    }
    link.roundTripMs = roundTrip
    link.offsetMs = clockDifference(link.statusSentWall, pong.wall, now.wall)
  }

  /** After a commit, and when nothing is awaited any more: links that were catching up, or whose peer stood elsewhere, hear where this host is now. */
  settle(): void {
    const { view, commits } = this.#context
    if (!commits.isQuiet) return
    for (const link of this.#context.openLinks()) {
      if (link.due !== null) this.say(link, link.due === 'goodbye')
      if (this.#wants.isWaitingFor(link.id) || link.theirs === null || link.levelled) continue
      const digest = this.#standing.digest()
      if (link.theirs.digest === digest) this.#level(link, view.hash() === link.theirs.view)
      else if (link.sentStatus !== digest) this.say(link)
    }
  }

  /** At every beat each difference may be looked at again. */
  beat(): void {
    for (const link of this.#context.links.values()) {
      link.answeredPair = null
      if (link.phase === 'open') this.say(link)
    }
  }

  /** The roster changed, and with it what counts: differences are to be looked at again. */
  reconsider(): void {
    for (const link of this.#context.links.values()) {
      link.answeredPair = null
      link.levelled = false
      if (link.phase === 'open') this.say(link)
    }
  }

  /** Asks every linked peer for an answer. */
  probe(): void {
    for (const link of this.#context.openLinks()) this.say(link)
  }

  /** Asks every peer that was last seen elsewhere where it stands now: what was pushed since need not wait for a beat to be known there. */
  compare(): void {
    const digest = this.#standing.digest()
    for (const link of this.#context.openLinks()) if (link.theirs?.digest !== digest) this.say(link)
  }

  #level(link: Link, viewsEqual: boolean): void {
    link.knowsTheirHeads = true
    if (!link.levelled) for (const log of this.#context.logs.logs()) confirm(link, log.author, log.headSeq)
    if (link.sentStatus !== this.#standing.digest()) this.say(link)
    if (link.levelled) return
    link.levelled = true
    this.#context.happened({ type: 'levelled', link: link.id, viewsEqual })
  }
}
