import type { KeyObject } from 'node:crypto'
import { publicKeyObject } from './key-object.js'

/** Imported public keys, the least recently used one dropped first: importing a key costs as much as the verification it is for. */
export class KeyCache {
  readonly #bound: number
  readonly #objectByKey = new Map<string, KeyObject>()

  constructor(bound: number) {
    this.#bound = bound
  }

  get size(): number {
    return this.#objectByKey.size
  }

  /** Throws where OpenSSL does not take the key. */
  get(raw: Uint8Array): KeyObject {
    const name = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1')
    const known = this.#objectByKey.get(name)
    if (known) this.#objectByKey.delete(name)
    const object = known ?? publicKeyObject(raw)
    this.#objectByKey.set(name, object)
    if (this.#objectByKey.size > this.#bound) this.#dropOldest()
    return object
  }

  #dropOldest(): void {
    const oldest = this.#objectByKey.keys().next()
    if (!oldest.done) this.#objectByKey.delete(oldest.value)
  }
}
