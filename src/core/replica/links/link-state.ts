import type { ActId, AuthorId, Hash, HostKey, Millis } from '../../brand.js'
import type { Message } from '../../replication/message.js'
import { LIMITS } from '../../limits.js'
import type { LinkId } from '../input.js'
import { Bucket } from '../reception/rates.js'

/** Where a link is in its life: hello sent or awaited → proofs exchanged → (a newcomer's witness on its way to disk) → open. */
export type LinkPhase = 'greeting' | 'proving' | 'admitting' | 'open'

export type PeerHello = Extract<Message, { type: 'hello' }>

/** One channel to one peer, as the replica knows it. */
export interface Link {
  readonly id: LinkId
  readonly side: 'dialled' | 'accepted'
  readonly remote: string
  readonly posture: string
  readonly binding: Uint8Array
  readonly certificateKey: Uint8Array | null
  readonly pin: HostKey | null
  readonly nonce: Uint8Array
  readonly openedMono: Millis
  phase: LinkPhase
  peer: PeerHello | null
  helloSentWall: Millis
  lastHeardMono: Millis
  /** Peer's clock minus the own one, and the shortest round trip it was measured over. */
  offsetMs: Millis | null
  roundTripMs: Millis | null
  blocked: boolean
  badFrames: number
  /** Signatures that this peer may still have checked unasked. */
  readonly unasked: Bucket
  /** Records that this link brought into the view. */
  received: number

  /** The peer's last status, and what the own one said when it was last sent. */
  theirs: { readonly digest: Hash; readonly view: Hash } | null
  sentStatus: Hash | null
  /** A status, or the last one, waits until all that this host holds is on disk. */
  due: 'status' | 'goodbye' | null
  statusId: number
  statusSentMono: Millis
  /** When the peer last answered. */
  pongMono: Millis
  statusSentWall: Millis
  /** The pair of digests for which heads were last sent: one exchange for each difference. */
  answeredPair: string | null
  /** Whether the peer's full list of heads (or an equal digest) was seen: what it does not name, it lacks. */
  knowsTheirHeads: boolean
  levelled: boolean
  /** The peer said goodbye for now. */
  away: boolean

  /** Newest number per author that the peer is known, or was sent, to have. */
  readonly known: Map<AuthorId, number>
  /** Newest number per author that the peer said it has on disk. */
  readonly confirmed: Map<AuthorId, number>
  /** What the peer pushed and this host has since put on disk, to be said at the next chance. */
  readonly haveDue: Map<AuthorId, number>
  readonly theirActs: ActId[]
  /** Keys of which this peer was sent the acts that ended them, since it sent frames past the heads that they name. */
  readonly toldOf: Set<HostKey>
  /** Forks that the peer named as such, or had from this host: it takes no more frames of those epochs. */
  readonly knowsForked: Set<AuthorId>
  /** Those that its present list of heads has named so far. */
  readonly listedForked: Set<AuthorId>
  readonly wanted: { readonly author: AuthorId; readonly from: number }[]
  readonly wantedPast: { readonly author: AuthorId; readonly from: number; readonly before: number }[]
  reading: boolean
}

export type LinkStart = Pick<Link, 'id' | 'side' | 'remote' | 'posture' | 'binding' | 'certificateKey' | 'pin' | 'nonce' | 'openedMono'>

export const newLink = (start: LinkStart): Link => ({
  ...start,
  phase: 'greeting',
  peer: null,
  helloSentWall: 0,
  lastHeardMono: start.openedMono,
  offsetMs: null,
  roundTripMs: null,
  blocked: false,
  badFrames: 0,
  unasked: new Bucket(LIMITS.linkBurstSignatures, LIMITS.linkSignaturesPerSecond, start.openedMono),
  received: 0,
  theirs: null,
  sentStatus: null,
  due: null,
  statusId: 0,
  statusSentMono: 0,
  pongMono: 0,
  statusSentWall: 0,
  answeredPair: null,
  knowsTheirHeads: false,
  levelled: false,
  away: false,
  known: new Map(),
  confirmed: new Map(),
  haveDue: new Map(),
  theirActs: [],
  toldOf: new Set(),
  knowsForked: new Set(),
  listedForked: new Set(),
  wanted: [],
  wantedPast: [],
  reading: false
})

/** Takes the newest of the two numbers; a peer never has less than it had. */
export const raise = (numbers: Map<AuthorId, number>, author: AuthorId, seq: number): void => {
  if (seq > (numbers.get(author) ?? -1)) numbers.set(author, seq)
}

/** The peer has this author's frames on disk up to this number: it said so, or nothing else can be. */
export const confirm = (link: Link, author: AuthorId, seq: number): void => {
  raise(link.known, author, seq)
  raise(link.confirmed, author, seq)
}
