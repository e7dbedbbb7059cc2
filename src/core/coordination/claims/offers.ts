import type { RecordId } from '../../brand.js'
import { compareEntries, isKindOf, type Entry, type EntryOf } from '../records/entry.js'
import { countedTakes } from './handover.js'
import { drop, put } from './sets.js'
import { ownRecord } from './standing.js'

const NONE: readonly RecordId[] = []

/** Every offer of a view and what was said to it: who has what was handed over. A function of the set of records, in whatever order they came. */
export class Offers {
  readonly #offers = new Map<string, EntryOf<'offer'>>()
  readonly #byClaim = new Map<string, Set<EntryOf<'offer'>>>()
  readonly #said = new Map<string, Set<Entry>>()

  /** @returns the claims of which something else may be true now */
  add(entry: Entry): readonly RecordId[] {
    return this.#change(entry, put)
  }

  /** @returns as `add` */
  remove(entry: Entry): readonly RecordId[] {
    return this.#change(entry, drop)
  }

  /** The offers that its holder made of a claim, oldest first; whatever was said to them. */
  of(claim: EntryOf<'claim'>): EntryOf<'offer'>[] {
    return [...(this.#byClaim.get(claim.id) ?? [])].filter(offer => ownRecord(claim, offer)).sort(compareEntries)
  }

  /** Who took what an offer names, in time and being named by it: the first has it. */
  takesOf(offer: EntryOf<'offer'>): EntryOf<'take'>[] {
    return countedTakes(offer, this.#said.get(offer.id) ?? [])
  }

  /** Who has the claim, of all that it was offered to. */
  handed(claim: EntryOf<'claim'>): EntryOf<'take'> | null {
    const takes = this.of(claim).flatMap(offer => this.takesOf(offer).slice(0, 1))
    return takes.sort(compareEntries)[0] ?? null
  }

  #change(entry: Entry, change: typeof put): readonly RecordId[] {
    if (isKindOf(entry, 'offer')) {
      const { claims } = entry.parsed.record.fields
      if (change === put) this.#offers.set(entry.id, entry)
      else this.#offers.delete(entry.id)
      for (const id of claims) change(this.#byClaim, id, entry)
      return claims
    }
    if (!isKindOf(entry, 'take') && !isKindOf(entry, 'withdraw')) return NONE
    const { re } = entry.parsed.record.fields
    change(this.#said, re, entry)
    return this.#offers.get(re)?.parsed.record.fields.claims ?? NONE
  }
}
