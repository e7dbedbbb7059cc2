import type { Keys } from '../../ports/keys.js'
import type { Random } from '../../ports/random.js'
import { createHostKey, openHostKey } from './host-key.js'
import { createOperatorKey, hasOperatorKey, openOperatorKey, readOperatorPublicKey } from './operator-key.js'

/** The keys in one folder, which must exist: `host.key` and `operator.key`, read afresh at every call. */
export const keyFolder = (folder: string, random: Random): Keys => ({
  host: () => openHostKey(folder),
  operator: (passphrase) => openOperatorKey(folder, passphrase),
  operatorPublicKey: () => readOperatorPublicKey(folder),
  hasOperator: () => hasOperatorKey(folder),
  createHost: () => createHostKey(folder, random),
  createOperator: (passphrase) => createOperatorKey(folder, passphrase, random)
})
