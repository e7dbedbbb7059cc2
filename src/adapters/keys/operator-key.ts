import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Signer } from '../../core/crypto.js'
import { equalBytes, toHex } from '../../core/encoding/bytes.js'
import { failure, success, type Result } from '../../core/result.js'
import type { Random } from '../../ports/random.js'
import { nodeSigner } from '../crypto/node.js'
import { generateSeed, publicKeyOf, SEED_BYTES } from '../crypto/seed.js'
import { createKeyFile, foreignKey, hexBytes, KEY_FILE_VERSION, readKeyFile } from './key-file.js'
import { passphraseShortage } from './passphrase.js'
import { CIPHER, IV_BYTES, KDF, openSeed, SALT_BYTES, sealSeed, TAG_BYTES } from './sealed-seed.js'

const TYPE = 'skein-operator-key'

const head = { type: z.literal(TYPE), version: z.literal(KEY_FILE_VERSION), public: hexBytes(32) }

const sealedFile = z.strictObject({
  ...head,
  passphrase: z.literal(true),
  kdf: z.strictObject({ name: z.literal(KDF.name), N: z.literal(KDF.N), r: z.literal(KDF.r), p: z.literal(KDF.p), salt: hexBytes(SALT_BYTES) }),
  cipher: z.strictObject({ name: z.literal(CIPHER), iv: hexBytes(IV_BYTES), tag: hexBytes(TAG_BYTES), data: hexBytes(SEED_BYTES) })
})

const clearFile = z.strictObject({ ...head, passphrase: z.literal(false), seed: hexBytes(SEED_BYTES) })

const operatorKeyFile = z.discriminatedUnion('passphrase', [sealedFile, clearFile])

type OperatorKeyFile = z.infer<typeof operatorKeyFile>

const pathIn = (folder: string): string => join(folder, 'operator.key')

const readOperatorKeyFile = (folder: string): Promise<Result<OperatorKeyFile>> => readKeyFile(pathIn(folder), operatorKeyFile, 'NO_OPERATOR_KEY')

const unlock = async (file: OperatorKeyFile, passphrase: string | null): Promise<Result<Uint8Array>> => {
  if (!file.passphrase) return success(file.seed)
  if (passphrase === null) return failure('OPERATOR_LOCKED', 'the operator key is locked with a passphrase')
  const { salt } = file.kdf
  const seed = await openSeed({ publicKey: file.public, salt, ...file.cipher }, passphrase)
  return seed ? success(seed) : failure('PASSPHRASE_WRONG', 'this passphrase does not open the operator key')
}

/** The operator key of this folder; failures as in `Keys.operator`. */
export const openOperatorKey = async (folder: string, passphrase: string | null): Promise<Result<Signer>> => {
  const file = await readOperatorKeyFile(folder)
  if (!file.ok) return file
  const unlocked = await unlock(file.value, passphrase)
  if (!unlocked.ok) return unlocked
  const seed = unlocked.value
  try {
    return equalBytes(publicKeyOf(seed), file.value.public) ? success(nodeSigner(seed)) : foreignKey(pathIn(folder))
  } finally {
    seed.fill(0)
  }
}

/** What the file says of its public half; proven only when the key is opened. */
export const readOperatorPublicKey = async (folder: string): Promise<Result<Uint8Array>> => {
  const file = await readOperatorKeyFile(folder)
  if (!file.ok) return file
  if (!file.value.passphrase) file.value.seed.fill(0)
  return success(file.value.public)
}

/** Whether something bears the name of the operator key, in whatever state; reading it says in which. */
export const hasOperatorKey = async (folder: string): Promise<boolean> => {
  try {
    await lstat(pathIn(folder))
    return true
  } catch {
    return false
  }
}

const fileFields = async (seed: Uint8Array, publicKey: Uint8Array, passphrase: string | null, random: Random) => {
  const common = { type: TYPE, version: KEY_FILE_VERSION, public: toHex(publicKey) }
  if (passphrase === null) return { ...common, passphrase: false, seed: toHex(seed) }
  const sealed = await sealSeed(seed, publicKey, passphrase, random)
  return {
    ...common,
    passphrase: true,
    kdf: { ...KDF, salt: toHex(sealed.salt) },
    cipher: { name: CIPHER, iv: toHex(sealed.iv), tag: toHex(sealed.tag), data: toHex(sealed.data) }
  }
}

/** Makes `operator.key`; failures as in `Keys.createOperator`. */
export const createOperatorKey = async (folder: string, passphrase: string | null, random: Random): Promise<Result<Signer>> => {
  const shortage = passphraseShortage(passphrase)
  if (shortage) return shortage
  const seed = generateSeed(random)
  try {
    const signer = nodeSigner(seed)
    const fields = await fileFields(seed, signer.publicKey, passphrase, random)
    const created = await createKeyFile(pathIn(folder), fields, random)
    return created.ok ? success(signer) : created
  } finally {
    seed.fill(0)
  }
}
