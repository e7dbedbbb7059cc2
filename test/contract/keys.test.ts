import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { keyFolder } from '../../src/adapters/keys/folder.js'
import { memoryKeys } from '../../src/adapters/memory/keys.js'
import { keysContract } from './keys.js'

const source = { bytes: (length: number) => new Uint8Array(randomBytes(length)) }

describe('keys in a folder', () => {
  keysContract(async (random) => {
    const folder = await mkdtemp(join(tmpdir(), 'skein-keys-'))
    return { keys: keyFolder(folder, random), dispose: () => rm(folder, { recursive: true }) }
  }, source)
})

describe('keys in memory', () => {
  keysContract(async (random) => ({ keys: memoryKeys(random), dispose: async () => undefined }), source)
})
