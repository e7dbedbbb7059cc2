import { randomBytes } from 'node:crypto'
import type { Random } from '../../ports/random.js'

/** The system's source of randomness. */
export const systemRandom: Random = { bytes: length => new Uint8Array(randomBytes(length)) }
