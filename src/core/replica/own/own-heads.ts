import type { HostKey } from '../../brand.js'
import type { NamedHead } from '../../coordination/membership/body.js'
import { LIMITS } from '../../limits.js'
import { authorParts, epochTextOf, keyOf } from '../../replication/author.js'
import type { LogBook } from '../../replication/log-book.js'
import type { AuthorLog } from '../../replication/log.js'

/** Every epoch of a key that is held, newest first. */
export const epochsHeld = (logs: LogBook, key: HostKey): AuthorLog[] => {
  const held = [...logs.logs()].filter(log => keyOf(log.author) === key)
  return held.sort((left, right) => authorParts(right.author).epoch.counter - authorParts(left.author).epoch.counter)
}

/** What an act that ends the own key names: the newest frame of the newest epochs that hold anything and did not fork, as many as an act can name. */
export const ownHeads = (logs: LogBook, key: HostKey): NamedHead[] => {
  const counting = epochsHeld(logs, key).filter(log => log.headSeq >= 0 && !logs.isForked(log.author))
  return counting.slice(0, LIMITS.retiredEpochs).map(log => ({ epoch: epochTextOf(log.author), seq: log.headSeq, hash: log.headHash }))
}
