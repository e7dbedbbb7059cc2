import type { RecordId } from '../../src/core/brand.js'
import { Replica } from '../../src/core/replica/replica.js'
import { keyOf } from '../../src/core/replication/author.js'
import type { SimHost } from './host.js'
import type { World } from './world.js'

/** What a replica becomes from a host's disk alone. */
export const replay = (world: World, host: SimHost): Replica => {
  const replica = new Replica({ crypto: world.keys.crypto, mesh: world.mesh, signer: host.signer })
  const { now } = host.clock
  for (const input of host.disk.inputs()) replica.handle(input, now)
  replica.handle({ type: 'started', epochNonce: new Uint8Array(8) }, now)
  return replica
}

/** The replica's own records in all epochs that count. */
export const ownRecords = (replica: Replica): ReadonlySet<RecordId> => {
  const own = new Set<RecordId>()
  for (const log of replica.logs.logs()) {
    if (keyOf(log.author) !== replica.key || replica.logs.isForked(log.author)) continue
    for (const id of log.records.keys()) own.add(id)
  }
  return own
}

export const ownRecordsOnDisk = (world: World, host: SimHost): ReadonlySet<RecordId> => ownRecords(replay(world, host))
