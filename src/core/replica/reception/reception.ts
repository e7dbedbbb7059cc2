import type { HostKey } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import { keyOf } from '../../replication/author.js'
import { decodeFrame } from '../../replication/frame.js'
import type { Acquaintance } from '../links/acquaintance.js'
import type { Context } from '../context.js'
import { actsNaming } from '../standing/credentials.js'
import type { Doubts } from '../own/doubts.js'
import type { Epochs } from '../own/epochs.js'
import type { Forks } from '../forks/forks.js'
import type { History } from '../history/history.js'
import type { Holes } from './holes.js'
import type { Intake, Taken } from './intake.js'
import type { Levelling } from '../levelling/levelling.js'
import { confirm, type Link } from '../links/link-state.js'
import type { Linkage } from '../links/linkage.js'
import type { Naming } from '../standing/naming.js'
import { idsIn, type Places } from '../own/places.js'
import type { Publishing } from '../levelling/publishing.js'
import type { Standing } from '../standing/standing.js'
import type { Wants } from '../levelling/wants.js'

export interface ReceptionParts {
  readonly intake: Intake
  readonly standing: Standing
  readonly wants: Wants
  readonly linkage: Linkage
  readonly levelling: Levelling
  readonly acquaintance: Acquaintance
  readonly places: Places
  readonly doubts: Doubts
  readonly epochs: Epochs
  readonly holes: Holes
  readonly forks: Forks
  readonly naming: Naming
  readonly publishing: Publishing
  readonly history: History
}

/** What becomes of frames and acts that peers send: the intake judges a frame, here follows what its judgement asks for. */
export class Reception {
  readonly #context: Context
  readonly #parts: ReceptionParts
  /** Taken in before the genesis was there to judge them by. */
  #unjudgedBytes = 0

  constructor(context: Context, parts: ReceptionParts) {
    this.#context = context
    this.#parts = parts
  }

  /** @param pulled it was asked for */
  takeFrame(bytes: Uint8Array, link: Link, pulled: boolean): void {
    const { view, logs, now } = this.#context
    const { intake, wants, forks, naming } = this.#parts
    const before = view.count
    const taken = intake.take(bytes, pulled, now)
    link.received += Math.max(0, view.count - before)
    switch (taken.type) {
      case 'appended':
        return this.#appended(taken, link)
      case 'seen':
        return confirm(link, taken.author, taken.seq)
      case 'ahead':
      case 'untimely':
        return
      case 'delayed':
        return this.#context.refusals.add('AUTHOR_DELAYED', 'writes faster than is taken in at once: the rest is asked for later', keyOf(taken.author), now.wall)
      case 'gap':
        return wants.ask(link, taken.author, logs.headSeq(taken.author) + 1)
      case 'conflict':
        return forks.prove(taken.frame, link)
      case 'below':
        confirm(link, taken.frame.header.author, taken.frame.header.seq)
        return forks.prove(taken.frame, link)
      case 'forked':
        return forks.take(taken.proof, link)
      case 'displaced':
        forks.prove(taken.frame, link)
        naming.displace(taken.frame.header.author)
        return wants.ask(link, taken.frame.header.author, 0)
      case 'refused':
        return this.#refused(taken, bytes, link, pulled)
    }
  }

  /** Takes in acts and stages what is new. */
  takeActs(acts: readonly Uint8Array[], link: Link | null): void {
    const { commits } = this.#context
    const { standing, levelling, linkage, naming } = this.#parts
    const knewNobody = this.#context.acts.roster().mesh === null
    if (knewNobody && link !== null && !this.#mayTakeUnjudged(acts)) return linkage.refuse(link, 'NOT_ADMITTED', 'acts without the genesis of this mesh')
    let isNew = false
    for (const bytes of acts) {
      const added = this.#context.acts.add(bytes)
      if (!added.ok) linkage.countRefusal(link, added.failure.code, added.failure.message, true)
      else if (added.value.isNew) {
        isNew = true
        commits.staged.acts.push({ id: added.value.act.id, bytes, from: link?.id ?? null })
      }
    }
    if (!isNew) return
    commits.dropActs(this.#context.acts.settle())
    standing.changed()
    naming.apply()
    if (knewNobody) this.#endStrangers()
    levelling.reconsider()
  }

  /** Anybody can sign acts without end; until the genesis is held none of them can be told from those that count. */
  #mayTakeUnjudged(acts: readonly Uint8Array[]): boolean {
    this.#unjudgedBytes += acts.reduce((sum, bytes) => sum + bytes.length, 0)
    return this.#unjudgedBytes <= LIMITS.unjudgedActBytes
  }

  /** A host that had lost its roster spoke to whoever came. */
  #endStrangers(): void {
    const { standing, linkage } = this.#parts
    if (this.#context.acts.roster().mesh === null) return
    for (const link of [...this.#context.openLinks()]) {
      if (link.peer !== null && !standing.isMember(link.peer.key)) linkage.refuse(link, 'NOT_ADMITTED', 'the roster of this mesh does not hold the peer\'s key')
    }
  }

  #appended({ author, frames, change, before }: Extract<Taken, { type: 'appended' }>, link: Link): void {
    const { commits, logs, own, key, now, offsetMs: ownOffsetMs } = this.#context
    const { acquaintance, places, linkage, holes, doubts, epochs, history, naming } = this.#parts
    for (const frame of frames) {
      const { stamp, offsetMs } = frame.header
      commits.staged.frames.push({ frame, from: link.id })
      acquaintance.hearOf(keyOf(author), Math.min(now.wall, stamp.wall - offsetMs + ownOffsetMs))
    }
    places.remember(frames, idsIn(change))
    const fault = change.type === 'void' || change.type === 'replaced' ? change.fault : null
    if (fault !== null) linkage.countRefusal(link, 'FRAME_VOID', `frame ${logs.headSeq(author)} of ${author.slice(0, 12)}: ${fault}`, false)
    if (change.type === 'replaced') history.changed(author)
    if (change.type === 'unread') naming.reread(author)
    holes.close(author)
    // this host wrote no such snapshot, unless its store is behind: another copy of its home did, which may never have seen what was written here
    if (keyOf(author) === key && change.type === 'replaced' && doubts.pending === null) epochs.rescue(before)
    if (author === own.author) doubts.raise('peer', `a peer holds frame ${logs.headSeq(author)} of this host's own log, which its store had not: a restored backup, or another copy of this home that writes?`)
    this.#context.happened({ type: 'viewChanged' })
  }

  /** Who sends what an act took out of the mesh does not know the act. */
  #tellOfEnd(link: Link, key: HostKey): void {
    if (link.toldOf.has(key) || link.phase !== 'open') return
    link.toldOf.add(key)
    const { acts, commits } = this.#context
    // what is on its way to the disk goes to all links once it is there
    this.#parts.publishing.sendActs(link, actsNaming(acts, key).filter(act => !commits.isPendingAct(act.id)).map(({ bytes }) => bytes))
  }

  /** What a member's frame was before it was altered on the way may still be had from others. */
  #refused({ code, text, blame }: Extract<Taken, { type: 'refused' }>, bytes: Uint8Array, link: Link, pulled: boolean): void {
    const { standing, wants, linkage } = this.#parts
    linkage.countRefusal(link, code, text, blame)
    const decoded = decodeFrame(bytes)
    if (!decoded.ok) return
    const { author } = decoded.value.header
    if (code === 'FRAME_PAST_NAMED_HEAD') this.#tellOfEnd(link, keyOf(author))
    if (!blame || pulled) return
    if (standing.isMember(keyOf(author))) wants.ask(link, author, this.#context.logs.headSeq(author) + 1)
  }
}
