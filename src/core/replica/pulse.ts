import type { Millis } from '../brand.js'
import { LIMITS } from '../limits.js'
import type { Acquaintance } from './links/acquaintance.js'
import type { Collecting } from './forks/collecting.js'
import type { Context } from './context.js'
import type { Epochs } from './own/epochs.js'
import { overdueMono } from './links/greeting.js'
import type { History } from './history/history.js'
import type { Inquiry } from './own/inquiry.js'
import type { Levelling } from './levelling/levelling.js'
import type { Linkage } from './links/linkage.js'
import type { Publishing } from './levelling/publishing.js'
import type { Retiring } from './standing/retiring.js'
import type { Wants } from './levelling/wants.js'

/** How often it is put on disk when peers were heard, while links are open. */
const NOTE_PEERS_MS = 30_000

export interface PulseParts {
  readonly collecting: Collecting
  readonly linkage: Linkage
  readonly levelling: Levelling
  readonly publishing: Publishing
  readonly wants: Wants
  readonly acquaintance: Acquaintance
  readonly epochs: Epochs
  readonly inquiry: Inquiry
  readonly retiring: Retiring
  readonly history: History
}

/** What happens because time passes: patience ends, acknowledgements fall due, and at every beat each peer hears where this host stands. */
export class Pulse {
  readonly #context: Context
  readonly #parts: PulseParts
  #nextBeatMono: Millis = 0
  #peersNotedMono: Millis = 0

  constructor(context: Context, parts: PulseParts) {
    this.#context = context
    this.#parts = parts
  }

  start(): void {
    this.#parts.history.look()
    this.#nextBeatMono = this.#context.now.mono + LIMITS.beatMs
    this.#parts.epochs.start()
  }

  wake(): void {
    const { mono } = this.#context.now
    const { wants, publishing, levelling, acquaintance, collecting, retiring, history } = this.#parts
    this.#endPatience(mono)
    wants.wake()
    publishing.wake()
    if (mono < this.#nextBeatMono) return
    this.#nextBeatMono = mono + LIMITS.beatMs
    levelling.beat()
    collecting.goOn()
    retiring.beat()
    history.look()
    if (mono - this.#peersNotedMono < NOTE_PEERS_MS) return
    this.#peersNotedMono = mono
    acquaintance.notePeers()
  }

  /**
   * After a pause (rules F4) nobody knows what others took meanwhile: links that may be dead begin anew, and nothing is written before a peer
   * has shown where it stands. A clock that was set looks the same, and costs as little.
   *
   * On systems whose monotonic clock goes on while the machine sleeps, and where only this process was stopped, both clocks went on alike; but
   * with a link something is due at every beat, so a minute without any input is a pause too.
   */
  watch(): void {
    const { jumpMs, idleMs, links } = this.#context
    const pausedMs = Math.abs(jumpMs) > LIMITS.pauseMs ? jumpMs : links.size > 0 && idleMs > LIMITS.pauseMs ? idleMs : 0
    if (pausedMs === 0) return
    this.#context.happened({ type: 'paused', ms: pausedMs })
    if (links.size === 0) return
    this.#parts.inquiry.begin(LIMITS.seekMs, true)
    for (const link of [...links.values()]) this.#parts.linkage.refuse(link, 'LINK_SILENT', `this machine paused, or its clock was set: by ${Math.round(pausedMs / 1000)} s`)
  }

  /** Asks to be woken when the next thing falls due. */
  schedule(): void {
    const { publishing, wants, epochs, inquiry } = this.#parts
    // what is to be written by itself waits for the inquiry too
    const writing = inquiry.isOpen ? inquiry.dueMono : epochs.dueMono
    const due = [publishing.haveDueMono, wants.dueMono, writing].map(mono => mono ?? Number.POSITIVE_INFINITY)
    for (const link of this.#context.links.values()) due.push(link.phase === 'open' ? Math.min(this.#nextBeatMono, link.lastHeardMono + LIMITS.silentMs) : overdueMono(link))
    const atMono = Math.min(...due)
    if (Number.isFinite(atMono)) this.#context.emit({ type: 'wake', atMono })
  }

  #endPatience(mono: Millis): void {
    const { linkage } = this.#parts
    for (const link of this.#context.links.values()) {
      const silentMs = mono - link.lastHeardMono
      if (link.phase !== 'open' && mono >= overdueMono(link)) linkage.refuse(link, 'HANDSHAKE_TIMEOUT', 'the peer did not prove itself in time')
      else if (link.phase === 'open' && silentMs >= LIMITS.silentMs) linkage.refuse(link, 'LINK_SILENT', `nothing heard for ${Math.round(silentMs / 1000)} s`)
    }
  }
}
