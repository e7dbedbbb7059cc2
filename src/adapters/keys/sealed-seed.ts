import { createCipheriv, createDecipheriv, scrypt } from 'node:crypto'
import { concat } from '../../core/encoding/bytes.js'
import { ByteWriter } from '../../core/encoding/writer.js'
import type { Random } from '../../ports/random.js'

/** RFC 7914. 2^17 · 8 · 128 B = 128 MiB and about 0.4 s a guess: OWASP's first choice for scrypt. Fixed by the version of the file. */
export const KDF = { name: 'scrypt', N: 131_072, r: 8, p: 1 } as const
export const CIPHER = 'aes-256-gcm'
export const SALT_BYTES = 16
export const IV_BYTES = 12
export const TAG_BYTES = 16

/** A seed under a passphrase. Everything but `tag` and `data` is the header, which the tag covers too. */
export interface SealedSeed {
  readonly publicKey: Uint8Array
  readonly salt: Uint8Array
  readonly iv: Uint8Array
  readonly tag: Uint8Array
  readonly data: Uint8Array
}

type Header = Pick<SealedSeed, 'publicKey' | 'salt' | 'iv'>

const headerBytes = ({ publicKey, salt, iv }: Header): Uint8Array =>
  new ByteWriter().text('skein.operator-key').u16(1).text(KDF.name).u32(KDF.N).u32(KDF.r).u32(KDF.p).short(salt).text(CIPHER).short(iv).short(publicKey).done()

/** NFC, because one keyboard sends ü as one character and another as two. Off the main thread, as it takes so long. */
const deriveKey = (passphrase: string, salt: Uint8Array): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const options = { N: KDF.N, r: KDF.r, p: KDF.p, maxmem: 2 * 128 * KDF.N * KDF.r }
    scrypt(passphrase.normalize('NFC'), salt, 32, options, (error, key) => (error ? reject(error) : resolve(key)))
  })

export const sealSeed = async (seed: Uint8Array, publicKey: Uint8Array, passphrase: string, random: Random): Promise<SealedSeed> => {
  const header = { publicKey, salt: random.bytes(SALT_BYTES), iv: random.bytes(IV_BYTES) }
  const key = await deriveKey(passphrase, header.salt)
  const cipher = createCipheriv(CIPHER, key, header.iv, { authTagLength: TAG_BYTES }).setAAD(headerBytes(header))
  key.fill(0)
  const data = concat(cipher.update(seed), cipher.final())
  return { ...header, data, tag: new Uint8Array(cipher.getAuthTag()) }
}

/** The seed, or null where the passphrase is wrong or the header or the data were changed: the two cannot be told apart. */
export const openSeed = async (sealed: SealedSeed, passphrase: string): Promise<Uint8Array | null> => {
  const key = await deriveKey(passphrase, sealed.salt)
  const decipher = createDecipheriv(CIPHER, key, sealed.iv, { authTagLength: TAG_BYTES }).setAAD(headerBytes(sealed)).setAuthTag(sealed.tag)
  key.fill(0)
  const seed = decipher.update(sealed.data)
  try {
    decipher.final()
    return seed
  } catch {
    seed.fill(0)
    return null
  }
}
