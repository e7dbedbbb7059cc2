import type { ActId, Hash, MeshId } from '../../brand.js'
import type { Crypto } from '../../crypto.js'
import { compareText, concat, fromHex, toHash } from '../../encoding/bytes.js'
import { LIMITS } from '../../limits.js'
import { failure, success, type Result } from '../../result.js'
import { actIdOf, decodeAct, type VerifiedAct } from './act.js'
import { keptActs } from './kept.js'
import { reduceRoster, type Roster } from './roster.js'

export interface TakenAct {
  readonly act: VerifiedAct
  /** False where it was held already. */
  readonly isNew: boolean
}

/**
 * The acts that a host holds of one mesh, valid ones only, and the roster that they give. Whoever adds some says `settle` when it has added all that came
 * together: only then is it known whose acts are kept.
 */
export class ActSet {
  readonly mesh: MeshId
  readonly #crypto: Crypto
  #acts = new Map<ActId, VerifiedAct>()
  #roster: Roster | null = null
  #digest: Hash | null = null

  constructor(crypto: Crypto, mesh: MeshId) {
    this.#crypto = crypto
    this.mesh = mesh
  }

  get size(): number {
    return this.#acts.size
  }

  /** Takes an act in, as it came. One that is held is known by its id, before any signature is looked at. Fails as `decodeAct` does. */
  add(bytes: Uint8Array): Result<TakenAct> {
    if (bytes.length > LIMITS.actBytes) return failure('ACT_MALFORMED', `An act of ${bytes.length} bytes; ${LIMITS.actBytes} are allowed.`)
    const held = this.#acts.get(actIdOf(this.#crypto, bytes))
    if (held) return success({ act: held, isNew: false })
    const decoded = decodeAct(bytes, { crypto: this.#crypto, mesh: this.mesh })
    if (!decoded.ok) return decoded
    this.#acts.set(decoded.value.id, decoded.value)
    this.#changed()
    return success({ act: decoded.value, isNew: true })
  }

  /**
   * Lets go of what is not kept, until the rest gives a roster by which all of it is: without an act that counted for nothing others may come to count for
   * nothing. Nothing goes before the genesis is held.
   * @returns what was let go.
   */
  settle(): readonly ActId[] {
    const dropped: ActId[] = []
    for (;;) {
      const roster = this.roster()
      const kept = roster.mesh === null ? this.#acts : keptActs(this.#acts, roster.writers)
      if (kept.size === this.#acts.size) return dropped
      for (const id of this.#acts.keys()) if (!kept.has(id)) dropped.push(id)
      this.#acts = kept
      this.#changed()
    }
  }

  has(id: ActId): boolean {
    return this.#acts.has(id)
  }

  get(id: ActId): VerifiedAct | null {
    return this.#acts.get(id) ?? null
  }

  /** As received, to store and to forward. */
  bytes(id: ActId): Uint8Array | null {
    return this.#acts.get(id)?.bytes ?? null
  }

  /** Sorted. */
  ids(): readonly ActId[] {
    return [...this.#acts.keys()].sort(compareText)
  }

  values(): Iterable<VerifiedAct> {
    return this.#acts.values()
  }

  /** SHA-256 over the sorted ids: equal where the same acts are held. */
  digest(): Hash {
    this.#digest ??= toHash(this.#crypto.sha256(concat(...this.ids().map(id => fromHex(id) ?? new Uint8Array(32)))))
    return this.#digest
  }

  /** Kept until another act is taken in. */
  roster(): Roster {
    this.#roster ??= reduceRoster(this.#acts.values())
    return this.#roster
  }

  #changed(): void {
    this.#roster = null
    this.#digest = null
  }
}
