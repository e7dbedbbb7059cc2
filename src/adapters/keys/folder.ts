import type { Keys } from '../../ports/keys.js'
import type { Random } from '../../ports/random.js'
import { createHostKey, createNextHostKey, dropNextHostKey, openHostKey, openNextHostKey, promoteNextHostKey } from './host-key.js'
import { createOperatorKey, hasOperatorKey, openOperatorKey, readOperatorPublicKey } from './operator-key.js'

/** The keys in one folder, which must exist: `host.key` and `operator.key`, and `next.key` while the host changes its key; read afresh at every call. */
export const keyFolder = (folder: string, random: Random): Keys => ({
  host: () => openHostKey(folder),
  operator: (passphrase) => openOperatorKey(folder, passphrase),
  operatorPublicKey: () => readOperatorPublicKey(folder),
  hasOperator: () => hasOperatorKey(folder),
  createHost: () => createHostKey(folder, random),
  nextHost: () => openNextHostKey(folder),
  createNextHost: () => createNextHostKey(folder, random),
  promoteNextHost: () => promoteNextHostKey(folder),
  dropNextHost: () => dropNextHostKey(folder),
  createOperator: (passphrase) => createOperatorKey(folder, passphrase, random)
})
