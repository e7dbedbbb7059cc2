import type { HostKey, Millis } from '../../brand.js'
import { decodeAct, writeAct, type VerifiedAct } from '../../coordination/membership/act.js'
import { judgeJoiner } from '../../coordination/membership/admission.js'
import type { JoiningProof } from '../../coordination/membership/joining.js'
import { reduceRoster } from '../../coordination/membership/roster.js'
import { GENERATION, MINOR } from '../../domain.js'
import { credentialsOf } from '../standing/credentials.js'
import { LIMITS } from '../../limits.js'
import { failure, success, type Result } from '../../result.js'
import { clockDifference, judgeHello, proofHolds, signProof, type Meeting } from '../../replication/handshake.js'
import type { Message } from '../../replication/message.js'
import type { Context } from '../context.js'
import type { Link, PeerHello } from './link-state.js'
import type { Linkage } from './linkage.js'
import type { Reception } from '../reception/reception.js'
import type { Standing } from '../standing/standing.js'

type Proof = Extract<Message, { type: 'proof' }>

interface Joining {
  readonly proof: JoiningProof
  readonly inviter: HostKey
}

/**
 * The way from an open channel to a link: hello, hello, proof, proof. Nothing else that the peer sends is read before both have proven
 * their keys over both nonces and the channel, and the roster holds the peer (or a valid invitation lets it in).
 */
export class Greeting {
  readonly #context: Context
  readonly #standing: Standing
  readonly #linkage: Linkage
  readonly #reception: Reception
  #joining: Joining | null = null

  constructor(context: Context, standing: Standing, linkage: Linkage, reception: Reception) {
    this.#context = context
    this.#standing = standing
    this.#linkage = linkage
    this.#reception = reception
  }

  /** From now on this host presents an invitation, until it is a member. */
  join(joining: Joining): void {
    this.#joining = joining
  }

  begin(link: Link): void {
    if (link.side === 'dialled') this.#hello(link)
  }

  take(link: Link, message: Message): void {
    if (message.type === 'hello' && link.phase === 'greeting') return this.#takeHello(link, message)
    if (message.type === 'proof' && link.phase === 'proving' && link.peer !== null) return this.#takeProof(link, message, link.peer)
    this.#linkage.refuse(link, 'HANDSHAKE_INVALID', `a ${message.type} message while the link is ${link.phase}`)
  }

  /** The newcomer's witness is on disk: the acceptor proves itself in turn, and the link is open. */
  admitted(link: Link): void {
    if (link.phase !== 'admitting') return
    this.#proof(link)
    this.#linkage.open(link)
  }

  #meeting(link: Link): Meeting {
    return { mesh: this.#context.mesh, side: link.side, ownKey: this.#context.key, ownNonce: link.nonce, binding: link.binding }
  }

  #hello(link: Link): void {
    const { mesh, key, now } = this.#context
    link.helloSentWall = now.wall
    this.#context.send(link, { type: 'hello', generation: GENERATION, minor: MINOR, mesh, key, nonce: link.nonce, wall: now.wall })
  }

  #takeHello(link: Link, hello: PeerHello): void {
    const judged = judgeHello(this.#meeting(link), hello, link.certificateKey, link.pin)
    if (!judged.ok) return this.#linkage.refuse(link, judged.failure.code, judged.failure.message)
    link.peer = hello
    link.phase = 'proving'
    if (link.side === 'accepted') return this.#hello(link)
    link.offsetMs = clockDifference(link.helloSentWall, hello.wall, this.#context.now.wall)
    link.roundTripMs = this.#context.now.wall - link.helloSentWall
    this.#proof(link)
  }

  #proof(link: Link): void {
    if (link.peer === null) throw new Error('a proof before the peer\'s hello')
    const { signer, now, key, acts } = this.#context
    this.#context.send(link, {
      type: 'proof',
      signature: signProof(signer, this.#meeting(link), link.peer),
      wall: now.wall,
      joining: this.#joining?.proof ?? null,
      acts: this.#standing.isMember(key) ? credentialsOf(acts, key) : []
    })
  }

  #takeProof(link: Link, proof: Proof, peer: PeerHello): void {
    const context = this.#context
    if (!proofHolds(context.crypto, this.#meeting(link), peer, proof.signature)) return this.#linkage.refuse(link, 'HANDSHAKE_INVALID', 'the peer\'s proof does not hold on this channel')
    if (link.side === 'accepted') {
      link.offsetMs = clockDifference(link.helloSentWall, proof.wall, context.now.wall)
      link.roundTripMs = context.now.wall - link.helloSentWall
    }
    if (!this.#standing.isMember(peer.key) && vouchedFor(context, peer.key, proof.acts)) this.#reception.takeActs(proof.acts, link)
    if (this.#standing.isMember(peer.key) || this.#isInviter(link, peer) || this.#knowsNobody) {
      if (link.side === 'accepted') this.#proof(link)
      this.#linkage.open(link)
      if (proof.joining !== null && this.#standing.isMember(peer.key)) this.#witness(proof.joining, peer)
      return
    }
    if (link.side === 'dialled' || proof.joining === null) return this.#linkage.refuse(link, 'NOT_ADMITTED', 'the roster of this mesh does not hold the peer\'s key')
    this.#admit(link, proof.joining, peer)
  }

  /**
   * This host lost its store, and with it the roster. It holds nothing that it could tell a stranger, and takes acts only as the genesis of
   * its mesh bears them out; once it has the roster, links to others than members end.
   */
  get #knowsNobody(): boolean {
    return this.#context.acts.roster().mesh === null && this.#joining === null
  }

  #isInviter(link: Link, peer: PeerHello): boolean {
    return link.side === 'dialled' && this.#joining?.inviter === peer.key
  }

  #admit(link: Link, joining: JoiningProof, peer: PeerHello): void {
    const witnessed = this.#witness(joining, peer)
    if (!witnessed.ok) return this.#linkage.refuse(link, witnessed.failure.code, witnessed.failure.message)
    if (!this.#standing.isMember(peer.key)) return this.#linkage.refuse(link, 'INVITATION_USED', 'the invitation lets nobody else in')
    link.phase = 'admitting'
    this.#context.commits.staged.admissions.push(link.id)
  }

  /** Gives this host's word for a newcomer, where one is due: the first three members that it meets each do (rules B2). */
  #witness(joining: JoiningProof, peer: PeerHello): Result<true> {
    const { acts, crypto, mesh, meshNow, signer, key, commits } = this.#context
    if (commits.fenced !== null) return failure(commits.fenced.code, `this host can let nobody in: ${commits.fenced.reason}`)
    const roster = acts.roster()
    const judged = judgeJoiner({ crypto, roster, judge: key, hostKey: peer.key, proof: joining, nowMesh: meshNow })
    if (!judged.ok) return judged
    const { witness: body } = judged.value
    if (body === null) return success(true)
    const written = writeAct({ mesh, stamp: this.#context.stamp(), seen: roster.newestActs(key), content: { kind: 'witness', body } }, signer)
    if (!written.ok) return written
    this.#reception.takeActs([written.value], null)
    return success(true)
  }
}

/**
 * Whether the acts that a stranger brings would make it a member. Tried on a copy: an outsider can sign acts of its own without end, and
 * none of them may be kept before one is known to matter.
 */
const vouchedFor = ({ acts, crypto, mesh }: Context, key: HostKey, brought: readonly Uint8Array[]): boolean => {
  if (brought.length === 0 || brought.length > LIMITS.credentialActs) return false
  const decoded: VerifiedAct[] = []
  for (const bytes of brought) {
    const act = decodeAct(bytes, { crypto, mesh })
    if (!act.ok) return false
    decoded.push(act.value)
  }
  return reduceRoster([...acts.values(), ...decoded]).admits(key).state === 'member'
}

/** The peer is told before the transport, which waits just as long, ends the channel without a word. */
const WORD_MS = 500

/** Reading of the monotonic clock at which a link that is not yet open has had its time. */
export const overdueMono = (link: Link): Millis => link.openedMono + LIMITS.handshakeMs - WORD_MS
