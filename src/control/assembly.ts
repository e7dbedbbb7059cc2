import { makeKeys, makeStore, makeTransport, makeWitness, placeOf } from './adapters.js'
import { nodeCrypto } from '../adapters/crypto/node.js'
import { systemClock } from '../adapters/system/clock.js'
import { bootId } from '../adapters/system/machine.js'
import { systemRandom } from '../adapters/system/random.js'
import type { HostAdapters } from '../host/host.js'
import { isAgentRunning } from './caller/caller.js'

/** The program put together: which adapter stands behind which port. The only place, with `adapters.ts` beside it, that knows. */
export const systemAdapters = (): HostAdapters => ({
  crypto: nodeCrypto,
  clock: systemClock,
  random: systemRandom,
  bootId: bootId(),
  keys: makeKeys,
  openStore: makeStore,
  transport: makeTransport,
  place: placeOf,
  witness: makeWitness,
  isAgentAlive: agent => isAgentRunning(agent)
})
