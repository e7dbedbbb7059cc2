import { nodeCrypto as crypto } from '../../src/adapters/crypto/node.js'
import type { AuthorId, HostKey, MeshId, SessionName } from '../../src/core/brand.js'
import { formRecord, recordNaming, type RecordFields } from '../../src/core/coordination/records/record.js'
import type { Signer } from '../../src/core/crypto.js'
import { toHex } from '../../src/core/encoding/bytes.js'
import { authorIdOf } from '../../src/core/replication/author.js'
import { HybridClock } from '../../src/core/replication/hybrid-clock.js'
import { LogBook } from '../../src/core/replication/log-book.js'
import { OwnLog } from '../../src/core/replication/own-log.js'
import type { VerifiedFrame } from '../../src/core/replication/verification.js'

export type Step = { readonly note: string } | { readonly kind: string; readonly fields: RecordFields } | 'snapshot'

/** Signs what no honest host would: histories of one epoch that part ways, as many epochs as it likes. */
export class Forger {
  readonly key: HostKey
  #wall: number

  constructor(
    readonly mesh: MeshId,
    readonly signer: Signer,
    wallMs: number
  ) {
    this.key = toHex(signer.publicKey) as HostKey
    this.#wall = wallMs
  }

  epoch(counter: number, nonce: number): AuthorId {
    return authorIdOf(this.key, { counter, nonce: nonce.toString(16).padStart(16, '0') })
  }

  /** These frames and, behind them, what these steps make of them; an opening snapshot first where there are none. */
  branch(author: AuthorId, before: readonly VerifiedFrame[], steps: readonly Step[]): VerifiedFrame[] {
    const logs = new LogBook(crypto, this.mesh)
    const own = new OwnLog({ crypto, mesh: this.mesh, key: this.key, signer: this.signer, logs, clock: new HybridClock() })
    const log = logs.open(author)
    for (const frame of before) log.append(frame)
    own.resume(author)
    const frames = [...before]
    if (before.length === 0) frames.push(...own.compact(++this.#wall, 0))
    for (const step of steps) {
      const wall = ++this.#wall
      if (step === 'snapshot') frames.push(...own.compact(wall, 0))
      else frames.push(...own.write([this.#record('note' in step ? { kind: 'note', fields: { text: step.note } } : step, wall)], wall, 0).frames)
    }
    return frames
  }

  #record({ kind, fields }: { readonly kind: string; readonly fields: RecordFields }, wall: number) {
    const text = formRecord({ kind, session: 'claude-1' as SessionName, stamp: [wall, 0], offset: 0, fields })
    if (!text.ok) throw new Error(text.failure.message)
    return [recordNaming(crypto, this.mesh, this.key)(text.value), text.value] as const
  }
}
