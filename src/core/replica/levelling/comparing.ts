import { compareText } from '../../encoding/bytes.js'
import { LIMITS } from '../../limits.js'
import type { Head } from '../../replication/heads.js'
import { HEAD_BYTES, type Message } from '../../replication/message.js'
import { compareStamps } from '../../stamp.js'
import type { Context } from '../context.js'
import { confirm, type Link } from '../links/link-state.js'
import type { Linkage } from '../links/linkage.js'
import type { Publishing } from './publishing.js'
import type { Standing } from '../standing/standing.js'
import type { Wants } from './wants.js'

const HEADS_A_MESSAGE = Math.floor((LIMITS.framesPerReplyBytes - 64) / HEAD_BYTES)
const IDS_A_MESSAGE = Math.floor((LIMITS.framesPerReplyBytes - 64) / 32)

export interface ComparingParts {
  readonly standing: Standing
  readonly wants: Wants
  readonly linkage: Linkage
  readonly publishing: Publishing
}

/** Pull is the guarantee: where two digests differ, heads and act ids are laid side by side, and what is missing is asked for. */
export class Comparing {
  readonly #context: Context
  readonly #parts: ComparingParts

  constructor(context: Context, parts: ComparingParts) {
    this.#context = context
    this.#parts = parts
  }

  /** Answers a difference with the list of what this host holds, once for each pair of digests. */
  answer(link: Link): void {
    const pair = `${this.#parts.standing.digest()} ${link.theirs?.digest ?? ''}`
    if (link.answeredPair === pair) return
    link.answeredPair = pair
    this.#sayHeads(link)
  }

  takeHeads(link: Link, message: Extract<Message, { type: 'heads' }>): void {
    for (const head of message.heads) this.#compareHead(link, head)
    if (!message.last) return
    this.#sendProofs(link)
    link.knowsTheirHeads = true
    if (message.acts !== this.#context.acts.digest()) this.#sayActIds(link)
    this.answer(link)
  }

  /** The peer lists every act it holds: it is sent those that it lacks. */
  takeActIds(link: Link, message: Extract<Message, { type: 'actIds' }>): void {
    if (link.theirActs.length + message.ids.length > LIMITS.actIds) {
      return this.#parts.linkage.refuse(link, 'MESSAGE_MALFORMED', 'more acts than a mesh can have')
    }
    link.theirActs.push(...message.ids)
    if (!message.last) return
    const { acts, commits } = this.#context
    const theirs = new Set(link.theirActs.splice(0))
    // what is on its way to the disk goes to all links once it is there
    const lacking = [...acts.values()].filter(({ id }) => !theirs.has(id) && !commits.isPendingAct(id))
    // older ones first, so that a signer's admission is there before what it signed: else that is not kept, and asked for again
    lacking.sort((left, right) => compareStamps(left.stamp, right.stamp) || compareText(left.id, right.id))
    this.#parts.publishing.sendActs(link, lacking.map(({ bytes }) => bytes))
    if (![...theirs].every(id => acts.has(id))) this.#sayActIds(link)
  }

  #sayHeads(link: Link): void {
    const { logs, acts } = this.#context
    const heads = logs.heads(this.#parts.standing.countedOf, true)
    const digest = acts.digest()
    for (let from = 0; from === 0 || from < heads.length; from += HEADS_A_MESSAGE) {
      const some = heads.slice(from, from + HEADS_A_MESSAGE)
      this.#context.send(link, { type: 'heads', acts: digest, heads: some, last: from + some.length >= heads.length })
    }
  }

  /** The peer lists every epoch that it calls void: it is sent the proofs of the others. It asks for none of their frames meanwhile, having seen them named here. */
  #sendProofs(link: Link): void {
    const { logs, commits } = this.#context
    const lacking = [...logs.proofs()].filter(([author]) => !link.listedForked.has(author) && !commits.isPendingProof(author))
    this.#parts.publishing.sendProofs(link, lacking.map(([author, bytes]) => ({ author, bytes })))
    link.listedForked.clear()
  }

  #sayActIds(link: Link): void {
    const { acts, commits } = this.#context
    const ids = [...acts.ids()].filter(id => !commits.isPendingAct(id))
    for (let from = 0; from === 0 || from < ids.length; from += IDS_A_MESSAGE) {
      const some = ids.slice(from, from + IDS_A_MESSAGE)
      this.#context.send(link, { type: 'actIds', ids: some, last: from + some.length >= ids.length })
    }
  }

  #compareHead(link: Link, head: Head): void {
    const { standing, wants } = this.#parts
    const { logs } = this.#context
    if (head.state === 'forked' && logs.isForked(head.author)) {
      link.listedForked.add(head.author)
      link.knowsForked.add(head.author)
    }
    if (head.state === 'forked' || !standing.wants(head.author)) return
    const admission = standing.admissionOf(head.author)
    // only a chain that ends in the named head is of use, and it is held as a whole by whoever says so
    if (admission.state === 'named' && (head.seq !== admission.head?.seq || head.hash !== admission.head.hash)) return
    const log = logs.get(head.author)
    // whoever makes up epochs of a member must not fill the memory with them; honest ones beyond this have their turn once others are held
    if (log === null && !link.confirmed.has(head.author) && link.confirmed.size >= logs.count + LIMITS.wantsPerLink) return
    confirm(link, head.author, head.seq)
    const held = log?.headSeq ?? -1
    if (head.seq > held) wants.ask(link, head.author, held + 1)
    else if (log !== null && log.hashAt(head.seq) !== null && log.hashAt(head.seq) !== head.hash) wants.ask(link, head.author, head.seq)
  }
}
