import { concat } from '../encoding/bytes.js'
import type { VerifiedFrame } from './verification.js'

/** `misfit`: it does not follow what came before it. `unread`: it is the last, and some before it were let go. */
export type TakenPart = { readonly type: 'part' | 'misfit' | 'unread' } | { readonly type: 'whole'; readonly payload: Uint8Array }

/** The parts of a snapshot that wait for its last (rules C5). All of them are in the chain, and so on disk: their bytes may be let go. */
export class SnapshotParts {
  #payloads: Uint8Array[] = []
  /** How many there are, in memory or not. */
  #held = 0
  #due = 0

  /** What waits in memory. */
  get bytes(): number {
    return this.#payloads.reduce((sum, { length }) => sum + length, 0)
  }

  take({ header: { part, parts }, payload }: VerifiedFrame): TakenPart {
    if (part === 0) this.clear()
    else if (this.#held !== part || this.#due !== parts) {
      this.clear()
      return { type: 'misfit' }
    }
    this.#due = parts
    this.#held = part + 1
    if (this.#payloads.length === part) this.#payloads.push(payload.slice())
    if (part + 1 < parts) return { type: 'part' }
    const payloads = this.#payloads
    this.clear()
    return payloads.length < parts ? { type: 'unread' } : { type: 'whole', payload: concat(...payloads) }
  }

  /** Their bytes are read from the disk once the snapshot is whole. */
  letGo(): void {
    this.#payloads = []
  }

  clear(): void {
    this.#payloads = []
    this.#held = 0
  }
}
