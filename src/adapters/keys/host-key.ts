import { join } from 'node:path'
import { z } from 'zod'
import type { Signer } from '../../core/crypto.js'
import { equalBytes, toHex } from '../../core/encoding/bytes.js'
import { success, type Result } from '../../core/result.js'
import type { Random } from '../../ports/random.js'
import { nodeSigner } from '../crypto/node.js'
import { generateSeed, publicKeyOf, SEED_BYTES } from '../crypto/seed.js'
import { createKeyFile, dropKeyFile, foreignKey, hexBytes, keyFileExists, KEY_FILE_VERSION, readKeyFile, replaceKeyFile } from './key-file.js'

const TYPE = 'skein-host-key'

const hostKeyFile = z.strictObject({ type: z.literal(TYPE), version: z.literal(KEY_FILE_VERSION), public: hexBytes(32), seed: hexBytes(SEED_BYTES) })

const pathIn = (folder: string): string => join(folder, 'host.key')
/** The key that is to take the other's place, while a host changes its key. */
const nextIn = (folder: string): string => join(folder, 'next.key')

/** Lends the seed of the host key to `use` and wipes it afterwards. */
export const withHostSeed = <Value>(folder: string, use: (seed: Uint8Array) => Value): Promise<Result<Value>> => withSeed(pathIn(folder), use)

const withSeed = async <Value>(path: string, use: (seed: Uint8Array) => Value): Promise<Result<Value>> => {
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
export const createHostKey = (folder: string, random: Random): Promise<Result<Signer>> => createKey(pathIn(folder), random)

/** The next host key of this folder; failures as in `Keys.nextHost`. */
export const openNextHostKey = async (folder: string): Promise<Result<Signer | null>> => {
  const path = nextIn(folder)
  return (await keyFileExists(path)) ? withSeed(path, nodeSigner) : success(null)
}

/** Makes `next.key`; failures as in `Keys.createNextHost`. */
export const createNextHostKey = (folder: string, random: Random): Promise<Result<Signer>> => createKey(nextIn(folder), random)

/** One rename: whoever is killed leaves the old file or the new one, whole. */
export const promoteNextHostKey = async (folder: string): Promise<Result<null>> => ((await keyFileExists(nextIn(folder))) ? replaceKeyFile(nextIn(folder), pathIn(folder)) : success(null))

export const dropNextHostKey = (folder: string): Promise<Result<null>> => dropKeyFile(nextIn(folder))

const createKey = async (path: string, random: Random): Promise<Result<Signer>> => {
  const seed = generateSeed(random)
  try {
    const signer = nodeSigner(seed)
    const fields = { type: TYPE, version: KEY_FILE_VERSION, public: toHex(signer.publicKey), seed: toHex(seed) }
    const created = await createKeyFile(path, fields, random)
    return created.ok ? success(signer) : created
  } finally {
    seed.fill(0)
  }
}
