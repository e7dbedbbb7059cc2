import type { HostKey, Millis } from '../../brand.js'
import type { Context } from '../context.js'
import type { Link } from './link-state.js'
import type { Places } from '../own/places.js'
import type { Standing } from '../standing/standing.js'

const HEARD = 'heard/'
const AWAY = 'away/'

/** What is known of the other hosts' presence: when each was last heard, by whatever way, and which said goodbye. All times in the own wall time. */
export class Acquaintance {
  readonly #context: Context
  readonly #standing: Standing
  readonly #places: Places
  readonly #heard = new Map<HostKey, Millis>()

  constructor(context: Context, standing: Standing, places: Places) {
    this.#context = context
    this.#standing = standing
    this.#places = places
  }

  restore(key: string, value: string): void {
    if (key.startsWith(HEARD)) this.#heard.set(key.slice(HEARD.length) as HostKey, Number(value))
  }

  /** When something signed by this host was last known to be current; null when never. */
  heardFrom(key: HostKey): Millis | null {
    return this.#heard.get(key) ?? null
  }

  /** Since when a peer is away by its own word; null when it is not, or was heard again. */
  awaySince(key: HostKey): Millis | null {
    const noted = this.#context.notes.get(AWAY + key)
    return noted === undefined ? null : Number(noted)
  }

  hear(key: HostKey, wall: Millis): void {
    if (key !== this.#context.key && wall > (this.#heard.get(key) ?? 0)) this.#heard.set(key, wall)
  }

  /** Something signed by a host at this time came, by whatever way: it is at work again if that was after its goodbye. */
  hearOf(key: HostKey, wall: Millis): void {
    this.hear(key, wall)
    if (wall > (this.awaySince(key) ?? wall)) this.noteAway(key, false)
  }

  /** A goodbye outlives its link: *away* is told apart from *unreachable* until the peer is heard again. */
  noteAway(key: HostKey, away: boolean): void {
    if (away) this.#context.note(AWAY + key, String(this.#context.now.wall))
    else if (this.#context.notes.has(AWAY + key)) this.#context.note(AWAY + key, null)
  }

  /** When a host was heard outlives this run, also of those who were only heard through others; and what each peer is known to hold of the own log. */
  notePeers(): void {
    for (const key of this.#heard.keys()) if (this.#standing.isMember(key)) this.#noteHeard(key)
    for (const link of this.#context.links.values()) this.notePeer(link)
  }

  notePeer(link: Link): void {
    if (link.peer === null || this.#context.commits.fenced !== null || !this.#standing.isMember(link.peer.key)) return
    this.#noteHeard(link.peer.key)
    this.#places.note(link.peer.key, link)
  }

  #noteHeard(key: HostKey): void {
    const { commits, notes } = this.#context
    const heard = this.#heard.get(key)
    if (heard !== undefined && commits.fenced === null && notes.get(HEARD + key) !== String(heard)) this.#context.note(HEARD + key, String(heard))
  }
}
