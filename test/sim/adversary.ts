import type { AuthorId, RecordId, SessionName } from '../../src/core/brand.js'
import { formRecord, recordIdOf } from '../../src/core/coordination/records/record.js'
import { toHash, toHex } from '../../src/core/encoding/bytes.js'
import { ByteReader } from '../../src/core/encoding/reader.js'
import { ByteWriter } from '../../src/core/encoding/writer.js'
import { authorIdOf, authorParts, clientIdOf, keyOf } from '../../src/core/replication/author.js'
import { AuthorDocument } from '../../src/core/replication/document.js'
import { assembleFrame, decodeFrame, encodeHeader, NO_HASH, type FrameKind } from '../../src/core/replication/frame.js'
import { encodeMessage } from '../../src/core/replication/message.js'
import type { Channel, ChannelEnd } from './channel.js'
import type { SimHost } from './host.js'
import { replay } from './replay.js'
import type { World } from './world.js'

const FRAMES = 9
const PUSH = 10
/** Type, author, number, more, count: what stands before the first frame of a `frames` message. */
const FRAMES_HEAD = 1 + 44 + 8 + 1 + 2

const DEEDS = ['record', 'record', 'garbage', 'foreign', 'bad snapshot', 'snapshot', 'half a snapshot', 'stray part', 'fork', 'fork']

const THIEFS_DEEDS = ['goes on', 'goes on', 'branches off', 'branches off', 'opens an epoch'] as const
type ThiefsDeed = (typeof THIEFS_DEEDS)[number]

const flip = (bytes: Uint8Array, index: number, bits: number): void => {
  bytes[index] = (bytes[index] ?? 0) ^ bits
}

/** What a member that means harm can do: on the way between others, with its own key, and with a copy of another's home. */
export class Adversary {
  readonly #world: World
  readonly #heard: Uint8Array[] = []
  /** A member whose process ended and whose key the adversary has. */
  #puppet: SimHost | null = null
  #chain: { author: AuthorId; seq: number; prev: string; document: AuthorDocument } | null = null

  constructor(world: World) {
    this.#world = world
  }

  get puppet(): SimHost | null {
    return this.#puppet
  }

  /** Alters, re-signs, drops, repeats or replays what passes by. */
  meddle(channel: Channel, bytes: Uint8Array, rate: number): readonly Uint8Array[] {
    const { random } = this.#world
    const type = bytes[0]
    if (type !== PUSH && type !== FRAMES) return [bytes]
    if (this.#heard.length < 50) this.#heard.push(bytes)
    if (!random.chance(rate)) return [bytes]
    channel.tampered = true
    const deed = random.pick(['alter', 'alter', 'resign', 'drop', 'duplicate', 'replay'])
    this.#world.note(`somebody on the way: ${deed} (a message of ${bytes.length} bytes)`)
    if (deed === 'drop') return []
    if (deed === 'duplicate') return [bytes, bytes]
    if (deed === 'replay') return [bytes, random.pick(this.#heard)]
    if (deed === 'resign' && type === PUSH) return [this.#resign(bytes)]
    const altered = bytes.slice()
    const start = type === PUSH ? 1 : Math.min(FRAMES_HEAD, bytes.length - 1)
    flip(altered, random.between(start, bytes.length - 1), 1 << random.int(8))
    return [altered]
  }

  /** Another payload under the same header fields, signed with the adversary's own key. */
  #resign(push: Uint8Array): Uint8Array {
    const decoded = decodeFrame(new ByteReader(push.subarray(1)).rest())
    if (!decoded.ok) return push
    const { header, payload } = decoded.value
    const altered = payload.slice()
    if (altered.length > 0) flip(altered, this.#world.random.int(altered.length), 1)
    const headerBytes = encodeHeader({ ...header, payloadHash: toHash(this.#world.keys.crypto.sha256(altered)) })
    const signer = this.#puppet?.signer ?? this.#world.keys.signer('adversary')
    return encodeMessage({ type: 'push', frame: assembleFrame(headerBytes, signer.sign(headerBytes), altered) })
  }

  /** A member's process ends for good; from now on the adversary writes with its key. */
  takeOver(host: SimHost): void {
    this.#world.note(`the adversary takes over ${host.name}`)
    host.kill()
    this.#world.unplug(host)
    this.#puppet = host
    const replica = replay(this.#world, host)
    const log = [...replica.logs.logs()].filter(each => keyOf(each.author) === host.key).at(-1)
    if (log !== undefined) this.#chain = { author: log.author, seq: log.headSeq, prev: log.headHash, document: log.document }
  }

  /** The puppet's next frame, honest or not, pushed to somebody. */
  speak(deeds: readonly string[] = DEEDS): void {
    const chain = this.#chain
    if (chain === null) return
    const { random } = this.#world
    const deed = random.pick(deeds)
    this.#world.note(`the puppet writes: ${deed}`)
    const { crypto } = this.#world.keys
    if (deed === 'record' || deed === 'fork') {
      const [id, text] = this.#record(0.1)
      let update: Uint8Array
      try {
        update = chain.document.write([[id, text]]).update
      } catch {
        update = random.bytes(12)
      }
      const { prev } = chain
      this.#push('update', [update])
      if (deed === 'fork') {
        // from here on it goes on with the second branch
        Object.assign(chain, { seq: chain.seq - 1, prev })
        this.#push('update', [random.bytes(5)])
      }
    } else if (deed === 'garbage') this.#push('update', [random.bytes(random.between(0, 60))])
    else if (deed === 'foreign') this.#push('update', [new ByteWriter().raw(Uint8Array.of(0, 1, 1, 1, 0, 9)).done()])
    else if (deed === 'bad snapshot') this.#push('snapshot', [random.bytes(20)])
    else if (deed === 'stray part') this.#push('snapshot', [random.bytes(5)], 1, 3)
    else {
      const document = new AuthorDocument(clientIdOf(crypto, this.#world.mesh, chain.author, chain.seq + 1))
      document.write([this.#record(), this.#record()])
      const whole = document.encode()
      const middle = whole.length >> 1
      const parts = [whole.slice(0, middle), whole.slice(middle)]
      if (deed === 'snapshot') {
        this.#push('snapshot', parts)
        chain.document = document
      } else this.#push('snapshot', parts.slice(0, 1), 0, 2)
    }
  }

  /** What a thief does with a key: goes on with the log, branches off from below, opens an epoch. Each time with a snapshot of its own. */
  steal(deed: ThiefsDeed = this.#world.random.pick(THIEFS_DEEDS)): void {
    const chain = this.#chain
    if (chain === null || this.#puppet === null) return
    const { random, mesh, keys } = this.#world
    this.#world.note(`the thief ${deed}`)
    if (deed === 'goes on') return this.speak(['record'])
    if (deed === 'branches off') {
      const held = [...(this.#puppet.disk.frames.get(chain.author) ?? [])].filter(([seq]) => seq < chain.seq)
      if (held.length === 0) return
      const [seq, bytes] = random.pick(held)
      const frame = decodeFrame(bytes)
      if (!frame.ok) return
      Object.assign(chain, { seq, prev: toHash(keys.crypto.sha256(frame.value.headerBytes)) })
    } else {
      const { key, epoch } = authorParts(chain.author)
      Object.assign(chain, { author: authorIdOf(key, { counter: epoch.counter + 1, nonce: toHex(random.bytes(8)) }), seq: -1, prev: NO_HASH })
    }
    const document = new AuthorDocument(clientIdOf(keys.crypto, mesh, chain.author, chain.seq + 1))
    document.write([this.#record()])
    this.#push('snapshot', [document.encode()])
    chain.document = document
  }

  /** A copy of a home writes on, elsewhere and at the same time as the original (rules C3). */
  copyHome(host: SimHost): void {
    this.#world.note(`a copy of ${host.name}'s home writes on`)
    const copy = replay(this.#world, host)
    const { now } = host.clock
    const effects = copy.handle({ type: 'write', request: 1, session: 'copy' as SessionName, drafts: [{ kind: 'note', fields: { text: `«copy of ${host.name}»` } }], strict: false }, now)
    const frames = effects.flatMap(effect => (effect.type === 'commit' ? effect.batch.frames : []))
    for (const { author, seq, bytes } of frames) {
      this.#world.checks.made(author, seq, bytes)
      this.#inject(encodeMessage({ type: 'push', frame: bytes }))
    }
  }

  /** @param strange how likely it stands under a key that no record has */
  #record(strange = 0): readonly [RecordId, string] {
    const { keys, mesh, random, wallMs } = this.#world
    const key = keyOf(this.#chain?.author ?? (NO_HASH as string as AuthorId))
    const text = formRecord({ kind: 'note', session: 'puppet' as SessionName, stamp: [wallMs, random.int(1_000)], offset: 0, fields: { text: `«p of ${this.#puppet?.name}»` } })
    if (!text.ok) throw new Error(text.failure.message)
    return [random.chance(strange) ? ('__proto__' as RecordId) : recordIdOf(keys.crypto, mesh, key, text.value), text.value]
  }

  #push(kind: FrameKind, payloads: readonly Uint8Array[], part = 0, parts = payloads.length): void {
    const chain = this.#chain
    if (chain === null || this.#puppet === null) return
    const { crypto } = this.#world.keys
    const targets = this.#openEnds()
    if (targets.length === 0) return
    const target = this.#world.random.pick(targets)
    for (const [index, payload] of payloads.entries()) {
      const headerBytes = encodeHeader({
        mesh: this.#world.mesh,
        author: chain.author,
        seq: chain.seq + 1,
        prev: toHashText(chain.prev),
        kind,
        part: part + index,
        parts,
        stamp: { wall: this.#world.wallMs, count: 0 },
        offsetMs: 0,
        payloadLength: payload.length,
        payloadHash: toHash(crypto.sha256(payload))
      })
      chain.seq += 1
      chain.prev = toHash(crypto.sha256(headerBytes))
      target(encodeMessage({ type: 'push', frame: assembleFrame(headerBytes, this.#puppet.signer.sign(headerBytes), payload) }))
    }
  }

  #inject(message: Uint8Array): void {
    const targets = this.#openEnds()
    if (targets.length > 0) this.#world.random.pick(targets)(message)
  }

  /** Ways to say something to an honest host on a link that is open, in its peer's name. */
  #openEnds(): ((message: Uint8Array) => void)[] {
    const isOpen = (end: ChannelEnd): boolean => [...end.host.replica.links].some(link => link.id === end.link && link.phase === 'open')
    return this.#world.alive().flatMap(channel =>
      channel.ends.filter(end => channel.isAlive(end) && isOpen(end)).map(end => (message: Uint8Array) => {
        channel.tampered = true
        channel.inject(end, message)
      })
    )
  }
}

const toHashText = (hex: string): typeof NO_HASH => hex as typeof NO_HASH
