import { join } from 'node:path'
import { keyFolder } from '../adapters/keys/folder.js'
import { hostTls } from '../adapters/keys/host-tls.js'
import { openLevelStore } from '../adapters/level/open.js'
import { sentinelMarks } from '../adapters/level/sentinel.js'
import { machineId } from '../adapters/system/machine-id.js'
import { systemRandom } from '../adapters/system/random.js'
import { FolderWitness, stateFolder } from '../adapters/system/witness.js'
import { websocketTransport } from '../adapters/websocket/transport.js'
import type { HostId } from '../core/brand.js'
import { success, type Result } from '../core/result.js'
import type { Keys } from '../ports/keys.js'
import type { PlaceFacts } from '../ports/place.js'
import type { FrameStore } from '../ports/store.js'
import type { Transport } from '../ports/transport.js'
import type { Witness } from '../ports/witness.js'

export { nodeCrypto, nodeSigner } from '../adapters/crypto/node.js'
export { generateSeed } from '../adapters/crypto/seed.js'
export { machineName } from '../adapters/system/machine.js'
export { DEFAULT_PORT, hostAndPort, normaliseAddress, parseAddress } from '../adapters/websocket/address.js'
export { systemRandom }

export const makeKeys = (folder: string): Keys => keyFolder(folder, systemRandom)

export const makeStore = (folder: string, options: { readonly create: boolean; readonly orRead?: boolean }): Promise<Result<FrameStore>> => openLevelStore(folder, options)

/** Links with the home's own certificate. */
export const makeTransport = async (folder: string, allowInsecure: boolean): Promise<Result<Transport>> => {
  const tls = await hostTls(folder)
  if (!tls.ok) return tls
  return success(websocketTransport({ tls: { key: tls.value.key, cert: tls.value.cert }, allowInsecure }))
}

/** Of a store that is there: on which machine it lies, and the marks of its sentinel. */
export const placeOf = async (store: string): Promise<PlaceFacts> => {
  const [machine, marks] = await Promise.all([machineId(), sentinelMarks(store)])
  return machine === null ? marks : new Map([...marks, ['machine', machine]])
}

export const makeWitness = (host: HostId): Witness => new FolderWitness(join(stateFolder(), host))
