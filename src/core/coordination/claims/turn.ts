import type { HostKey, MeshId, Millis, RecordId } from '../../brand.js'
import type { Crypto } from '../../crypto.js'
import { domainPrefix } from '../../domain.js'
import { compareText, fromHex, toHex } from '../../encoding/bytes.js'
import type { Turn } from '../records/values.js'

/** What a claim's place in the order is made of (rules E2). Nothing in it depends on which other claims there are. */
export interface LeadKey {
  /** Taken over by a reclaim that its holder has not taken back: the lead has passed (rules E1). */
  readonly reclaimed: boolean
  readonly turn: Turn
  /** Hash over mesh, minute and host key, in hex: nobody chooses it, and nobody can grind it. */
  readonly lot: string
  readonly id: RecordId
}

export const compareTurns = ([minute, count]: Turn, [otherMinute, otherCount]: Turn): number => minute - otherMinute || count - otherCount

/** Leads first. One total order of all claims: taking one out never moves the others. */
export const compareLead = (left: LeadKey, right: LeadKey): number =>
  Number(left.reclaimed) - Number(right.reclaimed) || compareTurns(left.turn, right.turn) || compareText(left.lot, right.lot) || compareText(left.id, right.id)

export const lotOf = (crypto: Crypto, mesh: MeshId, minute: number, hostKey: HostKey): string =>
  toHex(crypto.sha256(domainPrefix('lead', mesh).u64(minute).raw(fromHex(hostKey) ?? new Uint8Array(32)).done()))

/** Lots that are remembered: a day of one host's minutes, or an hour of 24 hosts'. */
const REMEMBERED = 1_440

/** `lotOf`, remembered: most claims of a host share a few minutes. */
export class Lots {
  readonly #crypto: Crypto
  readonly #mesh: MeshId
  readonly #lots = new Map<string, string>()

  constructor(crypto: Crypto, mesh: MeshId) {
    this.#crypto = crypto
    this.#mesh = mesh
  }

  of(minute: number, hostKey: HostKey): string {
    const key = `${minute} ${hostKey}`
    const lot = this.#lots.get(key) ?? lotOf(this.#crypto, this.#mesh, minute, hostKey)
    if (this.#lots.size >= REMEMBERED) this.#lots.clear()
    this.#lots.set(key, lot)
    return lot
  }
}

/**
 * The turn of a claim that is signed now: this minute of mesh time, but never before an overlapping live claim that this host holds, so
 * that sight beats clocks. `held` are those claims (`ClaimTable.overlapping`, of other sessions); `advantageMinutes` is what a policy in
 * force brings the minute forward by (at most ten).
 */
export const turnFor = ({ correctedNow, held, advantageMinutes = 0 }: { readonly correctedNow: Millis; readonly held: Iterable<{ readonly turn: Turn }>; readonly advantageMinutes?: number }): Turn => {
  let minute = Math.max(0, Math.floor(correctedNow / 60_000) - advantageMinutes)
  let count = 0
  for (const { turn } of held) {
    if (turn[0] < minute) continue
    count = turn[0] > minute ? turn[1] + 1 : Math.max(count, turn[1] + 1)
    minute = turn[0]
  }
  return [minute, count]
}
