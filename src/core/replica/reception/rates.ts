import type { HostKey, Millis } from '../../brand.js'
import { LIMITS } from '../../limits.js'

/** A measure that fills up again with time: what is taken from it at once is bounded, and what is taken in the long run too. */
export class Bucket {
  readonly #most: number
  readonly #perSecond: number
  #left: number
  #atMono: Millis

  constructor(most: number, perSecond: number, nowMono: Millis) {
    this.#most = most
    this.#perSecond = perSecond
    this.#left = most
    this.#atMono = nowMono
  }

  isEmpty(nowMono: Millis): boolean {
    this.#left = Math.min(this.#most, this.#left + ((nowMono - this.#atMono) / 1_000) * this.#perSecond)
    this.#atMono = nowMono
    return this.#left <= 0
  }

  /** May go below zero: what was begun is taken whole, and the next waits longer. */
  take(amount: number): void {
    this.#left -= amount
  }
}

interface Measures {
  readonly frames: Bucket
  readonly bytes: Bucket
}

/**
 * How much of one host is taken in at a time, over all its epochs and whoever carries it. A frame beyond is not refused: it is left for a later
 * beat, when heads are compared and what is missing is asked for (rules G1: rates delay, they never drop). Only what was verified counts, so that
 * nobody uses up another's measure.
 */
export class Rates {
  readonly #of = new Map<HostKey, Measures>()

  isOver(key: HostKey, nowMono: Millis): boolean {
    const measures = this.#of.get(key)
    if (measures === undefined) return false
    const [frames, bytes] = [measures.frames.isEmpty(nowMono), measures.bytes.isEmpty(nowMono)]
    return frames || bytes
  }

  /** A frame of this host was taken in. */
  count(key: HostKey, bytes: number, nowMono: Millis): void {
    const measures = this.#of.get(key) ?? {
      frames: new Bucket(LIMITS.authorBurstFrames, LIMITS.authorFramesPerSecond, nowMono),
      bytes: new Bucket(LIMITS.authorBurstBytes, LIMITS.authorBytesPerSecond, nowMono)
    }
    this.#of.set(key, measures)
    measures.frames.take(1)
    measures.bytes.take(bytes)
  }
}
