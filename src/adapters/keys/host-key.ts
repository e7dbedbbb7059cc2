import { join } from 'node:path'
import { z } from 'zod'
import type { Signer } from '../../core/crypto.js'
import { equalBytes, toHex } from '../../core/encoding/bytes.js'
import { success, type Result } from '../../core/result.js'
import type { Random } from '../../ports/random.js'
import { nodeSigner } from '../crypto/node.js'
import { generateSeed, publicKeyOf, SEED_BYTES } from '../crypto/seed.js'
import { createKeyFile, foreignKey, hexBytes, KEY_FILE_VERSION, readKeyFile } from './key-file.js'

const TYPE = 'skein-host-key'

const hostKeyFile = z.strictObject({ type: z.literal(TYPE), version: z.literal(KEY_FILE_VERSION), public: hexBytes(32), seed: hexBytes(SEED_BYTES) })

const pathIn = (folder: string): string => join(folder, 'host.key')

/** Lends the seed of the host key to `use` and wipes it afterwards. */
export const withHostSeed = async <Value>(folder: string, use: (seed: Uint8Array) => Value): Promise<Result<Value>> => {
  const path = pathIn(folder)
  const read = await readKeyFile(path, hostKeyFile, 'NO_HOME')
  if (!read.ok) return read
  const { seed, public: publicKey } = read.value
  try {
    return equalBytes(publicKeyOf(seed), publicKey) ? success(use(seed)) : foreignKey(path)
  } finally {
    seed.fill(0)
  }
}

/** The host key of this folder; failures as in `Keys.host`. */
export const openHostKey = (folder: string): Promise<Result<Signer>> => withHostSeed(folder, nodeSigner)

/** Makes `host.key`; failures as in `Keys.createHost`. */
export const createHostKey = async (folder: string, random: Random): Promise<Result<Signer>> => {
  const seed = generateSeed(random)
  try {
    const signer = nodeSigner(seed)
    const fields = { type: TYPE, version: KEY_FILE_VERSION, public: toHex(signer.publicKey), seed: toHex(seed) }
    const created = await createKeyFile(pathIn(folder), fields, random)
    return created.ok ? success(signer) : created
  } finally {
    seed.fill(0)
  }
}
