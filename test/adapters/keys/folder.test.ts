import { createHash, randomBytes } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { keyFolder } from '../../../src/adapters/keys/folder.js'
import { hostTls } from '../../../src/adapters/keys/host-tls.js'
import { readOperatorPublicKey } from '../../../src/adapters/keys/operator-key.js'
import { toHex } from '../../../src/core/encoding/bytes.js'
import { LIMITS } from '../../../src/core/limits.js'
import type { Failure, Result } from '../../../src/core/result.js'
import type { Keys } from '../../../src/ports/keys.js'
import { codeOf, printed, RecordedRandom, spellings, valueOf } from '../../contract/keys.js'

const PASSPHRASE = 'twelve characters'

let folder: string
let random: RecordedRandom
let keys: Keys

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skein keys '))
  random = new RecordedRandom({ bytes: (length) => new Uint8Array(randomBytes(length)) })
  keys = keyFolder(folder, random)
})

afterEach(() => rm(folder, { recursive: true }))

const failureOf = (result: Result<unknown>): Failure => {
  if (result.ok) throw new Error('expected a failure')
  return result.failure
}

const path = (name: 'host.key' | 'operator.key'): string => join(folder, name)

/** One locked key for all tests, because each derivation takes so long; `lockedSeed` is what it must never show. */
let lockedHome: string
let lockedSeed: Uint8Array

beforeAll(async () => {
  lockedHome = await mkdtemp(join(tmpdir(), 'skein locked '))
  const recorded = new RecordedRandom({ bytes: (length) => new Uint8Array(randomBytes(length)) })
  valueOf(await keyFolder(lockedHome, recorded).createOperator(PASSPHRASE))
  lockedSeed = recorded.given.find((bytes) => bytes.length === 32) ?? new Uint8Array(0)
})

afterAll(() => rm(lockedHome, { recursive: true }))

const placeLockedKey = (): Promise<void> => copyFile(join(lockedHome, 'operator.key'), path('operator.key'))

/** Rewrites a key file's fields with a checksum that fits, as somebody who knows the format would. */
const rewrite = async (name: 'host.key' | 'operator.key', change: (fields: Record<string, unknown>) => Record<string, unknown>): Promise<void> => {
  const { check, ...fields } = JSON.parse(await readFile(path(name), 'utf8'))
  const changed = change(fields)
  expect(check).toMatch(/^[0-9a-f]{64}$/)
  await writeFile(path(name), JSON.stringify({ ...changed, check: createHash('sha256').update(JSON.stringify(changed)).digest('hex') }))
}

describe('files', () => {
  it('are two, readable by their owner alone, and nothing is left beside them', async () => {
    valueOf(await keys.createHost())
    valueOf(await keys.createOperator(null))
    await keys.createHost()
    expect((await readdir(folder)).sort()).toEqual(['host.key', 'operator.key'])
    for (const name of ['host.key', 'operator.key'] as const) expect((await stat(path(name))).mode & 0o777).toBe(0o600)
  })

  it('are the same key in another process life', async () => {
    const made = valueOf(await keys.createHost())
    expect(valueOf(await keyFolder(folder, random).host()).publicKey).toEqual(made.publicKey)
  })

  it('hold the operator seed only under the passphrase', async () => {
    const text = await readFile(join(lockedHome, 'operator.key'), 'utf8')
    expect(lockedSeed).toHaveLength(32)
    for (const spelling of [...spellings(lockedSeed), PASSPHRASE]) expect(text).not.toContain(spelling)
    expect(JSON.parse(text)).toMatchObject({ passphrase: true, kdf: { name: 'scrypt', N: 131_072, r: 8, p: 1 }, cipher: { name: 'aes-256-gcm' } })
    expect(text.length).toBeLessThan(LIMITS.keyFileBytes / 4)
  })

  it('say that they were made without a passphrase', async () => {
    valueOf(await keys.createOperator(null))
    expect(JSON.parse(await readFile(path('operator.key'), 'utf8'))).toMatchObject({ passphrase: false })
  })

  it('name a folder that cannot be written to', async () => {
    const missing = keyFolder(join(folder, 'missing'), random)
    for (const result of [await missing.createHost(), await missing.createOperator(null)]) {
      expect(failureOf(result)).toMatchObject({ code: 'HOME_UNWRITABLE', message: expect.stringContaining(join(folder, 'missing')) })
    }
  })

  it('leave what bears their name alone, whatever it is', async () => {
    await mkdir(path('host.key'))
    await symlink('nowhere', path('operator.key'))
    expect(codeOf(await keys.createHost())).toBe('HOME_EXISTS')
    expect(codeOf(await keys.createOperator(null))).toBe('HOME_EXISTS')
    expect(await keys.hasOperator()).toBe(true)
    expect((await readdir(folder)).sort()).toEqual(['host.key', 'operator.key'])
  })
})

describe('mode', () => {
  it.each([0o644, 0o640, 0o660, 0o606, 0o601])('%o is refused with the line that mends it', async (mode) => {
    valueOf(await keys.createHost())
    valueOf(await keys.createOperator(null))
    await chmod(path('host.key'), mode)
    await chmod(path('operator.key'), mode)
    for (const result of [await keys.host(), await hostTls(folder)]) {
      const found = failureOf(result)
      expect(found).toMatchObject({ code: 'KEY_MODE', message: expect.stringContaining(path('host.key')) })
      expect(found.message).toContain(`chmod 600 '${path('host.key')}'`)
      expect(found.next).toEqual([`chmod 600 '${path('host.key')}'`])
    }
    for (const result of [await keys.operator(null), await readOperatorPublicKey(folder)]) expect(codeOf(result)).toBe('KEY_MODE')
    for (const line of failureOf(await keys.host()).next ?? []) execFileSync('sh', ['-c', line])
    expect(codeOf(await keys.host())).toBe('ok')
  })

  it.each([0o600, 0o400])('%o is fine', async (mode) => {
    valueOf(await keys.createHost())
    await chmod(path('host.key'), mode)
    expect(codeOf(await keys.host())).toBe('ok')
  })

  it('refuses what is not a regular file, without waiting for it', async () => {
    await mkdir(path('host.key'), { mode: 0o700 })
    execFileSync('mkfifo', ['-m', '600', path('operator.key')])
    expect(failureOf(await keys.host())).toMatchObject({ code: 'KEY_MODE', message: expect.stringContaining('regular file') })
    expect(codeOf(await keys.operator(null))).toBe('KEY_MODE')
  })

  it('refuses a link to a key', async () => {
    valueOf(await keys.createHost())
    await rename(path('host.key'), join(folder, 'elsewhere'))
    await symlink('elsewhere', path('host.key'))
    expect(failureOf(await keys.host())).toMatchObject({ code: 'KEY_MODE', message: expect.stringContaining('symbolic link') })
  })
})

describe('damage', () => {
  it('is named for every length that a cut can leave', async () => {
    valueOf(await keys.createHost())
    const whole = await readFile(path('host.key'))
    for (let length = 0; length < whole.length - 1; length++) {
      await writeFile(path('host.key'), whole.subarray(0, length))
      expect(failureOf(await keys.host())).toMatchObject({ code: 'HOME_DAMAGED', message: expect.stringContaining(path('host.key')) })
    }
  })

  it('is named for every changed byte, or the key is the same', async () => {
    const made = valueOf(await keys.createOperator(null))
    const whole = await readFile(path('operator.key'))
    for (let at = 0; at < whole.length; at++) {
      for (const bit of [1, 32]) {
        const changed = Buffer.from(whole)
        changed[at] = (changed[at] ?? 0) ^ bit
        await writeFile(path('operator.key'), changed)
        const result = await keys.operator(null)
        if (result.ok) expect(toHex(result.value.publicKey)).toBe(toHex(made.publicKey))
        else expect(result.failure.code).toBe('HOME_DAMAGED')
      }
    }
  })

  it('of a locked key is told from a wrong passphrase, and quickly', async () => {
    await placeLockedKey()
    const text = await readFile(path('operator.key'), 'utf8')
    await writeFile(path('operator.key'), text.replace(/"(data|salt)": "(.)/g, (_, name, digit) => `"${name}": "${digit === '0' ? '1' : '0'}`))
    for (const result of [await keys.operator(PASSPHRASE), await keys.operator(null), await keys.operatorPublicKey()]) {
      expect(failureOf(result)).toMatchObject({ code: 'HOME_DAMAGED', message: expect.stringContaining(path('operator.key')) })
    }
  })

  it.each(['', 'null', '[]', '"x"', '{}', '{"__proto__":1}', `{"type":"skein-host-key","version":1,"check":"${'0'.repeat(64)}"}`, 'x'.repeat(100_000)])('%.40s', async (text) => {
    await writeFile(path('host.key'), text, { mode: 0o600 })
    expect(codeOf(await keys.host())).toBe('HOME_DAMAGED')
  })

  it('includes one key under the name of the other', async () => {
    valueOf(await keys.createOperator(null))
    await rename(path('operator.key'), path('host.key'))
    expect(codeOf(await keys.host())).toBe('HOME_DAMAGED')
  })

  it('includes halves that do not belong together', async () => {
    const other = toHex(valueOf(await keys.createOperator(null)).publicKey)
    valueOf(await keys.createHost())
    await rewrite('host.key', (fields) => ({ ...fields, public: other }))
    expect(codeOf(await keys.host())).toBe('HOME_DAMAGED')
    expect(codeOf(await hostTls(folder))).toBe('HOME_DAMAGED')
  })

  it('is not what a newer version wrote', async () => {
    valueOf(await keys.createHost())
    await rewrite('host.key', (fields) => ({ ...fields, version: 2, more: true }))
    expect(failureOf(await keys.host())).toMatchObject({ code: 'HOME_NEWER', message: expect.stringContaining(path('host.key')) })
  })
})

describe('forgery of a locked key', () => {
  it.each([
    ['public half', (fields: Record<string, unknown>) => ({ ...fields, public: '11'.repeat(32) })],
    ['initialisation vector', (fields: Record<string, unknown>) => ({ ...fields, cipher: { ...Object(fields['cipher']), iv: '11'.repeat(12) } })],
    ['tag', (fields: Record<string, unknown>) => ({ ...fields, cipher: { ...Object(fields['cipher']), tag: '11'.repeat(16) } })]
  ])('with another %s does not open', async (_, change) => {
    await placeLockedKey()
    await rewrite('operator.key', change)
    expect(codeOf(await keys.operator(PASSPHRASE))).toBe('PASSPHRASE_WRONG')
  })

  it('opens as long as nothing is changed', async () => {
    await placeLockedKey()
    await rewrite('operator.key', (fields) => fields)
    expect(codeOf(await keys.operator(PASSPHRASE))).toBe('ok')
  })

  it('cannot ask for a cheaper or a ruinous derivation', async () => {
    await placeLockedKey()
    for (const N of [2, 2 ** 30]) {
      await rewrite('operator.key', (fields) => ({ ...fields, kdf: { ...Object(fields['kdf']), N } }))
      expect(codeOf(await keys.operator(PASSPHRASE))).toBe('HOME_DAMAGED')
    }
  })
})

describe('hostTls', () => {
  it('is made of the host key and hides it', async () => {
    const signer = valueOf(await keys.createHost())
    const seed = random.given.find((bytes) => bytes.length === 32) ?? new Uint8Array(0)
    const identity = valueOf(await hostTls(folder))
    expect(identity.publicKey).toEqual(signer.publicKey)
    expect(identity.key).toContain('PRIVATE KEY')
    const text = printed(identity)
    expect(text).not.toContain('PRIVATE KEY')
    for (const spelling of [...spellings(seed), identity.key.split('\n')[1] ?? '']) expect(text).not.toContain(spelling)
  })

  it('needs a host key', async () => {
    expect(codeOf(await hostTls(folder))).toBe('NO_HOME')
  })
})
