import type { AuthorId, HostKey, MeshId, Millis, RecordId } from '../brand.js'
import type { Crypto, Signer } from '../crypto.js'
import { domainPrefix } from '../domain.js'
import { toHash, toHex, utf8Length } from '../encoding/bytes.js'
import { LIMITS } from '../limits.js'
import { authorIdOf, authorParts, clientIdOf } from './author.js'
import { AuthorDocument, type RecordChanges } from './document.js'
import { assembleFrame, decodeFrame, encodeHeader, type FrameHeader } from './frame.js'
import type { HybridClock } from './hybrid-clock.js'
import type { LogBook } from './log-book.js'
import type { AuthorLog } from './log.js'
import { trustStoredFrame, type VerifiedFrame } from './verification.js'

export interface OwnLogParts {
  readonly crypto: Crypto
  readonly mesh: MeshId
  readonly key: HostKey
  readonly signer: Signer
  readonly logs: LogBook
  readonly clock: HybridClock
}

/** Room that Yjs, keys and ids take in a payload beside the texts. */
const RECORD_OVERHEAD_BYTES = 96
const PAYLOAD_TARGET_BYTES = LIMITS.framePayloadBytes - 4096
/** The author writes a snapshot well before the log reaches what the generation allows. */
const COMPACT_AT_FRAMES = LIMITS.logFramesSinceSnapshot / 2
const COMPACT_AT_BYTES = LIMITS.logBytesSinceSnapshot / 2

/** The own snapshot would not say what it should: a defect, met before anything was signed. */
export class SnapshotDefect extends Error {}

/** The writing end of the own log: forms, signs and chains frames. What it makes still has to be put on disk before anybody sees it. */
export class OwnLog {
  readonly #parts: OwnLogParts
  #author: AuthorId | null = null
  #randomSeed = new Uint8Array(0)
  #opened = 0

  constructor(parts: OwnLogParts) {
    this.#parts = parts
  }

  /** The epoch written on; null before the first one is opened. */
  get author(): AuthorId | null {
    return this.#author
  }

  get log(): AuthorLog | null {
    return this.#author === null ? null : this.#parts.logs.get(this.#author)
  }

  /** @param random eight fresh random bytes: those of every epoch opened in this run are drawn from them. */
  start(random: Uint8Array): void {
    this.#randomSeed = random.slice()
  }

  /** Goes on with an epoch found whole in the store. */
  resume(author: AuthorId): void {
    this.#author = author
  }

  /** Begins a new life of the log with a snapshot of `records` (rules C1). `above`: a counter that is known to have been used. Fails as `#snapshot` does. */
  openEpoch(records: ReadonlyMap<RecordId, string>, wall: Millis, offsetMs: Millis, above = 0): VerifiedFrame[] {
    const { crypto, mesh, key, logs } = this.#parts
    const counters = [...logs.epochsOf(key)].map(author => authorParts(author).epoch.counter)
    const random = crypto.sha256(domainPrefix('client', mesh).raw(this.#randomSeed).u32(this.#opened++).done()).subarray(0, 8)
    const author = authorIdOf(key, { counter: Math.min(Math.max(above, ...counters) + 1, LIMITS.epochsPerKey), nonce: toHex(random) })
    this.#author = author
    logs.open(author)
    return this.#snapshot(records, wall, offsetMs)
  }

  get needsCompaction(): boolean {
    const log = this.log
    return log !== null && (log.framesSinceSnapshot > COMPACT_AT_FRAMES || log.bytesSinceSnapshot > COMPACT_AT_BYTES)
  }

  /** States the document anew, without what is dropped, and goes on in a fresh one. Fails as `#snapshot` does. */
  compact(wall: Millis, offsetMs: Millis, dropped: ReadonlySet<RecordId> = new Set()): VerifiedFrame[] {
    const kept = [...this.#current().records].filter(([id]) => !dropped.has(id))
    return this.#snapshot(new Map(kept), wall, offsetMs)
  }

  /** Whether so many more records and bytes fit into what the generation allows one author. */
  hasRoomFor(more: { readonly records: number; readonly bytes: number }, kept = { records: 0, bytes: 0 }): boolean {
    const { records, document } = this.#current()
    return records.size + more.records <= LIMITS.liveRecordsPerAuthor - kept.records && document.textBytes + more.bytes <= LIMITS.documentBytesPerAuthor - kept.bytes
  }

  /** Writes records: one frame, or as many as the payload limit asks for. */
  write(records: readonly (readonly [RecordId, string])[], wall: Millis, offsetMs: Millis): { frames: VerifiedFrame[]; changes: RecordChanges } {
    const frames: VerifiedFrame[] = []
    const set = new Map<RecordId, string>()
    for (const group of groupBySize(records)) {
      const { update, changes } = this.#current().document.write(group)
      for (const [id, text] of changes.set) set.set(id, text)
      frames.push(this.#append('update', update, 0, 1, null, wall, offsetMs))
    }
    return { frames, changes: { set, removed: new Set() } }
  }

  /**
   * Before anything is signed the snapshot is read as others will read it, and must give the same records (case 72): a defect of ours, or of
   * Yjs, ends in a `SnapshotDefect` with the snapshot before it still in force, and never as a signed loss. Doubles the time of a snapshot.
   */
  #snapshot(records: ReadonlyMap<RecordId, string>, wall: Millis, offsetMs: Millis): VerifiedFrame[] {
    const { crypto, mesh } = this.#parts
    const log = this.#current()
    const clientId = clientIdOf(crypto, mesh, log.author, log.headSeq + 1)
    const written = new AuthorDocument(clientId)
    written.write(records)
    const whole = written.encode()
    const document = new AuthorDocument(clientId)
    const applied = document.apply(whole)
    const lost = [...records].filter(([id, text]) => document.records.get(id) !== text).length
    if (!applied.ok || lost > 0 || document.records.size !== records.size) {
      throw new SnapshotDefect(`the own snapshot does not say what it should (${applied.ok ? `${lost} of ${records.size} records differ, ${document.records.size} are there` : applied.fault}); it was not signed`)
    }
    const parts = Math.max(1, Math.ceil(whole.length / LIMITS.snapshotPartBytes))
    return Array.from({ length: parts }, (_, part) => {
      const payload = whole.slice(part * LIMITS.snapshotPartBytes, (part + 1) * LIMITS.snapshotPartBytes)
      return this.#append('snapshot', payload, part, parts, part + 1 === parts ? document : null, wall, offsetMs)
    })
  }

  #append(kind: 'update' | 'snapshot', payload: Uint8Array, part: number, parts: number, document: AuthorDocument | null, wall: Millis, offsetMs: Millis): VerifiedFrame {
    const { crypto, mesh, signer, clock } = this.#parts
    const log = this.#current()
    const header: Omit<FrameHeader, 'generation' | 'minor'> = {
      mesh,
      author: log.author,
      seq: log.headSeq + 1,
      prev: log.headHash,
      kind,
      part,
      parts,
      stamp: clock.tick(wall),
      offsetMs,
      payloadLength: payload.length,
      payloadHash: toHash(crypto.sha256(payload))
    }
    const headerBytes = encodeHeader(header)
    const decoded = decodeFrame(assembleFrame(headerBytes, signer.sign(headerBytes), payload))
    const verified = decoded.ok ? trustStoredFrame(crypto, mesh, decoded.value) : decoded
    if (!verified.ok) throw new Error(`an own frame that does not hold: ${verified.failure.message}`)
    log.extend(verified.value, document)
    return verified.value
  }

  #current(): AuthorLog {
    const log = this.log
    if (log === null) throw new Error('no epoch is open')
    return log
  }
}

const groupBySize = (records: readonly (readonly [RecordId, string])[]): (readonly (readonly [RecordId, string])[])[] => {
  const groups: (readonly [RecordId, string])[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const record of records) {
    const size = utf8Length(record[1]) + RECORD_OVERHEAD_BYTES
    if (bytes + size > PAYLOAD_TARGET_BYTES) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1)?.push(record)
    bytes += size
  }
  return groups
}
