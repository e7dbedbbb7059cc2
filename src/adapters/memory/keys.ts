import type { Signer } from '../../core/crypto.js'
import { failure, success, type Result } from '../../core/result.js'
import type { Keys } from '../../ports/keys.js'
import type { Random } from '../../ports/random.js'
import { nodeSigner } from '../crypto/node.js'
import { generateSeed } from '../crypto/seed.js'
import { passphraseShortage } from '../keys/passphrase.js'

interface OperatorKey {
  readonly signer: Signer
  readonly passphrase: string | null
}

const generateSigner = (random: Random): Signer => {
  const seed = generateSeed(random)
  try {
    return nodeSigner(seed)
  } finally {
    seed.fill(0)
  }
}

/** Keys that end with the process, for simulations and tests: a passphrase is compared, without a slow derivation. */
export const memoryKeys = (random: Random): Keys => {
  let host: Signer | null = null
  let next: Signer | null = null
  let operator: OperatorKey | null = null

  const openOperator = (passphrase: string | null): Result<Signer> => {
    if (!operator) return failure('NO_OPERATOR_KEY', 'there is no operator key here')
    if (operator.passphrase === null) return success(operator.signer)
    if (passphrase === null) return failure('OPERATOR_LOCKED', 'the operator key is locked with a passphrase')
    if (passphrase.normalize('NFC') !== operator.passphrase) return failure('PASSPHRASE_WRONG', 'this passphrase does not open the operator key')
    return success(operator.signer)
  }

  const createHost = (): Result<Signer> => {
    if (host) return failure('HOME_EXISTS', 'there is a host key already and it is never replaced')
    host = generateSigner(random)
    return success(host)
  }

  const createNextHost = (): Result<Signer> => {
    if (next) return failure('HOME_EXISTS', 'there is a next host key already and it is never replaced')
    next = generateSigner(random)
    return success(next)
  }

  const promoteNextHost = (): Result<null> => {
    host = next ?? host
    next = null
    return success(null)
  }

  const createOperator = (passphrase: string | null): Result<Signer> => {
    const shortage = passphraseShortage(passphrase)
    if (shortage) return shortage
    if (operator) return failure('HOME_EXISTS', 'there is an operator key already and it is never replaced')
    operator = { signer: generateSigner(random), passphrase: passphrase?.normalize('NFC') ?? null }
    return success(operator.signer)
  }

  return {
    host: async () => (host ? success(host) : failure('NO_HOME', 'there is no host key here')),
    operator: async (passphrase) => openOperator(passphrase),
    operatorPublicKey: async () => (operator ? success(operator.signer.publicKey) : failure('NO_OPERATOR_KEY', 'there is no operator key here')),
    hasOperator: async () => operator !== null,
    createHost: async () => createHost(),
    nextHost: async () => success(next),
    createNextHost: async () => createNextHost(),
    promoteNextHost: async () => promoteNextHost(),
    dropNextHost: async () => {
      next = null
      return success(null)
    },
    createOperator: async (passphrase) => createOperator(passphrase)
  }
}
