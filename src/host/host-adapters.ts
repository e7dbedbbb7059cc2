import type { HostId } from '../core/brand.js'
import type { Crypto } from '../core/crypto.js'
import type { Result } from '../core/result.js'
import type { Clock } from '../ports/clock.js'
import type { Keys } from '../ports/keys.js'
import type { PlaceFacts } from '../ports/place.js'
import type { Random } from '../ports/random.js'
import type { FrameStore } from '../ports/store.js'
import type { Transport } from '../ports/transport.js'
import type { Witness } from '../ports/witness.js'
import type { AgentProcess } from './session/evidence.js'

/** The adapters that a host runs on, chosen where the program is put together. */
export interface HostAdapters {
  readonly crypto: Crypto
  readonly clock: Clock
  readonly random: Random
  readonly bootId: string
  keys(folder: string): Keys
  /** `orRead`: for reading alone where nothing can be written. */
  openStore(folder: string, options: { readonly create: boolean; readonly orRead?: boolean }): Promise<Result<FrameStore>>
  /** The transport of the home's own certificate. */
  transport(folder: string, allowInsecure: boolean): Promise<Result<Transport>>
  /** Where a store that is there lies now. */
  place(store: string): Promise<PlaceFacts>
  /** What this machine remembers of a host's log outside its home. */
  witness(host: HostId): Witness
  isAgentAlive(agent: AgentProcess): boolean
}
