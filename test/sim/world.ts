import type { MeshId } from '../../src/core/brand.js'
import { writeAct } from '../../src/core/coordination/membership/act.js'
import type { ActContent, InvitationKey, OperatorKey } from '../../src/core/coordination/membership/body.js'
import { foundMesh } from '../../src/core/coordination/membership/genesis.js'
import { proveJoining, type JoiningProof } from '../../src/core/coordination/membership/joining.js'
import type { Signer } from '../../src/core/crypto.js'
import { toHex } from '../../src/core/encoding/bytes.js'
import type { Effect } from '../../src/core/replica/effect.js'
import type { Input } from '../../src/core/replica/input.js'
import type { Replica } from '../../src/core/replica/replica.js'
import type { StoredBatch } from '../../src/core/replica/storage.js'
import type { Result } from '../../src/core/result.js'
import { Channel, type ChannelEnd } from './channel.js'
import { Checks } from './checks.js'
import { EPOCH_MS } from './clock.js'
import { SimHost } from './host.js'
import { SimKeys } from './keys.js'
import { SeededRandom } from './random.js'
import { Schedule } from './schedule.js'

/** A fault built into the program under test, to see that the checks find it. */
export interface Sabotage {
  replica?(replica: Replica, host: SimHost): void
  commit?(host: SimHost, commit: Extract<Effect, { type: 'commit' }>): void
  start?(host: SimHost): void
  /** In place of the disk; undefined lets the disk do it. */
  disk?(host: SimHost, batch: StoredBatch): true | undefined
  world?(world: World): void
}

/** What somebody between two hosts makes of a message. */
export type OnTheWay = (channel: Channel, from: ChannelEnd, bytes: Uint8Array) => readonly Uint8Array[]

const must = <Value>(result: Result<Value>): Value => {
  if (result.ok) return result.value
  throw new Error(`${result.failure.code}: ${result.failure.message}`)
}

/** Hosts, the network between them and their clocks, all from one seed. What happens in it is up to the nemesis and the workload. */
export class World {
  readonly random: SeededRandom
  readonly schedule = new Schedule()
  readonly keys = new SimKeys()
  readonly checks: Checks
  readonly mesh: MeshId
  readonly hosts: SimHost[] = []
  readonly channels = new Set<Channel>()
  readonly occurred = new Set<string>()
  readonly story: string[] = []
  readonly record: boolean
  readonly sabotage: Sabotage | null
  nextLink = 1
  /** Whether two hosts can reach each other. */
  reachable: (one: SimHost, other: SimHost) => boolean = () => true
  /** Whether two hosts keep a link when both are members. */
  neighbours: (one: SimHost, other: SimHost) => boolean = () => true
  /** Pairs between which the line is cut for now. */
  readonly cut = new Set<string>()
  /** Pairs `host other` of which the first hears nothing of the second. */
  readonly deaf = new Set<string>()
  onTheWay: OnTheWay = (_channel, _from, bytes) => [bytes]
  slowNetworkMs = 40
  slowDiskMs = 8
  redialMs = 1_500
  /** All newcomers were handed the same invitation, which is for one. */
  sharesInvitation = false
  /** How often a host dials one that it is linked with already. */
  needlessDials = 0.01
  readonly #channelOf = new Map<ChannelEnd, Channel>()
  readonly #operators = new Map([['operator', this.keys.signer('operator')]])

  constructor(seed: number, { record = false, sabotage = null }: { readonly record?: boolean; readonly sabotage?: Sabotage | null } = {}) {
    this.random = new SeededRandom(seed)
    this.record = record
    this.sabotage = sabotage
    this.checks = new Checks(this)
    const founder = this.keys.signer('host-0')
    const founded = must(foundMesh(this.keys.crypto, { name: 'sim', hostName: 'host-0', role: 'worker', stamp: { wall: this.wallMs, count: 0 } }, this.#operator('operator'), founder))
    this.mesh = founded.mesh
    sabotage?.world?.(this)
    this.host().disk.acts.set('genesis', founded.bytes)
  }

  /** The right time. */
  get wallMs(): number {
    return EPOCH_MS + this.schedule.now
  }

  canReach(one: SimHost, other: SimHost): boolean {
    return this.reachable(one, other) && !this.cut.has(`${one.name} ${other.name}`) && !this.cut.has(`${other.name} ${one.name}`)
  }

  /** Whether nothing that `other` sends arrives at `host`. */
  isDeaf(host: SimHost, other: SimHost): boolean {
    return this.deaf.size > 0 && this.deaf.has(`${host.name} ${other.name}`)
  }

  note(what: string | (() => string)): void {
    if (this.record) this.story.push(`${String(this.schedule.now).padStart(7)}  ${typeof what === 'string' ? what : what()}`)
  }

  delayMs(): number {
    return 1 + this.random.int(this.slowNetworkMs)
  }

  commitMs(): number {
    return 1 + this.random.int(this.slowDiskMs)
  }

  host(): SimHost {
    const name = `host-${this.hosts.length}`
    const host = new SimHost(this, name, this.keys.signer(name))
    this.hosts.push(host)
    return host
  }

  /** An operator invites, by way of a member; the newcomer starts, and dials that member until it is one itself. */
  join(host: SimHost, through: SimHost): void {
    this.note(`${host.name} joins through ${through.name}`)
    this.#invite(host, through, proof => {
      if (host.life > 0) return
      host.invitation = { proof, through }
      host.start()
      this.keepDialling(host)
    })
  }

  /** Whose invitation came to nothing, or who does not know that it was let in, has to ask for another one. */
  joinAgain(host: SimHost, through: SimHost): void {
    this.note(`${host.name} asks for another invitation, of ${through.name}`)
    this.#invite(host, through, proof => {
      host.invitation = { proof, through }
      host.feed({ type: 'joining', proof, inviter: through.key })
    })
  }

  #invite(host: SimHost, through: SimHost, invited: (proof: JoiningProof) => void): void {
    const isShared = this.sharesInvitation && host.invitation === null
    const invitation = this.keys.signer(isShared ? 'the invitation for all' : `invitation of ${host.name} at ${this.schedule.now}`)
    const body = { key: toHex(invitation.publicKey) as InvitationKey, role: 'worker', uses: isShared ? 1 : 2, expires: Number.MAX_SAFE_INTEGER, ephemeral: false }
    this.operate(through, { kind: 'invite', body }, { done: () => invited(proveJoining(this.mesh, host.name, host.signer, invitation)) })
  }

  /** Names of the operators there ever were. */
  operators(): string[] {
    return [...this.#operators.keys()]
  }

  operatorKey(name: string): OperatorKey {
    return toHex(this.#operator(name).publicKey) as OperatorKey
  }

  /** The founder's operator introduces another one, by way of a host. */
  introduce(name: string, at: SimHost): void {
    this.#operators.set(name, this.keys.signer(name))
    this.operate(at, { kind: 'operator', body: { key: this.operatorKey(name), name } })
  }

  /** An operator signs an act at this host. `done`: called once it is on disk, if it ever is. */
  operate(at: SimHost, content: ActContent, { by = 'operator', done = () => undefined }: { readonly by?: string; readonly done?: () => void } = {}): void {
    const signer = this.#operator(by)
    const seen = at.replica.acts.roster().newestActs(toHex(signer.publicKey))
    at.submitAct(must(writeAct({ mesh: this.mesh, stamp: { wall: this.wallMs, count: 0 }, seen, content }, signer)), done)
  }

  #operator(name: string): Signer {
    const signer = this.#operators.get(name)
    if (signer === undefined) throw new Error(`nobody is called ${name}`)
    return signer
  }

  channelOf(end: ChannelEnd): Channel | null {
    return this.#channelOf.get(end) ?? null
  }

  alive(): Channel[] {
    return [...this.channels].filter(channel => !channel.broken)
  }

  isLinked(one: SimHost, other: SimHost): boolean {
    return [...one.ends.values()].some(end => this.#channelOf.get(end)?.between(one, other) === true && this.#channelOf.get(end)?.isAlive(end) === true)
  }

  dial(dialler: SimHost, acceptor: SimHost): void {
    const channel = new Channel(this, dialler, acceptor)
    this.channels.add(channel)
    const [here, there] = channel.ends
    const binding = this.random.bytes(32)
    const open = (end: ChannelEnd, side: 'dialled' | 'accepted', certificateKey: Uint8Array | null): void => {
      if (!channel.isAlive(end) || channel.broken) return
      this.#channelOf.set(end, channel)
      end.host.ends.set(end.link, end)
      const remote = channel.other(end).host.name
      const pin = side === 'dialled' && this.random.chance(0.5) ? acceptor.key : null
      end.host.feed({ type: 'linkOpened', link: end.link, side, remote, posture: 'tls-pinned', binding, certificateKey, pin, nonce: this.random.bytes(32) } satisfies Input)
    }
    this.note(`${dialler.name} dials ${acceptor.name} (links ${here.link}, ${there.link})`)
    there.arrivesAt = this.schedule.now + this.delayMs()
    this.schedule.at(there.arrivesAt, () => open(there, 'accepted', null))
    open(here, 'dialled', acceptor.signer.publicKey)
  }

  /** Breaks every channel of a host; the others notice soon, late, or only by the silence. */
  unplug(host: SimHost): void {
    for (const channel of this.alive()) if (channel.ends.some(end => end.host === host)) this.breakChannel(channel)
  }

  breakChannel(channel: Channel): void {
    const notice = (): number | null => (this.random.chance(0.2) ? null : this.random.int(400))
    channel.break([notice(), notice()])
  }

  /** From now on the host dials whom it should be linked with and is not. */
  keepDialling(host: SimHost): void {
    const { life } = host
    const again = (): void => {
      if (!host.isUp || host.life !== life) return
      for (const peer of this.hosts) if (this.#wants(host, peer)) this.dial(host, peer)
      this.schedule.after(50 + this.random.int(this.redialMs), again)
    }
    this.schedule.after(this.random.int(100), again)
  }

  #wants(host: SimHost, peer: SimHost): boolean {
    // no connection comes to be where only one side hears the other
    if (peer === host || !peer.isUp || !this.canReach(host, peer) || this.isDeaf(host, peer) || this.isDeaf(peer, host)) return false
    const roster = host.replica.acts.roster()
    const isNeighbour = host.isMember || host.hasEnded ? ['member', 'named'].includes(roster.admits(peer.key).state) && (this.neighbours(host, peer) || host.invitation?.through === peer) : host.invitation?.through === peer
    return isNeighbour && (!this.isLinked(host, peer) || this.random.chance(this.needlessDials))
  }
}
