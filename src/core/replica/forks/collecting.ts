import type { AuthorId, HostKey, Millis, RecordId } from '../../brand.js'
import { LIMITS } from '../../limits.js'
import { decodeFrame } from '../../replication/frame.js'
import { AuthorLog } from '../../replication/log.js'
import type { Message } from '../../replication/message.js'
import { verifyFrame } from '../../replication/verification.js'
import type { Context } from '../context.js'
import type { Epochs } from '../own/epochs.js'
import type { LinkId } from '../input.js'
import type { Inquiry } from '../own/inquiry.js'
import type { Link } from '../links/link-state.js'
import { takeAside } from './branch.js'
import type { Standing } from '../standing/standing.js'
import type { Wants } from '../levelling/wants.js'

/** After so long without an answer the next peer is asked; this one has another turn on its next link. */
const PATIENCE_MS = 10_000

/** What is being read from one peer, beside everything that counts. */
interface Reading {
  readonly link: LinkId
  readonly author: AuthorId
  readonly log: AuthorLog
  from: number
  sinceMono: Millis
}

export interface CollectingParts {
  readonly standing: Standing
  readonly epochs: Epochs
  readonly inquiry: Inquiry
  readonly wants: Wants
}

/**
 * An own epoch that forked lies in pieces: each host kept the branch it held. Its owner reads what each peer has of it, without counting any of
 * that, and publishes what was live there in its present epoch (rules C4). One peer at a time; who was read is noted in the commit that
 * publishes what it gave, so that no restart does it twice or leaves it half done.
 */
export class Collecting {
  readonly #context: Context
  readonly #parts: CollectingParts
  #reading: Reading | null = null
  /** Asked in vain on that link. */
  readonly #silent = new Map<LinkId, Set<AuthorId>>()

  constructor(context: Context, parts: CollectingParts) {
    this.#context = context
    this.#parts = parts
  }

  /** Turns to the next peer, if the last one has answered. */
  goOn(): void {
    const { now, links } = this.#context
    for (const link of this.#silent.keys()) if (!links.has(link)) this.#silent.delete(link)
    const reading = this.#reading
    if (reading !== null && links.has(reading.link)) {
      if (now.mono - reading.sinceMono < PATIENCE_MS) return
      this.#silent.set(reading.link, (this.#silent.get(reading.link) ?? new Set()).add(reading.author))
    }
    this.#reading = null
    // while nothing is written yet, or nothing more, what was read could not go into the commit that notes it
    if (this.#parts.standing.hasLeft || this.#parts.epochs.isSpent || this.#parts.inquiry.isOpen) return
    for (const author of this.#forked()) if (this.#begin(author)) return
  }

  isAsked(link: Link, author: AuthorId): boolean {
    return this.#reading?.link === link.id && this.#reading.author === author
  }

  /** @returns whether these frames were asked for from here. */
  take(link: Link, { author, frames, more, from }: Extract<Message, { type: 'frames' }>): boolean {
    const reading = this.#reading
    if (reading === null || reading.link !== link.id || reading.author !== author || from < reading.from) return false
    for (const bytes of frames) this.#read(reading, bytes)
    const { nextSeq } = reading.log
    if (more && nextSeq > reading.from) this.#ask(link, reading, nextSeq)
    else this.#end(link, reading)
    return true
  }

  #begin(author: AuthorId): boolean {
    const { crypto, mesh, now } = this.#context
    const read = this.#readFrom(author)
    for (const link of this.#context.openLinks()) {
      // a peer that holds the proof takes no more of that epoch: what it has then is all that it ever has
      const isSettled = link.levelled || link.knowsForked.has(author)
      if (link.peer === null || !isSettled || read.has(shortOf(link.peer.key)) || this.#silent.get(link.id)?.has(author) === true) continue
      this.#reading = { link: link.id, author, log: new AuthorLog(crypto, mesh, author), from: 0, sinceMono: now.mono }
      this.#ask(link, this.#reading, 0)
      return true
    }
    return false
  }

  #ask(link: Link, reading: Reading, from: number): void {
    reading.from = from
    reading.sinceMono = this.#context.now.mono
    this.#context.send(link, { type: 'want', author: reading.author, from })
  }

  /** Only what this host signed itself, in the order of that branch. */
  #read({ log, author }: Reading, bytes: Uint8Array): void {
    const { crypto, mesh } = this.#context
    const decoded = decodeFrame(bytes)
    const verified = decoded.ok && decoded.value.header.author === author ? verifyFrame(crypto, mesh, decoded.value) : null
    if (verified?.ok === true) takeAside(log, verified.value)
  }

  #end(link: Link, { author, log }: Reading): void {
    this.#reading = null
    if (link.peer !== null && !this.#parts.inquiry.isOpen) this.#context.note(noteOf(author), [...this.#readFrom(author), shortOf(link.peer.key)].join(' '))
    this.#rescue(author, log.records)
    this.goOn()
  }

  /**
   * What an earlier peer's branch had given was published then: where it is gone by now it had ended, and was left out. Known by the beginnings of
   * its ids, since the records themselves are gone.
   */
  #rescue(author: AuthorId, records: ReadonlyMap<RecordId, string>): void {
    const given = new Set(this.#context.notes.get(givenBy(author))?.split(' ') ?? [])
    const fresh = [...records].filter(([id]) => !given.has(id.slice(0, ID_CHARS)))
    if (fresh.length === 0) return
    this.#parts.epochs.rescue(new Map(fresh))
    this.#context.note(givenBy(author), [...given, ...fresh.map(([id]) => id.slice(0, ID_CHARS))].slice(-IDS_KEPT).join(' '))
  }

  #readFrom(author: AuthorId): Set<string> {
    return new Set(this.#context.notes.get(noteOf(author))?.split(' ') ?? [])
  }

  #forked(): AuthorId[] {
    const { logs, key } = this.#context
    return [...logs.epochsOf(key)].filter(author => logs.isForked(author) && !this.#parts.wants.isAwaited(author))
  }
}

const noteOf = (author: AuthorId): string => `branches/${author}`
const givenBy = (author: AuthorId): string => `given/${author}`

/** 60 bits of an id. */
const ID_CHARS = 12
/** As many as an epoch can hold: a note of 260 KB, written as often as there are peers with another branch. */
const IDS_KEPT = LIMITS.liveRecordsPerAuthor

/** Enough to tell the members of a mesh apart. */
const shortOf = (key: HostKey): string => key.slice(0, 16)
