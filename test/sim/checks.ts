import type { AuthorId, Hash, HostKey, RecordId } from '../../src/core/brand.js'
import { View } from '../../src/core/coordination/view.js'
import { equalBytes, toHash, toHex } from '../../src/core/encoding/bytes.js'
import type { ReplicaEvent } from '../../src/core/replica/effect.js'
import type { Input, Written } from '../../src/core/replica/input.js'
import type { Replica } from '../../src/core/replica/replica.js'
import type { StoredBatch } from '../../src/core/replica/storage.js'
import type { Result } from '../../src/core/result.js'
import { keyOf } from '../../src/core/replication/author.js'
import { decodeFrame } from '../../src/core/replication/frame.js'
import { decodeMessage, type Message } from '../../src/core/replication/message.js'
import { compareStamps, type Stamp } from '../../src/core/stamp.js'
import type { SimHost } from './host.js'
import { counts, ownRecords, replay } from './replay.js'
import type { World } from './world.js'

const headerHash = (world: World, bytes: Uint8Array): Hash | null => {
  const frame = decodeFrame(bytes)
  return frame.ok ? toHash(world.keys.crypto.sha256(frame.value.headerBytes)) : null
}

/** The records that a revocation lets stay, each with the epochs that it is in. */
export type Staying = ReadonlyMap<RecordId, ReadonlySet<string>>

/** What one revocation lets stay, and how often its maker had lost something by then. */
interface Revoked {
  readonly at: SimHost
  readonly losses: number
  readonly stays: Staying
}

/** Everything that must hold at every step, and everything that must hold in the end. A failure is a sentence. */
export class Checks {
  readonly failures: string[] = []
  /** What each (author, number) was when an honest host first put it on a wire or on its own disk for good. */
  readonly #published = new Map<string, Hash>()
  /** Every frame that an honest host (or a copy of its home) made, by author and number. */
  readonly #made = new Map<string, Uint8Array[]>()
  /** The newest stamp of each author in each life of its host. */
  readonly #stamps = new Map<string, Stamp>()
  readonly #stays = new Map<HostKey, { readonly most: ReadonlySet<RecordId>; readonly all: readonly Revoked[] }>()
  readonly #world: World
  #takingPush = false

  constructor(world: World) {
    this.#world = world
  }

  fail(what: string): void {
    if (this.failures.length < 20) this.failures.push(`at ${this.#world.schedule.now} ms: ${what}`)
    this.#world.note(`FAILURE ${what}`)
  }

  /** A host's key is taken from the mesh; these of its records stay. */
  revoked(victim: SimHost, at: SimHost, stays: Staying): void {
    const { most, all } = this.#stays.get(victim.key) ?? { most: new Set<RecordId>(), all: [] }
    // of several revocations the lowest heads hold, epoch by epoch: no more stays than one of them lets stay, and no less than what all do
    this.#stays.set(victim.key, { most: new Set([...most, ...stays.keys()]), all: [...all, { at, losses: at.losses, stays }] })
  }

  /** What every revocation lets stay is there, unless who made it lost what it held since. */
  #checkKept(one: SimHost): void {
    for (const [key, { all }] of this.#stays) {
      if (one.replica.acts.roster().admits(key).state !== 'named' || all.some(({ at, losses }) => at.losses > losses)) continue
      const [first, ...others] = all.map(({ stays }) => stays)
      for (const [id, epochs] of first ?? []) {
        const isLeft = [...epochs].some(epoch => others.every(stays => stays.get(id)?.has(epoch) === true))
        if (isLeft && one.replica.view.record(id) === null) this.fail(`${one.name} has lost record ${id}, which a revocation lets stay`)
      }
    }
  }

  /** Once a host knows of a revocation, nothing off or past the named heads is in its view. */
  #checkRevoked(host: SimHost): void {
    const { view, acts } = host.replica
    for (const [key, { most }] of this.#stays) {
      if (acts.roster().admits(key).state !== 'named') continue
      for (const { hostKey, id } of view.records()) if (hostKey === key && !most.has(id)) return this.fail(`${host.name} shows record ${id} of a revoked host, which lies off or past the named heads`)
    }
  }

  isTaking(_host: SimHost, input: Input): void {
    this.#takingPush = input.type === 'linkMessage' && input.bytes[0] === PUSH
  }

  happened(host: SimHost, event: ReplicaEvent): void {
    const { occurred } = this.#world
    // what its author left out had ended by its own clock, which may have jumped; what must stay is decided in test/core/coordination/compaction
    if (event.type === 'compacted') for (const id of event.dropped) host.answered.delete(id)
    if (event.type === 'compacted' && event.dropped.size > 0) occurred.add('dropped records')
    if (event.type === 'forked') occurred.add('fork')
    if (event.type === 'historyWhole') occurred.add('history filled in')
    if (event.type === 'epochOpened' && event.why !== 'the first one') occurred.add('epoch opened anew')
    if (event.type === 'refused') {
      occurred.add(event.code === 'FRAME_VOID' ? 'void frame' : event.code.startsWith('FRAME_BAD') ? 'refused frame' : `refused ${event.code}`)
    }
    if (this.#stays.size > 0 && (event.type === 'viewChanged' || event.type === 'rosterChanged')) this.#checkRevoked(host)
    // what a snapshot leaves out has ended (rules C2)
    if (event.type === 'compacted') for (const id of event.dropped) host.answered.delete(id)
    if (event.type === 'compacted' && event.dropped.size > 0) occurred.add('ended records dropped')
    if (event.type === 'levelled' && !event.viewsEqual) this.fail(`${host.name} is level with a peer whose view differs`)
    if (event.type !== 'viewChanged') this.#world.note(() => `${host.name} ${JSON.stringify(event)}`)
  }

  /** Persist before publish: what others are told is on disk, and says of one number always the same. */
  sending(host: SimHost, link: number, bytes: Uint8Array): void {
    const type = bytes[0]
    this.#world.note(() => `${host.name} sends on link ${link}: ${messageText(bytes)}`)
    if (type === WANT && this.#takingPush) this.#world.occurred.add('gap')
    if (type === undefined || !CHECKED.has(type)) return
    const decoded = decodeMessage(bytes)
    if (!decoded.ok) return this.fail(`${host.name} sends a message that nobody can read`)
    this.#checkMessage(host, decoded.value)
  }

  #checkMessage(host: SimHost, message: Message): void {
    if (message.type === 'push') this.#checkFrame(host, message.frame)
    else if (message.type === 'frames' || message.type === 'past') for (const frame of message.frames) this.#checkFrame(host, frame)
    else if (message.type === 'have') {
      for (const { author, seq } of message.heads) if (host.disk.frame(author, seq) === null) this.fail(`${host.name} says that it has frame ${seq} of ${author} on disk, and has not`)
    } else if (message.type === 'heads') {
      for (const head of message.heads) {
        if (head.state === 'forked') continue
        const held = host.disk.frame(head.author, head.seq)
        if (held === null || headerHash(this.#world, held) !== head.hash) this.fail(`${host.name} names head ${head.seq} of ${head.author}, which is not on its disk`)
      }
    } else if (message.type === 'acts') {
      for (const act of message.acts) if (![...host.disk.acts.values()].some(held => equalBytes(held, act))) this.fail(`${host.name} sends an act that is not on its disk`)
    } else if (message.type === 'forks') {
      for (const proof of message.proofs) if (![...host.disk.proofs.values()].some(held => equalBytes(held, proof))) this.fail(`${host.name} sends a fork proof that is not on its disk`)
    }
  }

  #checkFrame(host: SimHost, bytes: Uint8Array): void {
    const frame = decodeFrame(bytes)
    if (!frame.ok) return this.fail(`${host.name} sends a frame that nobody can read`)
    const { author, seq } = frame.value.header
    const held = host.disk.frame(author, seq)
    if (held === null || !equalBytes(held, bytes)) this.fail(`${host.name} sends frame ${seq} of ${author} before it is on disk`)
    if (keyOf(author) === host.key) this.#publish(host, author, seq, bytes)
  }

  #publish(host: SimHost, author: AuthorId, seq: number, bytes: Uint8Array): void {
    const hash = headerHash(this.#world, bytes)
    if (hash === null) return
    const known = this.#published.get(`${author} ${seq}`) ?? hash
    this.#published.set(`${author} ${seq}`, known)
    if (known !== hash && !host.isRolledBack) this.fail(`${host.name} gives number ${seq} of ${author} a second time`)
  }

  made(author: AuthorId, seq: number, bytes: Uint8Array): void {
    const made = this.#made.get(`${author} ${seq}`) ?? []
    this.#made.set(`${author} ${seq}`, made)
    made.push(bytes)
  }

  /** What a host asks its disk to keep. */
  committing(host: SimHost, { frames }: StoredBatch): void {
    for (const { author, seq, bytes } of frames) {
      // what peers give back was made before, and history comes newest first
      if (keyOf(author) !== host.key || this.#made.get(`${author} ${seq}`)?.some(made => equalBytes(made, bytes)) === true) continue
      this.made(author, seq, bytes)
      this.#checkStamp(host, author, bytes)
    }
  }

  /** The hybrid clock of one epoch never goes back and never gives one stamp twice, whatever the wall clock does. */
  #checkStamp(host: SimHost, author: AuthorId, bytes: Uint8Array): void {
    const frame = decodeFrame(bytes)
    if (!frame.ok) return this.fail(`${host.name} writes a frame that nobody can read`)
    const { stamp } = frame.value.header
    const last = this.#stamps.get(`${author} ${host.life}`)
    if (last !== undefined && compareStamps(stamp, last) <= 0) this.fail(`${host.name} goes back in time: ${JSON.stringify(last)}, then ${JSON.stringify(stamp)}`)
    this.#stamps.set(`${author} ${host.life}`, stamp)
  }

  /** What is written to a disk for good. Where an act names the branch that stays (rules B4), another one gives way to it. */
  written(host: SimHost, { frames }: StoredBatch): void {
    for (const { author, seq, bytes } of frames) {
      if (host.replica.acts.roster().admits(keyOf(author)).state === 'named') continue
      const held = host.disk.frame(author, seq)
      if (held !== null && !equalBytes(held, bytes)) this.fail(`${host.name} writes over frame ${seq} of ${author} on its disk`)
    }
  }

  /** After the first storage error nothing more is acknowledged, and nothing is refused without a reason. */
  answered(host: SimHost, outcome: Result<readonly Written[]>): void {
    const { fenced } = host.replica
    if (outcome.ok) {
      if (fenced !== null) this.fail(`${host.name} acknowledges a write after its disk failed`)
      for (const { id } of outcome.value) host.answered.add(id)
    } else if (!isDue(outcome.failure.code, host)) {
      this.fail(`${host.name}: a write was refused: ${outcome.failure.code} ${outcome.failure.message}`)
    }
  }

  /** An answered write survives every restart. */
  started(host: SimHost): void {
    const own = ownRecords(host.replica)
    for (const id of host.answered) if (!own.has(id) && !host.mayBeLost.has(id)) this.fail(`${host.name} has lost record ${id}, whose writing it had answered`)
  }

  /** After the liveness phase: everybody sees the same, and what they see is what was written. */
  finish(hosts: readonly SimHost[]): void {
    const [first, ...others] = hosts.filter(host => host.isMember)
    if (first === undefined) return this.fail('nobody is a member')
    for (const host of hosts) this.#checkRest(host)
    for (const host of hosts) this.#checkRevoked(host)
    this.#checkKept(first)
    for (const host of others) this.#checkEqual(first, host)
    for (const host of hosts) this.#checkFold(host)
    this.#checkRestart(this.#world.random.pick(hosts))
    this.#checkAuthors(first)
    for (const host of hosts) this.#checkFrames(host, new Set(hosts.map(({ key }) => key)))
    for (const host of hosts) {
      this.started(host)
      for (const id of host.answered) {
        if (first.replica.view.record(id) !== null) continue
        if (!host.mayBeLost.has(id)) this.fail(`${first.name} does not show record ${id} that ${host.name} had answered`)
        else for (const holder of hosts) if (holds(holder, host.key, id)) this.fail(`${holder.name} holds record ${id} of ${host.name}, and nobody shows it`)
      }
    }
  }

  #checkRest(host: SimHost): void {
    const { replica } = host
    if (replica.isBusy) this.fail(`${host.name} still waits for its disk`)
    const liars = new Set<string>(this.#world.hosts.filter(({ distort }) => distort !== null).map(({ name }) => name))
    // a member that claims to hold what it never sends is asked again at every beat
    if (replica.isWanting && liars.size === 0) this.fail(`${host.name} still waits for frames that it asked for`)
    for (const link of replica.links) {
      if (liars.has(link.remote)) continue
      if (link.phase !== 'open') this.fail(`${host.name} has a link to ${link.remote} that is still ${link.phase}`)
      else if (!link.levelled) this.fail(`${host.name} is not level with ${link.remote}`)
    }
  }

  #checkEqual(one: SimHost, other: SimHost): void {
    const pair = `${one.name} and ${other.name}`
    if (one.replica.acts.digest() !== other.replica.acts.digest()) this.fail(`${pair} hold different acts`)
    if (one.replica.digest() !== other.replica.digest()) this.fail(`${pair} have different heads: ${differentHeads(one.replica, other.replica)}`)
    if (one.replica.view.hash() !== other.replica.view.hash()) this.fail(`${pair} have different views`)
    for (const log of one.replica.logs.logs()) {
      if (log.headSeq < 0 || one.replica.logs.isForked(log.author)) continue
      const same = other.replica.logs.get(log.author)
      if (same === null) this.fail(`${other.name} has no log of ${log.author}`)
      else if (toHex(same.document.encode()) !== toHex(log.document.encode())) this.fail(`${pair} encode the document of ${log.author} differently`)
    }
    const at = this.#world.wallMs
    const [left, right] = [one, other].map(host => JSON.stringify(leadsOf(host, at)))
    if (left !== right) this.fail(`${pair} name different leads: ${left} and ${right}`)
    if (leadsOf(one, at).length > 0) this.#world.occurred.add('crossing claims')
  }

  #checkFold(host: SimHost): void {
    const { replica } = host
    const fold = new View({ crypto: this.#world.keys.crypto, mesh: this.#world.mesh })
    fold.setRoster(replica.acts.roster().members)
    for (const log of replica.logs.logs()) {
      if (counts(replica, log)) fold.replaceAuthor(log.author, keyOf(log.author), log.records)
      if (log.chain.lowest > 0) this.#world.occurred.add('snapshot jump')
    }
    if (fold.hash() !== replica.view.hash()) this.fail(`${host.name}'s view is not what a fold from nothing gives`)
  }

  /** A restart from the disk alone gives the same. */
  #checkRestart(host: SimHost): void {
    const again = replay(this.#world, host)
    if (again.view.hash() !== host.replica.view.hash()) this.fail(`${host.name} shows something else after a restart`)
    if (again.digest() !== host.replica.digest()) this.fail(`${host.name} has other heads after a restart: ${differentHeads(host.replica, again)}`)
  }

  /** Every frame of an honest host, wherever it is held, is one that this host made. */
  #checkFrames(host: SimHost, honest: ReadonlySet<HostKey>): void {
    for (const [author, log] of host.disk.frames) {
      if (!honest.has(keyOf(author))) continue
      for (const [seq, bytes] of log) {
        if (this.#made.get(`${author} ${seq}`)?.some(made => equalBytes(made, bytes)) !== true) this.fail(`${host.name} holds frame ${seq} of ${author}, which its author never made`)
      }
    }
  }

  /** Nobody's record was altered or made up: each carries a word that its host was given to write. */
  #checkAuthors(host: SimHost): void {
    for (const entry of host.replica.view.records()) {
      if (entry.text.includes('"kind":"renew"')) continue
      const word = /«(\w+) of ([^»]+)»/.exec(entry.text)
      const writer = this.#world.hosts.find(({ key }) => key === entry.hostKey)
      if (word === null || writer === undefined || word[2] !== writer.name) this.fail(`${host.name} shows a record of ${writer?.name ?? entry.hostKey} that was written by nobody: ${entry.text.slice(0, 200)}`)
    }
  }
}

/** Whether a frame of this key that counts and lies on the host's disk has the record in it. */
const holds = ({ disk, replica }: SimHost, key: HostKey, id: RecordId): boolean =>
  [...replica.logs.logs()].some(log => keyOf(log.author) === key && counts(replica, log) && [...(disk.frames.get(log.author) ?? [])].some(([seq, bytes]) => seq <= log.headSeq && Buffer.from(bytes).includes(id)))

/** Whether a refusal is what it should be: what is held, or was taken from view meanwhile; after a storage error and a farewell. */
const isDue = (code: string, { replica, hasEnded }: SimHost): boolean => {
  if (code === 'FENCED' || code === 'DISK_FULL') return replica.fenced !== null
  return code === 'HOST_LEFT' ? hasEnded : code === 'CLAIM_HELD' || code === 'NO_SUCH_RECORD'
}

/** One message as a line of a story. */
const messageText = (bytes: Uint8Array): string => {
  const decoded = decodeMessage(bytes)
  if (!decoded.ok) return 'bytes that nobody can read'
  const message = decoded.value
  const frameText = (frame: Uint8Array): string => {
    const read = decodeFrame(frame)
    return read.ok ? `${read.value.header.author.slice(0, 4)}…${read.value.header.author.slice(-4)} ${read.value.header.seq}` : '?'
  }
  switch (message.type) {
    case 'status':
      return `status ${message.digest.slice(0, 6)} view ${message.view.slice(0, 6)}`
    case 'heads':
      return `heads ${message.heads.map(head => `${head.author.slice(0, 4)}…${head.author.slice(-4)} ${head.state === 'held' ? head.seq : 'forked'}`).join(', ')}`
    case 'push':
      return `push ${frameText(message.frame)}`
    case 'past':
      return `past ${message.frames.map(frameText).join(', ')}`
    case 'frames':
      return `frames ${message.frames.map(frameText).join(', ')}${message.more ? ' and more' : ''}`
    case 'want':
      return `want ${message.author.slice(0, 4)}…${message.author.slice(-4)} from ${message.from}`
    default:
      return message.type
  }
}

const PUSH = 10
const WANT = 8
/** heads, acts, forks, frames, push, have, past. */
const CHECKED: ReadonlySet<number> = new Set([4, 6, 7, 9, PUSH, 11, 14])

const leadsOf = (host: SimHost, at: number): readonly (readonly [string, string])[] =>
  host.replica.view.claims.crossings(at).map(({ key, lead }) => [key, lead.id] as const)

const differentHeads = (one: Replica, other: Replica): string => {
  const [left, right] = [one, other].map(replica => new Map(replica.logs.heads(() => ({ state: 'member' })).map(head => [head.author, head.state === 'held' ? `${head.seq} ${head.hash.slice(0, 6)}` : 'forked'])))
  const authors = new Set([...(left?.keys() ?? []), ...(right?.keys() ?? [])])
  return [...authors].filter(author => left?.get(author) !== right?.get(author)).map(author => `${author.slice(0, 6)}…${author.slice(-4)}: ${left?.get(author)} / ${right?.get(author)}`).join(', ')
}
