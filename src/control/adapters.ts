import { keyFolder } from '../adapters/keys/folder.js'
import { hostTls } from '../adapters/keys/host-tls.js'
import { openLevelStore } from '../adapters/level/open.js'
import { systemRandom } from '../adapters/system/random.js'
import { websocketTransport } from '../adapters/websocket/transport.js'
import { success, type Result } from '../core/result.js'
import type { Keys } from '../ports/keys.js'
import type { FrameStore } from '../ports/store.js'
import type { Transport } from '../ports/transport.js'

export { nodeCrypto, nodeSigner } from '../adapters/crypto/node.js'
export { generateSeed } from '../adapters/crypto/seed.js'
export { machineName } from '../adapters/system/machine.js'
export { DEFAULT_PORT, hostAndPort, normaliseAddress, parseAddress } from '../adapters/websocket/address.js'
export { systemRandom }

export const makeKeys = (folder: string): Keys => keyFolder(folder, systemRandom)

export const makeStore = (folder: string, options: { readonly create: boolean }): Promise<Result<FrameStore>> => openLevelStore(folder, options)

/** Links with the home's own certificate. */
export const makeTransport = async (folder: string, allowInsecure: boolean): Promise<Result<Transport>> => {
  const tls = await hostTls(folder)
  if (!tls.ok) return tls
  return success(websocketTransport({ tls: { key: tls.value.key, cert: tls.value.cert }, allowInsecure }))
}
