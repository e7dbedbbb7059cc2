import { nodeCrypto } from '../../../src/adapters/crypto/node.js'
import type { AuthorId, HostKey, MeshId, RecordId, SessionName } from '../../../src/core/brand.js'
import { formRecord, recordNaming } from '../../../src/core/coordination/records/record.js'
import type { Signer } from '../../../src/core/crypto.js'
import { toHex } from '../../../src/core/encoding/bytes.js'
import { authorIdOf, authorParts } from '../../../src/core/replication/author.js'
import { decodeFrame } from '../../../src/core/replication/frame.js'
import { HybridClock } from '../../../src/core/replication/hybrid-clock.js'
import { LogBook } from '../../../src/core/replication/log-book.js'
import { OwnLog } from '../../../src/core/replication/own-log.js'
import { trustStoredFrame, type VerifiedFrame } from '../../../src/core/replication/verification.js'
import { take } from './bench.js'

/** Somebody else who has a host's key: signs whatever it likes, on whatever of that host's frames it has seen. */
export class Thief {
  readonly key: HostKey
  readonly #signer: Signer
  readonly #mesh: MeshId
  readonly #nameOf: (text: string) => RecordId
  readonly ids = new Set<RecordId>()
  #serial = 0

  constructor(mesh: MeshId, signer: Signer) {
    this.#mesh = mesh
    this.#signer = signer
    this.key = toHex(signer.publicKey) as HostKey
    this.#nameOf = recordNaming(nodeCrypto, mesh, this.key)
  }

  /** The log of an author as it was up to a number (all of it unless said otherwise), to write on. */
  branch(author: AuthorId, frames: Iterable<readonly [number, Uint8Array]>, upTo = Number.MAX_SAFE_INTEGER): Branch {
    const known = [...frames].filter(([seq]) => seq <= upTo).sort(([left], [right]) => left - right).map(([, bytes]) => bytes)
    const logs = new LogBook(nodeCrypto, this.#mesh)
    const own = this.#own(logs)
    const log = logs.open(author)
    for (const bytes of known) log.append(take(trustStoredFrame(nodeCrypto, this.#mesh, take(decodeFrame(bytes)))))
    own.resume(author)
    return new Branch(own, wall => this.#record(wall))
  }

  /** A life of its own under the stolen key. */
  epoch(counter: number, wall: number): { readonly branch: Branch; readonly frames: readonly VerifiedFrame[] } {
    const logs = new LogBook(nodeCrypto, this.#mesh)
    for (let before = 1; before < counter; before++) logs.open(authorIdOf(this.key, { counter: before, nonce: '0'.repeat(16) }))
    const own = this.#own(logs)
    return { frames: own.openEpoch(new Map([this.#record(wall)]), wall, 0), branch: new Branch(own, at => this.#record(at)) }
  }

  #own(logs: LogBook): OwnLog {
    const own = new OwnLog({ crypto: nodeCrypto, mesh: this.#mesh, key: this.key, signer: this.#signer, logs, clock: new HybridClock() })
    own.start(nodeCrypto.sha256(Uint8Array.of(this.#serial++ & 255, this.#serial >> 8)).subarray(0, 8))
    return own
  }

  #record(wall: number): readonly [RecordId, string] {
    const text = take(formRecord({ kind: 'note', session: 'thief' as SessionName, stamp: [wall, 0], offset: 0, fields: { text: `stolen ${this.#serial++}` } }))
    const id = this.#nameOf(text)
    this.ids.add(id)
    return [id, text]
  }
}

export class Branch {
  readonly #own: OwnLog
  readonly #record: (wall: number) => readonly [RecordId, string]

  constructor(own: OwnLog, record: (wall: number) => readonly [RecordId, string]) {
    this.#own = own
    this.#record = record
  }

  write(count: number, wall: number): VerifiedFrame[] {
    return Array.from({ length: count }, () => this.#own.write([this.#record(wall)], wall, 0).frames).flat()
  }

  compact(wall: number): VerifiedFrame[] {
    return this.#own.compact(wall, 0)
  }
}

export const epochOf = (author: AuthorId): number => authorParts(author).epoch.counter
