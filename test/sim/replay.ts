import type { RecordId } from '../../src/core/brand.js'
import { Replica } from '../../src/core/replica/replica.js'
import { epochTextOf, keyOf } from '../../src/core/replication/author.js'
import type { AuthorLog } from '../../src/core/replication/log.js'
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

/** Whether a log counts in the view: of a key that has ended, where it is the chain that ends in the named head; of any other, unless it forked. */
export const counts = ({ acts, logs }: Replica, log: AuthorLog): boolean => {
  const admitted = acts.roster().admits(keyOf(log.author))
  if (admitted.state !== 'named') return !logs.isForked(log.author)
  const head = admitted.heads.find(({ epoch }) => epoch === epochTextOf(log.author))
  return head !== undefined && log.endsIn(head)
}

/** The replica's own records in all epochs that count. */
export const ownRecords = (replica: Replica): ReadonlySet<RecordId> => {
  const own = new Set<RecordId>()
  for (const log of replica.logs.logs()) {
    if (keyOf(log.author) !== replica.key || !counts(replica, log)) continue
    for (const id of log.records.keys()) own.add(id)
  }
  return own
}

export const ownRecordsOnDisk = (world: World, host: SimHost): ReadonlySet<RecordId> => ownRecords(replay(world, host))
