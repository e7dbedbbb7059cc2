import type { Millis } from './brand.js'

/** A reading of a hybrid logical clock, of a host or of an operator. */
export interface Stamp {
  /** Milliseconds since 1970, never behind the writer's earlier stamps. */
  readonly wall: Millis
  /** Orders stamps of one millisecond; 16 bits. */
  readonly count: number
}

/** Order by wall, then count. */
export const compareStamps = (left: Stamp, right: Stamp): number => left.wall - right.wall || left.count - right.count
