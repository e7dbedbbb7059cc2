import type { AuthorId, HostKey, Millis } from '../brand.js'
import { LIMITS } from '../limits.js'
import { keyOf } from '../replication/author.js'
import { clockDifference } from '../replication/handshake.js'
import type { Head } from '../replication/heads.js'
import { HEAD_BYTES, type Message } from '../replication/message.js'
import type { VerifiedFrame } from '../replication/verification.js'
import type { Context } from './context.js'
import type { LinkId } from './input.js'
import { raise, type Link } from './link-state.js'
import { Wants } from './wants.js'

const HEADS_A_MESSAGE = Math.floor((LIMITS.framesPerReplyBytes - 64) / HEAD_BYTES)
const IDS_A_MESSAGE = Math.floor((LIMITS.framesPerReplyBytes - 64) / 32)
/** What was pushed and put on disk is acknowledged together, this long after the first of it. */
export const HAVE_DELAY_MS = 100

/**
 * What two members say to each other on an open link. Push is the speed: a new frame goes at once to every link that can take it. Pull is
 * the guarantee: whenever two digests differ, heads are compared and what is missing is asked for until they are equal.
 */
export class Exchange {
  readonly #context: Context
  readonly wants: Wants
  #nextRead = 1
  readonly #reads = new Map<number, { readonly link: LinkId; readonly author: AuthorId; readonly from: number }>()
  #haveDueMono: Millis | null = null

  constructor(context: Context) {
    this.#context = context
    this.wants = new Wants(context)
  }

  /** Reading of the monotonic clock at which the next acknowledgement is due, or null. */
  get haveDueMono(): Millis | null {
    return this.#haveDueMono
  }

  begin(link: Link): void {
    this.sayStatus(link)
  }

  take(link: Link, message: Message): void {
    switch (message.type) {
      case 'status':
        return this.#takeStatus(link, message)
      case 'heads':
        return this.#takeHeads(link, message)
      case 'actIds':
        return this.#takeActIds(link, message)
      case 'acts':
        this.#context.takeActs(message.acts, link)
        return
      case 'forks':
        for (const proof of message.proofs) this.#context.takeProof(proof, link)
        return
      case 'want':
        return this.#takeWant(link, message.author, message.from)
      case 'frames':
        return this.#takeFrames(link, message)
      case 'push':
        return this.#context.takeFrame(message.frame, link, false)
      case 'have':
        for (const head of message.heads) this.#confirm(link, head.author, head.seq)
        return
      case 'pong':
        return this.#takePong(link, message)
      case 'hello':
      case 'proof':
      case 'refuse':
        return this.#context.refuseLink(link, 'MESSAGE_MALFORMED', `a ${message.type} message on an open link`)
    }
  }

  /** Tells a peer where this host stands, once all of it is on disk. `final`: goodbye for now. */
  sayStatus(link: Link, final = false): void {
    const { view, now, commits } = this.#context
    if (!commits.isQuiet) {
      link.due = final || link.due === 'goodbye' ? 'goodbye' : 'status'
      return
    }
    const digest = this.#context.digest()
    link.due = null
    link.sentStatus = digest
    link.statusId = (link.statusId + 1) >>> 0
    link.statusSentMono = now.mono
    link.statusSentWall = now.wall
    this.#context.send(link, { type: 'status', id: link.statusId, digest, view: view.hash(), final })
  }

  /** Sends a frame that is on disk to every link that lacks it and holds what comes before. */
  publish(frame: VerifiedFrame, from: LinkId | null): void {
    const { author, seq } = frame.header
    for (const link of this.#context.links.values()) {
      if (link.phase !== 'open') continue
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

  publishActs(acts: readonly { readonly bytes: Uint8Array; readonly from: LinkId | null }[]): void {
    for (const link of this.#context.links.values()) {
      const news = acts.filter(act => act.from !== link.id).map(act => act.bytes)
      if (link.phase === 'open' && news.length > 0) this.#sendActs(link, news)
    }
  }

  publishProofs(proofs: readonly Uint8Array[]): void {
    for (const link of this.#context.links.values()) if (link.phase === 'open') this.#sendProofs(link, proofs)
  }

  /** After a commit, and when nothing is awaited any more: links that were catching up, or whose peer stood elsewhere, hear where this host is now. */
  settle(): void {
    const { view, commits } = this.#context
    if (!commits.isQuiet) return
    for (const link of this.#context.links.values()) {
      if (link.phase !== 'open') continue
      if (link.due !== null) this.sayStatus(link, link.due === 'goodbye')
      if (this.wants.isWaitingFor(link.id) || link.theirs === null || link.levelled) continue
      const digest = this.#context.digest()
      if (link.theirs.digest === digest) this.#level(link, view.hash() === link.theirs.view)
      else if (link.sentStatus !== digest) this.sayStatus(link)
    }
  }

  sayHave(): void {
    this.#haveDueMono = null
    for (const link of this.#context.links.values()) {
      if (link.haveDue.size === 0) continue
      const heads = [...link.haveDue].map(([author, seq]) => ({ author, seq }))
      link.haveDue.clear()
      if (link.phase === 'open') this.#context.send(link, { type: 'have', heads })
    }
  }

  /** Frames read from disk for a peer that asked, or null when the read was for something else. */
  framesRead(read: number, frames: readonly Uint8Array[]): boolean {
    const asked = this.#reads.get(read)
    if (asked === undefined) return false
    this.#reads.delete(read)
    const link = this.#context.links.get(asked.link)
    if (link === undefined || link.phase !== 'open') return true
    link.reading = false
    this.#answerWant(link, asked.author, asked.from, frames)
    this.#serveNext(link)
    return true
  }

  forget(link: Link): void {
    this.wants.forgetLink(link.id)
  }

  /** The roster or the own heads changed for another reason than a push: differences are to be looked at again. */
  reconsider(): void {
    for (const link of this.#context.links.values()) {
      link.answeredPair = null
      link.levelled = false
      if (link.phase === 'open') this.sayStatus(link)
    }
  }

  /** Asks every peer that was last seen elsewhere where it stands now: what was pushed since need not wait for a beat to be known there. */
  compare(): void {
    const digest = this.#context.digest()
    for (const link of this.#context.links.values()) {
      if (link.phase === 'open' && link.theirs?.digest !== digest) this.sayStatus(link)
    }
  }

  #takeStatus(link: Link, status: Extract<Message, { type: 'status' }>): void {
    const { view, now } = this.#context
    this.#context.send(link, { type: 'pong', id: status.id, wall: now.wall })
    link.theirs = { digest: status.digest, view: status.view }
    link.away = status.final
    const digest = this.#context.digest()
    if (status.digest === digest) return this.#level(link, view.hash() === status.view)
    link.levelled = false
    const pair = `${digest} ${status.digest}`
    if (link.answeredPair === pair) return
    link.answeredPair = pair
    this.#sayHeads(link)
  }

  #level(link: Link, viewsEqual: boolean): void {
    link.knowsTheirHeads = true
    if (!link.levelled) for (const log of this.#context.logs.logs()) this.#confirm(link, log.author, log.headSeq)
    if (link.sentStatus !== this.#context.digest()) this.sayStatus(link)
    if (link.levelled) return
    link.levelled = true
    this.#context.emit({ type: 'happened', event: { type: 'levelled', link: link.id, viewsEqual } })
  }

  #sayHeads(link: Link): void {
    const { logs, acts, commits } = this.#context
    this.#sendProofs(link, [...logs.proofs()].filter(([author]) => !commits.isPendingProof(author)).map(([, proof]) => proof))
    const heads = logs.heads(key => this.#context.isMember(key), true)
    const digest = acts.digest()
    for (let from = 0; from === 0 || from < heads.length; from += HEADS_A_MESSAGE) {
      const some = heads.slice(from, from + HEADS_A_MESSAGE)
      this.#context.send(link, { type: 'heads', acts: digest, heads: some, last: from + some.length >= heads.length })
    }
  }

  #takeHeads(link: Link, message: Extract<Message, { type: 'heads' }>): void {
    for (const head of message.heads) this.#compareHead(link, head)
    if (!message.last) return
    link.knowsTheirHeads = true
    const { acts } = this.#context
    if (message.acts !== acts.digest()) this.#sayActIds(link)
    const pair = `${this.#context.digest()} ${link.theirs?.digest ?? ''}`
    if (link.answeredPair !== pair) {
      link.answeredPair = pair
      this.#sayHeads(link)
    }
  }

  #compareHead(link: Link, head: Head): void {
    const { logs } = this.#context
    if (head.state === 'forked' || logs.isForked(head.author)) return
    this.#confirm(link, head.author, head.seq)
    if (!this.#context.isMember(keyOf(head.author))) return
    const log = logs.get(head.author)
    const held = log?.headSeq ?? -1
    if (head.seq > held) this.wants.ask(link, head.author, held + 1)
    else if (log !== null && log.hashAt(head.seq) !== null && log.hashAt(head.seq) !== head.hash) this.wants.ask(link, head.author, head.seq)
  }

  #sayActIds(link: Link): void {
    const ids = [...this.#context.acts.ids()]
    for (let from = 0; from === 0 || from < ids.length; from += IDS_A_MESSAGE) {
      const some = ids.slice(from, from + IDS_A_MESSAGE)
      this.#context.send(link, { type: 'actIds', ids: some, last: from + some.length >= ids.length })
    }
  }

  /** The peer lists every act it holds: it is sent those that it lacks. */
  #takeActIds(link: Link, message: Extract<Message, { type: 'actIds' }>): void {
    if (link.theirActs.length + message.ids.length > LIMITS.members * LIMITS.epochsPerKey) return this.#context.refuseLink(link, 'MESSAGE_MALFORMED', 'more acts than a mesh can have')
    link.theirActs.push(...message.ids)
    if (!message.last) return
    const { acts, commits } = this.#context
    const theirs = new Set(link.theirActs.splice(0))
    const lacking: Uint8Array[] = []
    for (const id of acts.ids()) {
      // what is on its way to the disk goes to all links once it is there
      const bytes = theirs.has(id) || commits.isPendingAct(id) ? null : acts.bytes(id)
      if (bytes !== null) lacking.push(bytes)
    }
    this.#sendActs(link, lacking)
    if (![...theirs].every(id => acts.has(id))) this.#sayActIds(link)
  }

  #sendActs(link: Link, acts: readonly Uint8Array[]): void {
    for (const group of inMessages(acts)) this.#context.send(link, { type: 'acts', acts: group })
  }

  #sendProofs(link: Link, proofs: readonly Uint8Array[]): void {
    for (const group of inMessages(proofs)) this.#context.send(link, { type: 'forks', proofs: group })
  }

  #takeWant(link: Link, author: AuthorId, from: number): void {
    if (link.wanted.length >= LIMITS.members) return this.#context.countRefusal(link, 'MESSAGE_MALFORMED', 'more requests than there can be authors', true)
    link.wanted.push({ author, from })
    this.#serveNext(link)
  }

  /** One read is under way for a link at a time: a small request cannot ask for much at once. */
  #serveNext(link: Link): void {
    const next = link.reading ? undefined : link.wanted.shift()
    if (next === undefined) return
    link.reading = true
    const read = this.#nextRead++
    // below the lowest there may be a hole: a peer that lacks so much goes on from the snapshot above it (rules C5)
    const from = Math.max(next.from, this.#context.logs.get(next.author)?.lowest ?? 0)
    this.#reads.set(read, { link: link.id, author: next.author, from })
    this.#context.emit({ type: 'read', read, author: next.author, from, limit: { frames: LIMITS.framesPerReply, bytes: LIMITS.framesPerReplyBytes } })
  }

  #answerWant(link: Link, author: AuthorId, from: number, frames: readonly Uint8Array[]): void {
    const { logs } = this.#context
    const last = from + frames.length - 1
    const more = frames.length > 0 && last < (logs.get(author)?.storedHead?.seq ?? -1)
    this.#context.send(link, { type: 'frames', author, from, frames, more })
    if (frames.length > 0 && !more) raise(link.known, author, last)
  }

  #takeFrames(link: Link, message: Extract<Message, { type: 'frames' }>): void {
    const { logs } = this.#context
    const nextOf = (): number => logs.get(message.author)?.nextSeq ?? 0
    const before = nextOf()
    const asked = this.wants.isAsked(link, message.author)
    for (const bytes of message.frames) this.#context.takeFrame(bytes, link, asked)
    this.wants.answered(link, message.author, nextOf() > before && message.more ? nextOf() : null)
    // what was asked for may have come by another link meanwhile, and nothing will be committed
    this.settle()
  }

  #takePong(link: Link, pong: Extract<Message, { type: 'pong' }>): void {
    if (pong.id !== link.statusId) return
    const { now } = this.#context
    const roundTrip = now.mono - link.statusSentMono
    // the shortest round trip gives the best reading; older ones fade
    if (link.roundTripMs !== null && roundTrip > link.roundTripMs * 1.5 + 5) {
      link.roundTripMs += 1
      return
    }
    link.roundTripMs = roundTrip
    link.offsetMs = clockDifference(link.statusSentWall, pong.wall, now.wall)
  }

  #confirm(link: Link, author: AuthorId, seq: number): void {
    raise(link.known, author, seq)
    raise(link.confirmed, author, seq)
  }

  #noteHave(link: Link, author: AuthorId, seq: number): void {
    this.#confirm(link, author, seq)
    link.haveDue.set(author, seq)
    this.#haveDueMono ??= this.#context.now.mono + HAVE_DELAY_MS
  }
}

/** In groups that each fit into one message. */
const inMessages = (items: readonly Uint8Array[]): Uint8Array[][] => {
  const groups: Uint8Array[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const item of items) {
    if (bytes + item.length > LIMITS.framesPerReplyBytes) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1)?.push(item)
    bytes += item.length + 4
  }
  return groups
}

/** The hosts that said they have this frame on disk. */
export const holdersOf = (links: Iterable<Link>, author: AuthorId, seq: number): HostKey[] => {
  const holders: HostKey[] = []
  for (const link of links) if (link.peer !== null && (link.confirmed.get(author) ?? -1) >= seq) holders.push(link.peer.key)
  return holders
}
