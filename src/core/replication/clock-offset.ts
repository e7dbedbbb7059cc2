import type { Millis } from '../brand.js'

/** Under this an offset is the noise of the measurement and counts as none. */
const NOISE_MS = 250
const GRAIN_MS = 100
/** Two clocks further apart than this do not both tell the time roughly: there is no half-way between them. */
const APART_MS = 60 * 60_000

/**
 * The own clock minus mesh time, from the offsets of the peers' clocks to the own one: the median of those and the own zero, so that one
 * host that is off does not move the others, and two hosts agree to meet half-way (rules F1). Where the two in the middle are over an hour
 * apart, one of them is dead or lies: then the one nearer the own clock stands, and nobody is drawn years away; the skew is shown.
 */
export const ownOffset = (peerMinusOwn: Iterable<Millis>): Millis => {
  const readings = [0, ...peerMinusOwn].sort((left, right) => left - right)
  const middle = readings.length / 2
  const low = readings[Math.ceil(middle) - 1] ?? 0
  const high = readings[Math.floor(middle)] ?? 0
  const nearer = Math.abs(low) <= Math.abs(high) ? low : high
  const median = high - low > APART_MS ? nearer : (low + high) / 2
  return Math.abs(median) < NOISE_MS ? 0 : -Math.round(median / GRAIN_MS) * GRAIN_MS
}
