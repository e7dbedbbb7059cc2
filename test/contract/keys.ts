import { inspect } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { nodeCrypto } from '../../src/adapters/crypto/node.js'
import type { Signer } from '../../src/core/crypto.js'
import { toHex, utf8 } from '../../src/core/encoding/bytes.js'
import { LIMITS } from '../../src/core/limits.js'
import type { Result } from '../../src/core/result.js'
import type { Keys } from '../../src/ports/keys.js'
import type { Random } from '../../src/ports/random.js'

/** Random bytes that remembers what it gave, so that a test can look for it where it must not be. */
export class RecordedRandom implements Random {
  readonly given: Uint8Array[] = []
  readonly #source: Random

  constructor(source: Random) {
    this.#source = source
  }

  bytes(length: number): Uint8Array {
    const bytes = this.#source.bytes(length)
    this.given.push(bytes.slice())
    return bytes
  }
}

export interface KeysSetup {
  readonly keys: Keys
  dispose(): Promise<void>
}

const PASSPHRASE = 'grüße an die gänse'
const MESSAGE = utf8('a frame')

export const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.failure.code)

export const valueOf = <Value>(result: Result<Value>): Value => {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`)
  return result.value
}

const signatureOf = (signer: Signer): string => toHex(signer.sign(MESSAGE))

/** Some ways in which a seed could be written out by accident. */
export const spellings = (seed: Uint8Array): string[] => {
  const buffer = Buffer.from(seed)
  const listed = Array.from(seed.subarray(0, 8))
  const spaced = toHex(seed.subarray(0, 8)).replace(/(..)(?!$)/g, '$1 ')
  return [toHex(seed), buffer.toString('base64').slice(0, 40), buffer.toString('base64url').slice(0, 40), listed.join(','), listed.join(', '), spaced]
}

/** An object as a log, an error or a careless line would show it. */
export const printed = (value: object): string =>
  [
    inspect(value, { depth: 9, showHidden: true, getters: true }),
    inspect(value, { depth: 9, customInspect: false }),
    inspect({ nested: [value] }, { depth: 9 }),
    JSON.stringify({ nested: [value] }),
    String(value)
  ].join('\n')

/** What every implementation of `Keys` must do; `open` makes one whose home is empty. */
export const keysContract = (open: (random: Random) => Promise<KeysSetup>, source: Random): void => {
  let setup: KeysSetup
  let random: RecordedRandom

  beforeEach(async () => {
    random = new RecordedRandom(source)
    setup = await open(random)
  })

  afterEach(() => setup.dispose())

  it('puts a next host key in the place of the present one, or gives it up', async () => {
    const { keys } = setup
    const first = valueOf(await keys.createHost())
    expect(valueOf(await keys.nextHost())).toBeNull()
    expect(codeOf(await keys.promoteNextHost())).toBe('ok')
    expect(signatureOf(valueOf(await keys.host()))).toBe(signatureOf(first))
    valueOf(await keys.createNextHost())
    expect(codeOf(await keys.createNextHost())).toBe('HOME_EXISTS')
    valueOf(await keys.dropNextHost())
    expect(valueOf(await keys.nextHost())).toBeNull()
    const next = valueOf(await keys.createNextHost())
    expect(signatureOf(valueOf(await keys.host()))).toBe(signatureOf(first))
    valueOf(await keys.promoteNextHost())
    expect(valueOf(await keys.nextHost())).toBeNull()
    expect(signatureOf(valueOf(await keys.host()))).toBe(signatureOf(next))
    expect(signatureOf(next)).not.toBe(signatureOf(first))
  })

  it('says that there is no key yet', async () => {
    expect(codeOf(await setup.keys.host())).toBe('NO_HOME')
    expect(codeOf(await setup.keys.operator(null))).toBe('NO_OPERATOR_KEY')
    expect(codeOf(await setup.keys.operatorPublicKey())).toBe('NO_OPERATOR_KEY')
    expect(await setup.keys.hasOperator()).toBe(false)
  })

  it('signs with the host key that it made, alike each time', async () => {
    const made = valueOf(await setup.keys.createHost())
    const opened = valueOf(await setup.keys.host())
    expect(opened.publicKey).toEqual(made.publicKey)
    expect(signatureOf(opened)).toBe(signatureOf(made))
    expect(nodeCrypto.verify(opened.sign(MESSAGE), MESSAGE, made.publicKey)).toBe(true)
  })

  it('never replaces a key', async () => {
    const host = valueOf(await setup.keys.createHost())
    const operator = valueOf(await setup.keys.createOperator(null))
    expect(codeOf(await setup.keys.createHost())).toBe('HOME_EXISTS')
    expect(codeOf(await setup.keys.createOperator(null))).toBe('HOME_EXISTS')
    expect(valueOf(await setup.keys.host()).publicKey).toEqual(host.publicKey)
    expect(valueOf(await setup.keys.operator(null)).publicKey).toEqual(operator.publicKey)
  })

  it('makes one key for many who ask at the same time', async () => {
    const made = await Promise.all(Array.from({ length: 12 }, () => setup.keys.createHost()))
    expect(made.map(codeOf).sort()).toEqual([...Array.from({ length: 11 }, () => 'HOME_EXISTS'), 'ok'])
    const winner = made.find((result) => result.ok)
    expect(winner && valueOf(winner).publicKey).toEqual(valueOf(await setup.keys.host()).publicKey)
  })

  it('opens an operator key with its passphrase and no other', async () => {
    const made = valueOf(await setup.keys.createOperator(PASSPHRASE))
    expect(await setup.keys.hasOperator()).toBe(true)
    expect(valueOf(await setup.keys.operatorPublicKey())).toEqual(made.publicKey)
    expect(codeOf(await setup.keys.operator(null))).toBe('OPERATOR_LOCKED')
    expect(codeOf(await setup.keys.operator(`${PASSPHRASE} `))).toBe('PASSPHRASE_WRONG')
    expect(codeOf(await setup.keys.operator(''))).toBe('PASSPHRASE_WRONG')
    expect(signatureOf(valueOf(await setup.keys.operator(PASSPHRASE)))).toBe(signatureOf(made))
    expect(signatureOf(valueOf(await setup.keys.operator(PASSPHRASE.normalize('NFD'))))).toBe(signatureOf(made))
  })

  it('takes no passphrase that is too short, counted in characters', async () => {
    for (const short of ['', 'a'.repeat(LIMITS.passphraseChars - 1), '🪿'.repeat(LIMITS.passphraseChars - 1), 'u\u0308'.repeat(LIMITS.passphraseChars - 1)]) {
      expect(codeOf(await setup.keys.createOperator(short))).toBe('PASSPHRASE_SHORT')
    }
    expect(await setup.keys.hasOperator()).toBe(false)
  })

  it('opens a key that has no passphrase with null and with any', async () => {
    const made = valueOf(await setup.keys.createOperator(null))
    expect(valueOf(await setup.keys.operator(null)).publicKey).toEqual(made.publicKey)
    expect(signatureOf(valueOf(await setup.keys.operator(PASSPHRASE)))).toBe(signatureOf(made))
    expect(valueOf(await setup.keys.operatorPublicKey())).toEqual(made.publicKey)
  })

  it('keeps host and operator apart', async () => {
    const host = valueOf(await setup.keys.createHost())
    const operator = valueOf(await setup.keys.createOperator(null))
    expect(toHex(host.publicKey)).not.toBe(toHex(operator.publicKey))
  })

  it('shows no seed in anything that it returns', async () => {
    const objects = [setup.keys, await setup.keys.createHost(), await setup.keys.createOperator(null), await setup.keys.host(), await setup.keys.operator(null)]
    const seeds = random.given.filter((bytes) => bytes.length === 32)
    expect(seeds).toHaveLength(2)
    const text = [...objects, ...objects.flatMap((object) => ('ok' in object && object.ok ? [object.value] : []))].map(printed).join('\n')
    for (const spelling of seeds.flatMap(spellings)) expect(text).not.toContain(spelling)
  })
}
