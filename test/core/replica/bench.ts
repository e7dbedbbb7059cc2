import { nodeCrypto, nodeSigner } from '../../../src/adapters/crypto/node.js'
import type { MeshId, SessionName } from '../../../src/core/brand.js'
import type { InvitationKey } from '../../../src/core/coordination/membership/body.js'
import { writeAct } from '../../../src/core/coordination/membership/act.js'
import { foundMesh } from '../../../src/core/coordination/membership/genesis.js'
import { proveJoining } from '../../../src/core/coordination/membership/joining.js'
import type { RecordFields } from '../../../src/core/coordination/records/record.js'
import type { Crypto, Signer } from '../../../src/core/crypto.js'
import { toHex } from '../../../src/core/encoding/bytes.js'
import type { Effect, ReplicaEvent } from '../../../src/core/replica/effect.js'
import type { Draft, Input, Written } from '../../../src/core/replica/input.js'
import { Replica } from '../../../src/core/replica/replica.js'
import type { Result } from '../../../src/core/result.js'
import { Disk } from '../../sim/disk.js'

export const signerOf = (name: string): Signer => nodeSigner(nodeCrypto.sha256(new TextEncoder().encode(name)))

export const take = <Value>(result: Result<Value> | undefined): Value => {
  if (result?.ok === true) return result.value
  throw new Error(result === undefined ? 'no answer' : `${result.failure.code}: ${result.failure.message}`)
}

interface End {
  readonly node: Node
  readonly link: number
}

/** One host of a bench: a replica, its disk, and what became of its requests. */
export class Node {
  signer: Signer
  disk = new Disk()
  readonly events: ReplicaEvent[] = []
  readonly answers = new Map<number, Result<readonly Written[]>>()
  readonly peers = new Map<number, End>()
  replica: Replica
  /** False: commits wait in `held` until the test lets them go. */
  commitsAtOnce = true
  readonly held: number[] = []
  wakeAt: number | null = null
  #nextRequest = 1
  readonly #serial: number
  #starts = 0

  constructor(
    readonly bench: Bench,
    readonly name: string,
    readonly skewMs: number
  ) {
    this.signer = signerOf(name)
    this.#serial = bench.nodes.length
    this.replica = this.#fresh()
  }

  #fresh(): Replica {
    return new Replica({ crypto: this.bench.crypto, mesh: this.bench.mesh, signer: this.signer })
  }

  start(): void {
    for (const input of this.disk.inputs()) this.feed(input)
    this.feed({ type: 'started', epochNonce: nodeCrypto.sha256(new TextEncoder().encode(`${this.name} ${this.#serial} ${this.#starts++}`)).subarray(0, 8) })
  }

  /** Cuts all links and begins again from the disk. */
  restart(extra: readonly Input[] = []): void {
    for (const link of [...this.peers.keys()]) this.bench.cut(this, link)
    this.bench.run()
    this.held.length = 0
    this.replica = this.#fresh()
    for (const input of extra) this.feed(input)
    this.start()
    this.bench.run()
  }

  feed(input: Input): void {
    const { monoMs } = this.bench
    for (const effect of this.replica.handle(input, { mono: monoMs, wall: this.bench.wallMs + this.skewMs })) this.#run(effect)
  }

  #run(effect: Effect): void {
    if (effect.type === 'commit') {
      const { id, batch } = effect
      const end = (): void => {
        this.disk.write(batch)
        this.feed({ type: 'committed', batch: id })
      }
      if (this.commitsAtOnce) this.bench.later(end)
      else this.held.push(id)
    } else if (effect.type === 'send') {
      const end = this.peers.get(effect.link)
      const { bytes } = effect
      if (end !== undefined) this.bench.later(() => end.node.peers.has(end.link) && end.node.feed({ type: 'linkMessage', link: end.link, bytes: this.bench.carry(this, bytes) }), end.link)
    } else if (effect.type === 'close') {
      this.bench.later(() => this.bench.cut(this, effect.link))
    } else if (effect.type === 'read') {
      const { read, author, from, backwards, limit } = effect
      this.bench.later(() => this.feed({ type: 'framesRead', read, frames: this.disk.read(author, from, backwards, limit) }))
    } else if (effect.type === 'answer') this.answers.set(effect.request, effect.outcome)
    else if (effect.type === 'wake') this.wakeAt = effect.atMono
    else if (effect.type === 'happened') this.events.push(effect.event)
  }

  /** Writes, runs the bench until it is quiet, and gives what was written. */
  write(kind: string, fields: RecordFields, { session = 'claude-1', strict = false }: { readonly session?: string; readonly strict?: boolean } = {}): Written {
    const written = take(this.try([{ kind, fields }], { session, strict }))[0]
    if (written === undefined) throw new Error('nothing was written')
    return written
  }

  try(drafts: readonly Draft[], { session = 'claude-1', strict = false }: { readonly session?: string; readonly strict?: boolean } = {}): Result<readonly Written[]> | undefined {
    const request = this.#nextRequest++
    this.feed({ type: 'write', request, session: session as SessionName, drafts, strict })
    this.bench.run()
    return this.answers.get(request)
  }

  note(text: string): Written {
    return this.write('note', { text })
  }

  claim(scope: readonly string[], options: { readonly session?: string; readonly strict?: boolean } = {}): Written {
    return this.write('claim', { repo: 'app', scope, mode: 'exclusive', until: this.bench.wallMs + 1_800_000 }, options)
  }

  /** The texts of all records that count, sorted. */
  texts(): string[] {
    return Array.from(this.replica.view.records(), entry => entry.text).sort()
  }

  happened<Type extends ReplicaEvent['type']>(type: Type): Extract<ReplicaEvent, { type: Type }>[] {
    return this.events.filter((event): event is Extract<ReplicaEvent, { type: Type }> => event.type === type)
  }
}

/** A mesh in memory whose messages, commits and clock are driven by hand. Real signatures. */
export class Bench {
  readonly crypto: Crypto = nodeCrypto
  readonly mesh: MeshId
  readonly nodes: Node[] = []
  wallMs = 1_795_183_200_000
  monoMs = 5_000_000
  /** What the network makes of each message. */
  carry: (from: Node, bytes: Uint8Array) => Uint8Array = (_, bytes) => bytes
  #nextLink = 1
  readonly #genesis: Uint8Array
  /** Which of so many things that could happen next does: the longest due, unless a test says otherwise. What one link carries stays in order. */
  pick: (count: number) => number = () => 0
  readonly #work: { readonly lane: number | null; readonly run: () => void }[] = []

  constructor(founder = 'a') {
    const founded = take(foundMesh(nodeCrypto, { name: 'demo', hostName: founder, role: 'worker', stamp: { wall: this.wallMs, count: 0 } }, signerOf('operator'), signerOf(founder)))
    this.mesh = founded.mesh
    this.#genesis = founded.bytes
  }

  /** @param lane the link that it travels by, if any */
  later(run: () => void, lane: number | null = null): void {
    this.#work.push({ lane, run })
  }

  #next(): (() => void) | undefined {
    const picked = this.#work[this.pick(this.#work.length)]
    if (picked === undefined) return undefined
    const first = picked.lane === null ? this.#work.indexOf(picked) : this.#work.findIndex(({ lane }) => lane === picked.lane)
    return this.#work.splice(first, 1)[0]?.run
  }

  /** Everything that can happen without time passing. */
  run(): void {
    for (let step = 0; ; step++) {
      const run = this.#next()
      if (run === undefined) return
      if (step > 100_000) throw new Error('the replicas never come to rest')
      run()
    }
  }

  /** Lets time pass, and wakes who asked for it. */
  advance(ms: number): void {
    const end = this.monoMs + ms
    for (;;) {
      const next = Math.min(end, ...this.nodes.map(node => node.wakeAt ?? Number.POSITIVE_INFINITY))
      if (next > this.monoMs) {
        this.wallMs += next - this.monoMs
        this.monoMs = next
      }
      for (const node of this.nodes) {
        if (node.wakeAt === null || node.wakeAt > this.monoMs) continue
        node.wakeAt = null
        node.feed({ type: 'woken' })
      }
      this.run()
      if (this.monoMs >= end) return
    }
  }

  node(name: string, skewMs = 0): Node {
    const node = new Node(this, name, skewMs)
    this.nodes.push(node)
    return node
  }

  /** The founding host: it holds the genesis. */
  found(name = 'a', skewMs = 0): Node {
    const node = this.node(name, skewMs)
    node.disk.acts.set('genesis', this.#genesis)
    node.start()
    return node
  }

  /** A newcomer with an invitation, on its way in through `through`. */
  join(name: string, through: Node, { skewMs = 0, uses = 8, ephemeral = false }: { readonly skewMs?: number; readonly uses?: number; readonly ephemeral?: boolean } = {}): Node {
    const invitation = signerOf(`invitation ${name}`)
    const body = { key: toHex(invitation.publicKey) as InvitationKey, role: 'worker', uses, expires: this.wallMs + 3_600_000, ephemeral }
    const seen = through.replica.acts.roster().newestActs()
    const act = take(writeAct({ mesh: this.mesh, stamp: { wall: this.wallMs, count: 0 }, seen, content: { kind: 'invite', body } }, signerOf('operator')))
    through.feed({ type: 'act', request: 1_000_000 + this.nodes.length, bytes: act })
    this.run()
    const node = this.node(name, skewMs)
    node.start()
    node.feed({ type: 'joining', proof: proveJoining(this.mesh, name, node.signer, invitation), inviter: through.replica.key })
    this.link(node, through)
    return node
  }

  /** Opens a channel that `dialler` dialled. @returns the dialler's link. */
  link(dialler: Node, acceptor: Node): number {
    const here = this.dial(dialler, acceptor)
    this.run()
    return here
  }

  /** The same, with nothing said yet. */
  dial(dialler: Node, acceptor: Node): number {
    const [here, there] = [this.#nextLink++, this.#nextLink++]
    const binding = nodeCrypto.sha256(new TextEncoder().encode(`channel ${here}`))
    dialler.peers.set(here, { node: acceptor, link: there })
    acceptor.peers.set(there, { node: dialler, link: here })
    const opened = (link: number, side: 'dialled' | 'accepted', remote: string): Input => ({
      type: 'linkOpened',
      link,
      side,
      remote,
      posture: 'tls-pinned',
      binding,
      certificateKey: null,
      pin: null,
      nonce: nodeCrypto.sha256(new TextEncoder().encode(`nonce ${link}`))
    })
    acceptor.feed(opened(there, 'accepted', dialler.name))
    dialler.feed(opened(here, 'dialled', acceptor.name))
    return here
  }

  /** Both ends learn that the channel is gone; what was under way on it is lost. */
  cut(node: Node, link: number): void {
    const end = node.peers.get(link)
    if (end === undefined) return
    node.peers.delete(link)
    end.node.peers.delete(end.link)
    node.feed({ type: 'linkClosed', link, reason: 'cut' })
    end.node.feed({ type: 'linkClosed', link: end.link, reason: 'cut' })
  }

  cutAll(node: Node): void {
    for (const link of [...node.peers.keys()]) this.cut(node, link)
    this.run()
  }
}
