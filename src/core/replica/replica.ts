import type { AuthorId, Hash, HostId, HostKey, MeshId, Millis, Now, RecordId } from '../brand.js'
import type { ActSet } from '../coordination/membership/acts.js'
import type { View } from '../coordination/view.js'
import type { Head } from '../replication/heads.js'
import type { LogBook } from '../replication/log-book.js'
import type { Stamp } from '../stamp.js'
import { Acquaintance } from './links/acquaintance.js'
import { Authoring } from './own/authoring.js'
import { Collecting } from './forks/collecting.js'
import { Comparing } from './levelling/comparing.js'
import { Context, type ReplicaOptions } from './context.js'
import { Doubts, type Doubt } from './own/doubts.js'
import type { Effect } from './effect.js'
import { Epochs } from './own/epochs.js'
import { Exchange } from './links/exchange.js'
import { Fallen } from './standing/fallen.js'
import { Forks } from './forks/forks.js'
import { Greeting } from './links/greeting.js'
import { History } from './history/history.js'
import { Holes } from './reception/holes.js'
import type { Input } from './input.js'
import { Inquiry } from './own/inquiry.js'
import { Intake } from './reception/intake.js'
import { Levelling } from './levelling/levelling.js'
import type { Link } from './links/link-state.js'
import { Linkage } from './links/linkage.js'
import { Naming } from './standing/naming.js'
import { Persistence } from './persistence.js'
import { Places } from './own/places.js'
import { Pruning } from './history/pruning.js'
import { Publishing } from './levelling/publishing.js'
import { Pulse } from './pulse.js'
import { Reads } from './reads.js'
import { Reception } from './reception/reception.js'
import type { Refusals } from './refusals.js'
import { Retiring } from './standing/retiring.js'
import { Restoring, type Damage } from './reception/restoring.js'
import { Serving } from './levelling/serving.js'
import { Standing } from './standing/standing.js'
import type { Fence } from './storage.js'
import { Traffic } from './links/traffic.js'
import { Wants } from './levelling/wants.js'
import { Withholding, type Withheld } from './standing/withheld.js'

export type { ReplicaOptions } from './context.js'

/**
 * One host's whole state, and every rule by which it changes: `handle(input, now)` gives what is to be done, in order, and does nothing by
 * itself. The runtime (host/) and the simulator (test/sim) drive the same class.
 */
export class Replica {
  readonly mesh: MeshId
  readonly key: HostKey
  readonly acts: ActSet
  readonly view: View
  readonly logs: LogBook
  readonly refusals: Refusals
  readonly notes: ReadonlyMap<string, string>
  /** What the store should hold and does not. Whoever reads the store later adds what it finds. */
  readonly damage: Damage[]

  readonly #context: Context
  readonly #standing: Standing
  readonly #places: Places
  readonly #acquaintance: Acquaintance
  readonly #wants: Wants
  readonly #levelling: Levelling
  readonly #reads: Reads
  readonly #epochs: Epochs
  readonly #inquiry: Inquiry
  readonly #doubts: Doubts
  readonly #authoring: Authoring
  readonly #restoring: Restoring
  readonly #greeting: Greeting
  readonly #traffic: Traffic
  readonly #persistence: Persistence
  readonly #pulse: Pulse
  readonly #withholding: Withholding
  #started = false

  /** Puts the parts together. Each is given those that it calls, and so stands below the parts that it is given to. */
  constructor(options: ReplicaOptions) {
    const context = new Context(options)
    const { crypto, mesh, key, acts, view, logs, clock, refusals, notes } = context
    const standing = new Standing(context)
    const places = new Places(context)
    const reads = new Reads(context)
    const wants = new Wants(context, standing)
    const inquiry = new Inquiry(context, wants)
    const publishing = new Publishing(context)
    const acquaintance = new Acquaintance(context, standing, places)
    const levelling = new Levelling(context, standing, wants)
    const linkage = new Linkage(context, acquaintance, levelling, wants)

    const intake = new Intake({ crypto, mesh, logs, view, clock, admission: standing.admissionOf, rereading: context.rereading, isAwaited: author => wants.isAwaited(author) })
    const fallen = new Fallen(context, standing)
    const doubts = new Doubts(context)
    const epochs = new Epochs(context, { standing, intake, places, doubts })
    const forks = new Forks(context, { intake, standing, linkage, epochs, reads })
    const naming = new Naming(context, { standing, fallen, epochs, forks, intake, reads, places, levelling })
    const holes = new Holes(context, { intake, places, reads, forks, naming })
    const history = new History(context, { standing, linkage, wants, forks, reads })
    const reception = new Reception(context, { history, intake, standing, wants, linkage, levelling, acquaintance, places, doubts, epochs, holes, forks, naming, publishing })
    const serving = new Serving(context, standing, linkage, reads)
    const collecting = new Collecting(context, { standing, epochs, inquiry, wants })
    const exchange = new Exchange(context, { history, levelling, comparing: new Comparing(context, { standing, wants, linkage, publishing }), serving, reception, forks, collecting, wants, linkage })
    const greeting = new Greeting(context, standing, linkage, reception)
    const authoring = new Authoring(context, { standing, epochs, inquiry, levelling, naming })

    this.mesh = mesh
    this.key = key
    this.acts = acts
    this.view = view
    this.logs = logs
    this.refusals = refusals
    this.notes = notes
    this.#context = context
    this.#standing = standing
    this.#places = places
    this.#acquaintance = acquaintance
    this.#wants = wants
    this.#levelling = levelling
    this.#reads = reads
    this.#epochs = epochs
    this.#inquiry = inquiry
    this.#doubts = doubts
    this.#authoring = authoring
    this.#greeting = greeting
    this.#restoring = new Restoring(context, { intake, standing, acquaintance, places, holes, epochs, doubts, forks, naming })
    this.#traffic = new Traffic(context, { linkage, greeting, exchange, levelling, serving, acquaintance })
    this.#persistence = new Persistence(context, { pruning: new Pruning(context, history, fallen), history, doubts, authoring, epochs, publishing, greeting, levelling, standing, naming })
    this.#pulse = new Pulse(context, { collecting, history, linkage, levelling, publishing, wants, acquaintance, epochs, inquiry, retiring: new Retiring(context, { reception, acquaintance }) })
    this.#withholding = new Withholding(context, standing)
    this.damage = this.#restoring.damage
  }

  // ---- what can be asked

  /** The hash of its first key, whichever key it goes on with (rules B6). */
  get hostId(): HostId {
    return this.#context.hostId
  }

  get author(): AuthorId | null {
    return this.#context.own.author
  }

  /** The newest doubt about the own store, settled by an epoch or not; null when there never was one. */
  get doubt(): Doubt | null {
    return this.#doubts.last
  }

  /** Why nothing is written any more; null when writing goes on. */
  get fenced(): Fence | null {
    return this.#context.commits.fenced
  }

  get links(): Iterable<Link> {
    return this.#context.links.values()
  }

  /** Own clock minus mesh time, from the clocks of the linked peers. */
  get offsetMs(): Millis {
    return this.#context.offsetMs
  }

  /** Whether anything waits for the disk. */
  get isBusy(): boolean {
    return this.#context.commits.isBusy || this.#authoring.isPending
  }

  /** Peers are still asked what they hold of the own log: nothing is written yet. */
  get isCatchingUp(): boolean {
    return this.#inquiry.isOpen
  }

  /** Whether frames were asked for that have not come. */
  get isWanting(): boolean {
    return this.#wants.isOpen
  }

  meshTime(wall: Millis): Millis {
    return wall - this.offsetMs
  }

  digest(): Hash {
    return this.#standing.digest()
  }

  /** When something signed by this host was last known to be current, in the own wall time; null when never. */
  heardFrom(key: HostKey): Millis | null {
    return this.#acquaintance.heardFrom(key)
  }

  /** This host's key has ended for good: what it wrote until then stays, and it writes nothing more. */
  get hasLeft(): boolean {
    return this.#standing.hasLeft
  }

  /** Since when a peer is away by its own word, in the own wall time; null when it is not, or was heard again. */
  awaySince(key: HostKey): Millis | null {
    return this.#acquaintance.awaySince(key)
  }

  /** Whether a linked peer has said that it holds this record's frame on disk. */
  isAtPeer(peer: HostKey, record: RecordId): boolean {
    return this.#places.isAtPeer(peer, record)
  }

  /** A stamp for an act that is signed outside this replica. */
  stampFor(wall: Millis): Stamp {
    return this.#context.clock.tick(wall)
  }

  /** How far each author's log is held, of those that count; `forked` where two histories of one were shown. */
  heads(): Head[] {
    return this.logs.heads(this.#standing.countedOf)
  }

  /** Epochs whose claims are in no view, and may stand all the same (rules E5). @param meshNow mesh time */
  withheld(meshNow: Millis): Withheld[] {
    return this.#withholding.list(meshNow)
  }

  // ---- the one way in

  handle(input: Input, now: Now): Effect[] {
    const effects = this.#context.begin(now)
    if (this.#started) this.#pulse.watch()
    this.#take(input)
    if (this.#started) {
      this.#inquiry.settle()
      this.#persistence.flush()
      this.#pulse.schedule()
    }
    return effects
  }

  #take(input: Input): void {
    switch (input.type) {
      case 'noteLoaded':
      case 'witnessLoaded':
      case 'placeLoaded':
      case 'storeRemade':
      case 'actLoaded':
      case 'proofLoaded':
      case 'logLoaded':
      case 'frameLoaded':
      case 'damageLoaded':
        return this.#restoring.take(input)
      case 'started':
        this.#started = true
        this.#restoring.finish(input.epochNonce)
        return this.#pulse.start()
      case 'write':
        return this.#authoring.write(input)
      case 'act':
        return this.#authoring.submitAct(input.request, input.bytes)
      case 'retire':
        return this.#authoring.retire(input.request)
      case 'diskFree':
      case 'pastDamaged':
        return this.#persistence.diskSaid(input)
      case 'compact':
        // a host that has left signs nothing past the heads that it named
        return this.#standing.hasLeft ? undefined : this.#epochs.compact()
      case 'note':
        return this.#context.note(input.key, input.value)
      case 'committed':
        return this.#persistence.committed(input.batch)
      case 'storeFailed':
        return this.#persistence.failed({ code: input.code, reason: input.reason })
      case 'framesRead':
        return this.#reads.done(input.read, input.frames)
      case 'joining':
        return this.#greeting.join(input)
      case 'seeking':
        return this.#inquiry.begin(input.forMs, input.wholly === true)
      case 'probe':
        return this.#levelling.probe()
      case 'sought':
        return this.#inquiry.dialled()
      case 'leaving':
        // what waits is written now or never
        this.#inquiry.end()
        this.#levelling.sayGoodbye()
        return this.#acquaintance.notePeers()
      case 'compare':
        return this.#levelling.compare()
      case 'woken':
        return this.#pulse.wake()
      case 'linkOpened':
      case 'linkMessage':
      case 'linkBlocked':
      case 'linkDrained':
      case 'linkClosed':
        return this.#traffic.take(input)
    }
  }
}
