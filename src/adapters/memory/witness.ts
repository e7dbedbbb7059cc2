import type { Witness } from '../../ports/witness.js'

/** A witness that lives as long as whoever holds `known`. */
export class MemoryWitness implements Witness {
  readonly known: Map<string, number>
  readonly failure = null

  constructor(known = new Map<string, number>()) {
    this.known = known
  }

  async read(): Promise<ReadonlyMap<string, number>> {
    return new Map(this.known)
  }

  note(epoch: string, seq: number): void {
    if (seq > (this.known.get(epoch) ?? -1)) this.known.set(epoch, seq)
  }

  async close(): Promise<void> {
    return undefined
  }
}
