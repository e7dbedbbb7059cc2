/**
 * The parts that skein is made of, for programs that embed a host or build another face. The command line is the stable face; these names
 * may still change before 1.0.
 */

// one host: its home, replica, sessions and links
export { Host, type HostAdapters } from './host/host.js'
export { systemAdapters } from './control/assembly.js'
export { callHome } from './control/client.js'

// the pure core: `Replica.handle(input, now)` gives effects, `View` is what all records say together
export { Replica, type ReplicaOptions } from './core/replica/replica.js'
export type { Effect, ReplicaEvent } from './core/replica/effect.js'
export type { Draft, Input, Written } from './core/replica/input.js'
export { View } from './core/coordination/view.js'
export { KINDS, KIND_NAMES } from './core/coordination/records/kinds.js'
export { ERRORS, type ErrorCode } from './core/errors.js'
export { LIMITS } from './core/limits.js'
export type { Failure, Result } from './core/result.js'

// cryptography: one rule, two backends
export type { Crypto, Signer } from './core/crypto.js'
export { nodeCrypto, nodeSigner } from './adapters/crypto/node.js'
export { nobleCrypto, nobleSigner } from './adapters/crypto/noble.js'

// ports, and what stands behind them
export type { Clock } from './ports/clock.js'
export type { Keys } from './ports/keys.js'
export type { Random } from './ports/random.js'
export { StoreFailure, type FrameStore } from './ports/store.js'
export type { Connection, Transport } from './ports/transport.js'
export { keyFolder } from './adapters/keys/folder.js'
export { openLevelStore } from './adapters/level/open.js'
export { memoryKeys } from './adapters/memory/keys.js'
export { MemoryContent, MemoryStore } from './adapters/memory/store.js'
export { MemoryNetwork } from './adapters/memory/transport.js'
export { systemClock } from './adapters/system/clock.js'
export { systemRandom } from './adapters/system/random.js'
export { websocketTransport } from './adapters/websocket/transport.js'
